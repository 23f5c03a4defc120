"""What businesses bring each other, with the worked figures of a small log of purchases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from businesses.models import Business, Category
from businesses.tests.conftest import signed_in
from conftest import NOON, Shop
from loyalty.tests.conftest import buy, refund
from reports import folding, network
from reports.models import Breadth, Passage
from reports.tests.worked import expected, live, needs_metrics, phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
END_OF_APRIL = datetime(2026, 4, 30, 23, tzinfo=UTC)


def count(at: datetime) -> None:
    folding.fold()
    network.count(at=at)


def went(shops: dict[str, Shop], origin: str, to: str, at: datetime, people: range) -> None:
    """They buy at the one, and ten days later for 10 at the other."""
    for number in people:
        buy(shops[origin], 5, phone=phone(number), at=at)
        buy(shops[to], 10, phone=phone(number), at=at + timedelta(days=10))


@needs_metrics
def test_passages_are_those_of_the_worked_log(new_shop: Callable[..., Shop]) -> None:
    names = {shop.business.pk: name for name, shop in live(new_shop).items()}
    count(END_OF_APRIL)
    cells = {
        f"{names[each.origin_id]}>{names[each.business_id]}": (each.customers, each.amount)
        for each in Passage.objects.all()
    }
    told = expected("winwin")
    assert cells == {name: (cell["customers"], cell["revenue"]) for name, cell in told["cells"].items()}
    for pair, each in told["balance"].items():
        one, other = pair.split("-")
        there, back = (cells.get(name, (0, Decimal(0)))[1] for name in (f"{one}>{other}", f"{other}>{one}"))
        found = network.balance(there, back)
        assert (None if found is None else float(round(found, 2))) == each["balance"]


@needs_metrics
def test_the_share_that_buys_in_two_categories_is_that_of_the_worked_log(new_shop: Callable[..., Shop]) -> None:
    live(new_shop, categories={"coffee": Category.CAFE, "books": Category.MEDIA, "gym": Category.WELLNESS})
    count(END_OF_APRIL)
    breadth = Breadth.objects.get(discreet=False)
    first, trailing = expected("cross_purchase_first60"), expected("cross_purchase_trailing60")
    assert (breadth.eligible, breadth.broad) == (first["eligible"], first["numerator"])
    assert (breadth.active, breadth.active_broad) == (trailing["active"], trailing["numerator"])
    assert breadth.share == Decimal(first["numerator"]) / first["eligible"]


def test_the_day_itself_and_sixty_one_days_later_bring_nobody(new_shop: Callable[..., Shop]) -> None:
    shops = {name: new_shop(name) for name in ("nar", "tea")}
    for number, days in enumerate((0, 1, 60, 61)):
        buy(shops["nar"], 5, phone=phone(number), at=NOON)
        buy(shops["tea"], 10, phone=phone(number), at=NOON + timedelta(days=days))
    count(NOON + timedelta(days=70))
    assert list(Passage.objects.values_list("customers", "amount")) == [(2, 20)]


def test_ninety_days_count_and_what_came_back_does_not(new_shop: Callable[..., Shop]) -> None:
    shops = {name: new_shop(name) for name in ("nar", "tea")}
    went(shops, "nar", "tea", NOON, range(1))
    for days, amount in ((99, 100), (100, 1000)):  # the 90th day is the last
        buy(shops["tea"], amount, phone=phone(0), at=NOON + timedelta(days=days))
    refund(shops["tea"], buy(shops["tea"], 7, phone=phone(0), at=NOON + timedelta(days=50)))
    count(NOON + timedelta(days=200))
    assert Passage.objects.get().amount == 110


def test_without_anybody_to_ask_there_is_no_share(new_shop: Callable[..., Shop]) -> None:
    buy(new_shop("nar"), 5, at=NOON)
    count(NOON + timedelta(days=3))
    breadth = Breadth.objects.get(discreet=False)
    assert (breadth.eligible, breadth.share) == (0, None)
    assert network.breadth(breadth.program_id) == (None, None)


def test_a_share_of_fewer_than_five_is_not_told(new_shop: Callable[..., Shop]) -> None:
    """Six began long ago, one of whom has come again since."""
    shops = {name: new_shop(name, category=kind) for name, kind in (("nar", Category.CAFE), ("tea", Category.BAKERY))}
    went(shops, "nar", "tea", NOON, range(6))
    went(shops, "nar", "tea", NOON + timedelta(days=100), range(1))
    count(NOON + timedelta(days=115))
    breadth = Breadth.objects.get(discreet=True)
    assert (breadth.eligible, breadth.active, breadth.active_share) == (6, 1, 1)
    assert network.breadth(breadth.program_id) == (1, None)


def test_the_page_shows_five_and_hides_four(new_shop: Callable[..., Shop]) -> None:
    shops = {name: new_shop(name, name=name.title()) for name in ("nar", "tea", "spa")}
    went(shops, "tea", "nar", NOON, range(5))
    went(shops, "nar", "tea", NOON, range(10, 15))
    went(shops, "spa", "nar", NOON, range(20, 24))
    count(NOON + timedelta(days=70))
    page = signed_in(shops["nar"].owner).get("/reports/partners/").content.decode()
    assert "Tea" in page
    assert "100 %" in page
    assert "Spa" not in page


def test_one_way_alone_has_no_balance(new_shop: Callable[..., Shop]) -> None:
    """Else it would tell how little the hidden one is."""
    shops = {name: new_shop(name) for name in ("nar", "tea")}
    went(shops, "tea", "nar", NOON, range(5))
    went(shops, "nar", "tea", NOON, range(10, 14))
    count(NOON + timedelta(days=70))
    (pair,) = network.of(shops["nar"].business.pk)
    assert (pair.brought.customers, pair.sent, pair.balance) == (5, None, None)  # type: ignore[union-attr]


def test_a_confidential_business_sends_nobody_and_is_told_of_nobody(new_shop: Callable[..., Shop]) -> None:
    """Nor is a partner's visit before the clinic taken for the last one before ours."""
    shops = {name: new_shop(name, category=Category.CAFE) for name in ("nar", "tea")}
    shops["clinic"] = new_shop("clinic", category=Category.MEDICAL)
    Business.objects.filter(slug="clinic").update(confidential=True)
    went(shops, "clinic", "nar", NOON, range(6))
    went(shops, "nar", "clinic", NOON, range(10, 16))
    count(NOON + timedelta(days=80))
    assert not Passage.objects.exists()
    assert Breadth.objects.get(discreet=False).share == 1
    assert Breadth.objects.get(discreet=True).share == 0
    page: Client = signed_in(shops["clinic"].owner)
    assert "You are confidential" in page.get("/reports/partners/").content.decode()
