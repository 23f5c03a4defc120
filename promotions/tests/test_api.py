"""Coupons through the API, as a till or an online shop uses them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import Shop
from loyalty.tests.conftest import PHONE
from loyalty.tests.test_api import Till, problem
from promotions.tests.conftest import offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def test_a_purchase_with_coupons_tells_what_they_did_and_a_repeat_tells_the_same(till: Till, shop: Shop) -> None:
    offer(shop)
    offer(shop, given_from=Decimal(1), lasts_days=3, name="Next time")
    sale = {"phone": PHONE, "amount": "45", "shipping": "5", "coupons": ["ten"]}
    first, again = till.post("purchases", sale, key="k"), till.post("purchases", sale, key="k")
    assert first.status_code == 201
    body = first.json()
    assert (body["amount"], body["discounts"], body["points"]) == ("41.00", "4.00", 41)
    used, brought = body["effects"]
    assert used == {"effect": "coupon_used", "coupon": "TEN", "offer": "Ten off", "discount": "4.00"}
    assert (brought["effect"], brought["offer"], len(brought["coupon"])) == ("coupon_issued", "Next time", 10)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    returned = till.post(f"purchases/{body['id']}/refunds", {}, key="r")
    assert returned.json()["returned_coupons"] == ["TEN"]
    assert till.post(f"purchases/{body['id']}/refunds", {}, key="r").content == returned.content


def test_a_coupon_that_does_not_count_refuses_the_sale_with_a_code_a_reason_and_a_sentence(till: Till) -> None:
    sale = {"phone": PHONE, "amount": "45", "coupons": ["NONE"]}
    refused = till.post("purchases", sale, key="k")
    assert problem(refused) == (409, "coupon_refused")
    assert refused.json()["detail"] == "Nothing here goes by this code. Check it letter by letter."
    assert (refused.json()["coupon"], refused.json()["reason"]) == ("NONE", "unknown")
    assert till.post("purchases", sale, key="k").content == refused.content


def test_shipping_above_the_amount_and_coupons_that_are_no_list_are_field_errors(till: Till) -> None:
    wrong = till.post("purchases", {"phone": PHONE, "amount": "4", "shipping": "5", "coupons": "TEN"})
    assert problem(wrong) == (422, "invalid")
    assert wrong.json()["errors"].keys() == {"shipping", "coupons"}


def test_a_purchase_that_brings_a_coupon_takes_five_statements(till: Till, shop: Shop) -> None:
    offer(shop, given_from=Decimal(1), lasts_days=3)
    till.post("purchases", {"phone": PHONE, "amount": "0.50"})
    with CaptureQueriesContext(connection) as queries:
        assert till.post("purchases", {"phone": PHONE, "amount": "10"}).json()["effects"]
    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 5
