"""What became of the points given, and what those still out may cost."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from businesses.models import Program
from businesses.tests.conftest import signed_in
from conftest import NOON, Shop
from loyalty import ledger, sweeps
from loyalty.models import Lot
from loyalty.tests.conftest import adjust, buy, cancel, redeem, refund
from reports import economy
from reports.models import Economy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
LATER = NOON + timedelta(days=500)


def counted(shop: Shop, at: object = NOON) -> tuple[int, int, int, int, int]:
    economy.count(at=at)  # type: ignore[arg-type]
    found = Economy.objects.get(business=shop.business)
    assert found.outstanding == found.issued - found.redeemed - found.expired - found.reversed
    assert found.outstanding == Lot.objects.filter(issuer=shop.business).aggregate(left=Sum("remaining"))["left"]
    return found.issued, found.redeemed, found.expired, found.reversed, found.outstanding


def test_points_are_counted_with_who_gave_them(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    buy(shop, 100)
    sale = buy(tea, 50)
    redeem(tea, 120)
    assert counted(shop) == (100, 100, 0, 0, 0)
    assert counted(tea) == (50, 20, 0, 0, 30)
    refund(tea, sale)  # 20 of them are owed
    assert counted(tea) == (50, 20, 0, 30, 0)


def test_what_comes_back_is_not_redeemed(shop: Shop) -> None:
    buy(shop, 100)
    cancel(shop, redeem(shop, 40))
    adjust(shop, 7)
    adjust(shop, -10)
    assert counted(shop) == (107, 0, 0, 10, 97)


def test_what_comes_back_after_its_day_is_not_issued_twice(shop: Shop) -> None:
    """It goes to a lot that lasts two weeks."""
    Program.objects.update(expiry_kind="months", points_last_months=12)
    with ledger.clock_at(NOON):
        buy(shop, 100)
        spent = redeem(shop, 40)
    with ledger.clock_at(LATER):
        sweeps.expire_due()
        cancel(shop, spent)
    assert counted(shop, LATER) == (100, 0, 60, 0, 40)
    with ledger.clock_at(LATER + timedelta(days=15)):
        sweeps.expire_due()
    assert counted(shop, LATER + timedelta(days=15)) == (100, 0, 100, 0, 0)


def test_a_third_expired_so_that_two_thirds_of_the_rest_are_likely_to_be_used(shop: Shop) -> None:
    Program.objects.update(expiry_kind="months", points_last_months=12, point_value="0.5")
    with ledger.clock_at(NOON):
        buy(shop, 90)
        redeem(shop, 60)
    with ledger.clock_at(LATER):
        sweeps.expire_due()
        buy(shop, 100)
    economy.count(at=LATER)
    found = Economy.objects.get()
    assert (found.redemption_rate, found.breakage) == (Decimal(60) / 90, Decimal(30) / 90)
    program = Program.objects.get()
    assert round(economy.liability(found, program), 2) == Decimal("33.33")
    page = signed_in(shop.owner).get("/reports/points/").content.decode()
    for words in ("33.33", "67 %", "50.00"):
        assert words in page
    assert sum(economy.by_month(shop.business.pk).values()) == 100


def test_before_anything_has_run_out_all_of_it_may_cost(shop: Shop) -> None:
    Program.objects.update(expiry_kind="months", points_last_months=12, point_value="0.5")
    with ledger.clock_at(NOON):
        buy(shop, 90)
    economy.count(at=NOON)
    found = Economy.objects.get()
    assert found.redemption_rate is None
    assert economy.liability(found, Program.objects.get()) == 45
    assert economy.by_month(shop.business.pk) == {date(2027, 3, 1): 90}


def test_points_without_a_day_are_settled_when_none_is_left(shop: Shop) -> None:
    Program.objects.update(expiry_kind="never", points_last_months=None)
    buy(shop, 90)
    redeem(shop, 60)
    economy.count(at=NOON)
    assert Economy.objects.get().redemption_rate is None
    redeem(shop, 30)
    economy.count(at=NOON)
    assert Economy.objects.get().redemption_rate == 1
    assert economy.by_month(shop.business.pk) == {}


def test_before_the_first_night_the_page_says_what_will_stand_here(shop: Shop) -> None:
    assert "Nothing counted yet" in signed_in(shop.owner).get("/reports/points/").content.decode()
