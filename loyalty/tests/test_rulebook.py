"""The page of the earning rules: read, tried out, made, changed and ended."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from businesses.models import Role
from businesses.tests.conftest import hire, owner, signed_in
from conftest import NOON, Shop
from loyalty import earning_rules, ledger, trail
from loyalty.models import EarningRule, Tier
from loyalty.rulebook import words
from loyalty.tests.conftest import buy
from loyalty.tests.test_earning_rules import rule
from loyalty.tests.test_points_page import text

__all__ = ["owner"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

PAGE = "/settings/rules/"
EVENING = {
    "name": "Friday evening",
    "kind": "multiply",
    "value": "1,5",
    "weekdays": ["4"],
    "from_time": "17:00",
    "until_time": "19:00",
    "priority": "0",
}


def plain(said: str) -> str:
    """With ordinary blanks."""
    return said.replace("\u00a0", " ")


def test_an_owner_makes_a_rule_and_reads_it(shop: Shop, owner: Client) -> None:
    assert "No rules yet" in text(owner.get(PAGE))
    answer = owner.post(PAGE + "new/", EVENING | {"minimum_spend": "20", "categories": "Dairy, bakery\nDairy"})
    assert answer.url == PAGE
    made = EarningRule.objects.get()
    assert (made.business, made.value, made.weekdays, made.categories) == (
        shop.business,
        Decimal("1.5"),
        [4],
        ["Dairy", "bakery"],
    )
    assert made.made_by == shop.owner
    page = text(owner.get(PAGE))
    assert "Friday evening 1.5 times the points: on Dairy, bakery; from 20.00 ₼ on; Friday; 17:00–19:00" in page
    assert "Every sale 1 point for each 1.00 ₼" in page


def test_what_a_sale_would_earn_is_what_it_earns(shop: Shop, owner: Client) -> None:
    """A sale of 24.80 on Friday at 18:10 by a Gold customer."""
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1, multiplier=Decimal("1.5"))
    owner.post(PAGE + "new/", EVENING)
    page = text(owner.get(PAGE, {"amount": "24.80", "at": "2026-11-20T18:10", "tier": gold.pk}))
    assert "A sale of 24.80 ₼ on Friday, 18:10 by a Gold customer earns 55 points, because:" in page
    for why in ("The sale was 24.80 ₼.", "Gold multiplies them by 1.5.", "“Friday evening” multiplies by 1.5: +18.6."):
        assert why in page
    assert "earns 37 points" in text(owner.get(PAGE, {"amount": "24.80", "at": "2026-11-20T19:00", "tier": gold.pk}))
    assert "earns 24 points" in text(owner.get(PAGE, {"amount": "24.80", "at": "2026-11-20T19:00"}))


def test_a_try_hears_the_category_the_discount_and_the_occasions(shop: Shop, owner: Client) -> None:
    rule(shop, "exclude", categories=["Tobacco"])
    rule(shop, "multiply", "0.5", discounted=True)
    rule(shop, "bonus", 100, occasion="birthday")
    rule(shop, "bonus", 30, occasion="first_purchase")
    asked = {"amount": "10", "at": "2028-02-29T12:00"}
    for more, points in (
        ({}, 10),
        ({"category": "tobacco"}, 0),
        ({"discounted": "on"}, 5),
        ({"occasions": "birthday"}, 110),
        ({"occasions": ["birthday", "first_purchase"]}, 140),
    ):
        assert f"earns {points} points" in text(owner.get(PAGE, asked | more))


@pytest.mark.parametrize("asked", [{"amount": "much"}, {"amount": "10", "at": "tomorrow"}, {"amount": "", "at": ""}])
def test_a_try_that_cannot_be_read_is_told(owner: Client, asked: dict[str, str]) -> None:
    answer = owner.get(PAGE, asked)
    assert answer.status_code == 422
    assert answer.context["form"].errors


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "gift"}, "kind"),
        ({"value": "0"}, "value"),
        ({"value": ""}, "value"),
        ({"value": "1000"}, "value"),
        ({"value": "-2"}, "value"),
        ({"value": "1.23456"}, "value"),
        ({"value": "1.2345"}, "value"),
        ({"kind": "bonus", "value": "1.5"}, "value"),
        ({"until_time": ""}, "until_time"),
        ({"until_time": "17:00"}, "until_time"),
        ({"from_time": "25:00"}, "from_time"),
        ({"starts_on": "2026-12-24", "ends_on": "2026-12-01"}, "ends_on"),
        ({"weekdays": ["7"]}, "weekdays"),
        ({"occasion": "wedding"}, "occasion"),
        ({"most_per_day": "0"}, "most_per_day"),
        ({"categories": "x" * 121}, "categories"),
        ({"categories": ",".join(map(str, range(60)))}, "categories"),
        ({"minimum_spend": "x"}, "minimum_spend"),
        ({"priority": "-1"}, "priority"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_beside_its_field(
    owner: Client, wrong: dict[str, Any], field: str
) -> None:
    answer = owner.post(PAGE + "new/", EVENING | wrong)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not EarningRule.objects.exists()


def test_the_week_begins_on_monday(owner: Client) -> None:
    offered = owner.get(PAGE + "new/").context["form"].fields["weekdays"].choices
    assert [offered[0], offered[6]] == [(0, "Monday"), (6, "Sunday")]


def test_a_change_makes_the_next_and_shows_what_there_was(shop: Shop, owner: Client) -> None:
    made = rule(shop, "multiply", 2, weekdays=[4], starts_on=date(2026, 3, 1), most_per_day=50)
    page = owner.get(f"{PAGE}{made.public_id}/")
    assert [page.context["form"][name].value() for name in ("kind", "weekdays", "starts_on", "most_per_day")] == [
        "multiply",
        [4],
        date(2026, 3, 1),
        50,
    ]
    assert owner.post(f"{PAGE}{made.public_id}/", EVENING).status_code == 302
    assert EarningRule.objects.get(ended_at=None).name == "Friday evening"
    again = owner.post(f"{PAGE}{made.public_id}/", EVENING | {"name": "Late"}, follow=True)
    assert "Somebody has changed or ended this rule meanwhile." in text(again)
    assert EarningRule.objects.get(ended_at=None).name == "Friday evening"


def test_ending_is_asked_once_more(shop: Shop, owner: Client) -> None:
    made = rule(shop, "bonus", 5)
    url = f"{PAGE}{made.public_id}/end/"
    assert "End “Rule”?" in text(owner.get(url))
    assert buy(shop, 10).points == 15
    assert "Ended." in text(owner.post(url, follow=True))
    assert buy(shop, 10).points == 10
    assert "Somebody has changed or ended" in text(owner.post(url, follow=True))


def test_rules_of_the_programme_are_read_and_not_changed(shop: Shop, owner: Client) -> None:
    made = rule(shop, "bonus", 5, everywhere=True)
    assert "Rule 5 points more Whole programme" in text(owner.get(PAGE))
    for url in (f"{PAGE}{made.public_id}/", f"{PAGE}{made.public_id}/end/"):
        assert owner.post(url, EVENING).status_code == 404


def test_too_many_rules_are_told(shop: Shop, owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earning_rules, "MOST_RULES", 1)
    rule(shop, "bonus", 5)
    answer = owner.post(PAGE + "new/", EVENING)
    assert (answer.status_code, "You have 1 rules." in text(answer)) == (422, True)


def test_who_has_no_rights_has_no_page(shop: Shop) -> None:
    cashier = signed_in(hire(shop.business, Role.CASHIER, "cashier@nar.test").user)
    assert cashier.get(PAGE).status_code == 404


def test_everything_that_a_rule_asks_is_said(shop: Shop) -> None:
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1)
    everything = rule(
        shop,
        "extra",
        "0.5",
        categories=["Dairy"],
        skus=["milk-1"],
        discounted=True,
        minimum_spend=Decimal(20),
        weekdays=[5, 6],
        from_time=time(22),
        until_time=time(2),
        starts_on=date(2026, 12, 1),
        ends_on=date(2026, 12, 24),
        tiers=[gold.pk],
        occasion="birthday",
        most_per_purchase=10,
        most_per_day=20,
        most_per_customer=1000,
        exclusive=True,
    )
    assert plain(words.head(everything, "AZN")) == "0.5 points more for each 1.00 ₼"
    assert [plain(said) for said in words.conditions(everything, "AZN", ["Gold"])] == [
        "on Dairy",
        "on articles milk-1",
        "on what is sold at a discount",
        "from 20.00 ₼ on",
        "Saturday, Sunday",
        "22:00–02:00",
        "from 1 Dec 2026 until 24 Dec 2026",
        "for Gold",
        "the customer’s birthday",
        "at most 10 points per purchase",
        "at most 20 points per customer and day",
        "at most 1,000 points per customer",
        "nothing else is added",
    ]
    with translation.override("ru"):
        assert "суббота, воскресенье" in words.conditions(everything, "AZN", ["Gold"])


def test_the_receipt_and_the_customer_read_why(shop: Shop) -> None:
    made = [
        rule(shop, "exclude", categories=["wine"]),
        rule(shop, "extra", 1, most_per_customer=10),
        rule(shop, "bonus", 5),
    ]
    lines = [{"category": "Wine", "unit_price": Decimal(4)}, {"category": "Dairy", "unit_price": Decimal(10)}]
    with ledger.clock_at(NOON):
        buy(shop, 14, lines=lines)
        why = trail.sentences(buy(shop, 14, lines=lines).trail or [], shop.rules)
    assert [plain(said) for said in why] == [
        "The sale was 14.00 ₼.",
        "“Rule”: 4.00 ₼ of it earn nothing.",
        "Each 1.00 ₼ earns 1 points.",
        "“Rule” has given all that it may.",
        "“Rule” is a bonus: +5.",
        "Rounded down: 15 points.",
    ]
    for each in made:
        earning_rules.end(rule=each, by=shop.owner, at=NOON)
