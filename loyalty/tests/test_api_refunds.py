"""Refunds of parts and sales that points pay for, as a till makes them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from businesses.models import Program
from conftest import Shop
from loyalty.models import Operation, PurchaseLine
from loyalty.tests.conftest import PHONE, wallet
from loyalty.tests.test_api import Till, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

LINES = [
    {"sku": "bread", "quantity": "2", "unit_price": "5"},
    {"sku": "tea", "unit_price": "7"},
    {"sku": "tea", "unit_price": "8"},
    {"sku": "gone", "quantity": "-1", "unit_price": "5"},
]


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


@pytest.fixture
def sale(till: Till) -> str:
    """Of 25.00, 25 points."""
    return str(till.post("purchases", {"phone": PHONE, "amount": "25", "lines": LINES}).json()["id"])


def test_an_amount_of_a_purchase_is_refunded_and_a_repeat_says_the_same(till: Till, sale: str) -> None:
    first = till.post(f"purchases/{sale}/refunds", {"amount": "10"}, key="r")
    assert first.status_code == 201
    part = {"amount": "10.00", "points": 10, "pending": 0, "owed": 0, "returned_points": 0, "balance": 15}
    assert first.json() == {"id": first.json()["id"], **part, "returned_coupons": []}
    again = till.post(f"purchases/{sale}/refunds", {"amount": "10.00"}, key="r")
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert problem(till.post(f"purchases/{sale}/refunds", {"amount": "11"}, key="r")) == (422, "key_reused")


def test_lines_are_named_by_place_or_by_an_article_that_is_there_once(till: Till, sale: str) -> None:
    body = till.post(f"purchases/{sale}/refunds", {"lines": [{"sku": "bread", "quantity": 1}, {"position": 3}]}).json()
    assert (body["amount"], body["points"], body["balance"]) == ("13.00", 13, 12)
    body = till.post(f"purchases/{sale}/refunds", {}).json()
    assert (body["amount"], body["points"], body["balance"]) == ("12.00", 12, 0)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "ten"}, "amount"),
        ({"lines": []}, "lines"),
        ({"lines": "bread"}, "lines"),
        ({"lines": [{}]}, "lines[0].position"),
        ({"lines": ["bread"]}, "lines[0].position"),
        ({"lines": [{"sku": "bread", "position": 1}]}, "lines[0].position"),
        ({"lines": [{"sku": "bread"}, {"sku": "tea"}]}, "lines[1].sku"),
        ({"lines": [{"sku": "milk"}]}, "lines[0].sku"),
        ({"lines": [{"position": 5}]}, "lines[0].position"),
        ({"lines": [{"position": 4}]}, "lines[0].position"),  # was taken back at the till already
        ({"lines": [{"position": 0}]}, "lines[0].position"),
        ({"lines": [{"position": 1, "quantity": "0"}]}, "lines[0].quantity"),
        ({"lines": [{"position": 1, "quantity": "-1"}]}, "lines[0].quantity"),
        ({"lines": [{"position": 1, "colour": "red"}]}, "lines[0].colour"),
        ({"amount": "1", "lines": [{"position": 1}]}, "lines"),
    ],
)
def test_a_part_that_makes_no_sense_is_an_error_of_its_field(
    till: Till, sale: str, part: dict[str, Any], field: str
) -> None:
    answer = till.post(f"purchases/{sale}/refunds", part)
    assert problem(answer) == (422, "invalid")
    assert field in answer.json()["errors"]
    assert wallet().balance == 25


@pytest.mark.parametrize("part", [{"amount": "25.01"}, {"lines": [{"sku": "bread", "quantity": 3}]}])
def test_more_than_there_is_is_refused_once_and_for_all(till: Till, sale: str, part: dict[str, Any]) -> None:
    answer = till.post(f"purchases/{sale}/refunds", part, key="r")
    assert problem(answer) == (409, "refund_too_large")
    assert answer.json()["left"] == "25.00"
    again = till.post(f"purchases/{sale}/refunds", part, key="r")
    assert (again.json(), again["Idempotency-Replayed"]) == (answer.json(), "true")
    assert wallet().balance == 25


def test_nobody_refunds_what_is_anothers_nor_a_refund(till: Till, sale: str, new_shop: Callable[..., Shop]) -> None:
    stranger = Till(new_shop("stranger"))
    assert problem(stranger.post(f"purchases/{sale}/refunds", {"amount": "1"}))[0] == 404
    refund = till.post(f"purchases/{sale}/refunds", {"amount": "1"}).json()["id"]
    assert problem(till.post(f"purchases/{refund}/refunds", {"amount": "1"}))[0] == 404


@pytest.fixture
def worth_a_tenth(program: Program) -> None:
    Program.objects.update(point_value=Decimal("0.1"))


@pytest.mark.usefixtures("worth_a_tenth")
def test_points_pay_for_a_part_of_a_sale_and_come_back_with_it(till: Till, sale: str) -> None:
    body = {"phone": PHONE, "amount": "10", "redeem_points": 20}
    first = till.post("purchases", body, key="k")
    said = {name: first.json()[name] for name in ("points", "redeemed_points", "redeemed_amount", "balance")}
    assert said == {"points": 8, "redeemed_points": 20, "redeemed_amount": "2.00", "balance": 13}
    assert till.post("purchases", body, key="k").json() == first.json()
    back = till.post(f"purchases/{first.json()['id']}/refunds", {"amount": "5"}).json()
    assert (back["points"], back["returned_points"], back["balance"]) == (4, 10, 19)


@pytest.mark.usefixtures("worth_a_tenth")
def test_a_sale_takes_no_more_points_than_it_costs_and_none_that_are_not_there(till: Till, sale: str) -> None:
    answer = till.post("purchases", {"phone": PHONE, "amount": "1", "redeem_points": 11})
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"] == {"redeem_points": ["More than the sale costs: it takes at most 10."]}
    answer = till.post("purchases", {"phone": PHONE, "amount": "10", "redeem_points": 26})
    assert problem(answer) == (409, "not_enough_points")
    assert (answer.json()["available"], answer.json()["needed"]) == (25, 26)
    for wrong in (0, -1, "5", 1.5, True):
        answer = till.post("purchases", {"phone": PHONE, "amount": "10", "redeem_points": wrong})
        assert "redeem_points" in answer.json()["errors"]
    assert PurchaseLine.objects.values("purchase").distinct().count() == 1


@pytest.mark.usefixtures("worth_a_tenth")
def test_who_pays_with_points_for_the_first_time_has_none(till: Till) -> None:
    answer = till.post("purchases", {"phone": "+994559998877", "amount": "10", "redeem_points": 5})
    assert problem(answer) == (409, "not_enough_points")
    assert Operation.objects.get().refusal == {"code": "not_enough_points", "available": 0, "needed": 5}


def test_a_key_that_may_not_redeem_pays_nothing_with_points(shop: Shop, sale: str) -> None:
    earner = Till(shop, ["earn"])
    assert problem(earner.post("purchases", {"phone": PHONE, "amount": "10", "redeem_points": 1})) == (403, "scope")
    assert wallet().balance == 25
