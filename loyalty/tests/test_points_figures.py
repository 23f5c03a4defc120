"""What expires when, and the customer's own figures."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses.models import Program
from conftest import NOON, Shop
from loyalty.models import Wallet
from loyalty.points import statistics
from loyalty.tests.conftest import buy, cancel, redeem, refund, wallet
from loyalty.tests.test_points_page import sign_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def mine(shop: Shop, client: Client) -> Wallet:
    """Somebody with 30 points for ever and points that last a year, signed in on `client`."""
    buy(shop, 30, at=NOON)
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    sign_in(client)
    return wallet()


def page(client: Client, mine: Wallet, name: str) -> str:
    return text(client.get(reverse(name, args=[mine.public_id])))


# --- What expires when --------------------------------------------------------------------------------------


def test_points_that_expire_stand_by_day_with_their_places_the_soonest_first(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    now = timezone.now()
    tea = new_shop("tea")
    buy(shop, 7, at=now)
    buy(tea, 5, at=now)
    buy(shop, 11, at=now - timedelta(days=40))
    redeem(shop, 1)  # of those that expire first
    shown = page(client, mine, "points-expiry")
    assert "Points last 12 months" in shown
    assert "30 of your points do not expire." in shown
    assert re.search(r"\b10 \d+ \w+ \d{4} Nar 10 .*\b12 \d+ \w+ \d{4} Nar 7 · Tea 5 12", shown), shown


def test_who_has_no_points_reads_what_will_stand_there(shop: Shop, mine: Wallet, client: Client) -> None:
    redeem(shop, 30)
    assert "You have no points at the moment" in page(client, mine, "points-expiry")


def test_a_programme_whose_points_never_expire_says_so(shop: Shop, mine: Wallet, client: Client) -> None:
    shop.business.program.points_last_months = None
    shop.business.program.save()
    shown = page(client, mine, "points-expiry")
    assert "Points of this programme do not expire." in shown
    assert "Nothing expires." in shown


# --- Figures ------------------------------------------------------------------------------------------------


def test_spend_counts_by_month_without_what_was_refunded(
    shop: Shop, mine: Wallet, new_shop: Callable[..., Shop]
) -> None:
    buy(shop, "12.50", at=NOON)
    refund(shop, buy(shop, 99, at=NOON))
    buy(new_shop("tea"), 4, at=NOON - timedelta(days=20))
    buy(shop, 1, at=NOON - timedelta(days=400))  # long ago
    spend = statistics.spend_by_month(mine, today=date(2026, 4, 2))
    assert len(spend) == 12
    assert next(iter(spend)) == date(2025, 5, 1)
    told = {month: amount for month, amount in spend.items() if amount}
    assert told == {date(2026, 2, 1): Decimal(4), date(2026, 3, 1): Decimal("42.50")}


def test_another_programme_s_money_is_not_counted(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    other = Program.objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
    buy(new_shop("far", program=other), 500, at=NOON)
    assert statistics.spend_by_month(mine, today=date(2026, 4, 2))[date(2026, 3, 1)] == 30
    assert "Far" not in page(client, mine, "points-figures")


def test_the_page_tells_the_year_the_places_and_since_when(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    now, tea = timezone.now(), new_shop("tea")
    buy(tea, 8, at=now)
    buy(tea, 8, at=now)
    refund(shop, buy(shop, 50, at=now))
    redeem(shop, 6)
    cancel(shop, redeem(shop, 4))
    shown = page(client, mine, "points-figures")
    assert "With us since 3 March 2026." in shown
    assert re.search(r"Points in \d{4} Earned \d+ Spent 6", shown), shown
    assert re.search(r"Favourite places Tea 2 visits · 16.00.₼ \+16 Nar 1 visit · 30.00.₼ \+30", shown), shown
    assert "Show as table" in shown


def test_who_never_bought_sees_no_empty_chart(shop: Shop, mine: Wallet) -> None:
    refund(shop, buy(shop, 5, phone="+994507654321"))
    other = Client()
    sign_in(other, "+994507654321")
    shown = page(other, wallet("+994507654321"), "points-figures")
    assert "After your first purchase" in shown
    assert "Favourite places" not in shown
