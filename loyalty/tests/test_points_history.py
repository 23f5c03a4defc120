"""The customer's history: by month, by kind, by place, and each line of it opened."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from businesses.models import Branch
from conftest import NOON, Shop
from loyalty import outcomes
from loyalty.models import Operation, Tier, Wallet
from loyalty.tests.conftest import buy, cancel, give_tier, redeem, refund, wallet
from loyalty.tests.test_points_page import sign_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def mine(shop: Shop, client: Client) -> Wallet:
    """Somebody who bought for 100 in February, signed in on `client`."""
    buy(shop, 100, at=NOON - timedelta(days=20))
    sign_in(client)
    return wallet()


def history(client: Client, mine: Wallet, **query: str) -> str:
    page = client.get(reverse("points-history", args=[mine.public_id]), query)
    assert page.status_code == 200
    return text(page)


def opened(client: Client, mine: Wallet, operation: object) -> HttpResponse:
    return client.get(reverse("points-entry", args=[mine.public_id, operation]))


# --- By month -----------------------------------------------------------------------------------------------


def test_each_month_tells_what_it_brought_and_took(shop: Shop, mine: Wallet, client: Client) -> None:
    buy(shop, 40, at=NOON)
    undone = buy(shop, 7, at=NOON)
    buy(shop, 5, at=NOON - timedelta(days=19))  # told late
    refund(shop, undone)
    page = history(client, mine)
    assert re.search(r"March 2026 In \+47 .*February 2026 In \+105 Nar", page)
    assert page.count("February 2026 In") == 1
    assert "−7" in page


def test_a_sale_of_the_last_evening_of_a_month_stands_in_the_month_of_the_shop(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    buy(shop, 11, at=datetime(2026, 2, 28, 21, tzinfo=UTC))  # already March in Baku
    assert re.search(r"March 2026 In \+11", history(client, mine))
    assert "+11" not in history(client, mine, month="2026-02")


def test_sums_are_those_of_the_whole_month_on_each_of_its_pages(shop: Shop, mine: Wallet, client: Client) -> None:
    for _ in range(24):
        buy(shop, 3, at=NOON)
    for page in ("1", "2"):
        assert "March 2026 In +72" in history(client, mine, page=page)


def test_kind_month_and_place_narrow_it_down_together(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    tea = new_shop("tea")
    buy(shop, 40, at=NOON)
    buy(tea, 8, at=NOON)
    redeem(tea, 5)
    shown = history(client, mine, kind="earned", month="2026-03", place="tea")
    assert ("+8" in shown, "+40" in shown, "−5" in shown, "+100" in shown) == (True, False, False, False)
    assert "In +8 Tea" in shown  # the sum is that of what is shown
    assert re.search(r"Coffee Tea.*−5", history(client, mine, kind="spent"))
    assert "Nothing like that" in history(client, mine, kind="expired")


def test_the_next_page_keeps_what_was_chosen(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    buy(new_shop("tea"), 8, at=NOON)
    for _ in range(21):
        buy(shop, 3, at=NOON)
    query = {"month": "2026-03", "kind": "earned", "place": "nar"}
    page = client.get(reverse("points-history", args=[mine.public_id]), query)
    assert "?kind=earned&amp;month=2026-03&amp;place=nar&amp;page=2" in page.content.decode()


def test_branches_are_the_places_where_there_is_one_business(shop: Shop, mine: Wallet, client: Client) -> None:
    second = Branch.objects.create(business=shop.business, name="Harbour")
    shop.business.program.refresh_from_db()
    shop.branch = second
    buy(shop, 12, at=NOON)
    shown = history(client, mine, place=str(second.public_id))
    assert ("+12" in shown, "+100" in shown) == (True, False)
    assert "3 Mar · Harbour" in shown


@pytest.mark.parametrize("odd", ["x", "2026-13", "\0", "9" * 300, "2026-02-30", "<b>"])
def test_what_cannot_be_asked_for_is_not_asked(mine: Wallet, client: Client, odd: str) -> None:
    assert "+100" in history(client, mine, month=odd, kind=odd, place=odd, page=odd)


def test_the_place_of_a_stranger_s_programme_is_not_offered(mine: Wallet, client: Client) -> None:
    assert "All places" not in history(client, mine)  # one business, one branch: nothing to choose


# --- One line opened ----------------------------------------------------------------------------------------


def test_a_purchase_tells_where_when_how_much_and_why(shop: Shop, mine: Wallet, client: Client) -> None:
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1, multiplier="1.5")
    give_tier(gold)
    sale = buy(shop, "24.80", at=NOON, reference="A-17", lines=[
        {"name": "Flat white", "unit_price": "4.90", "quantity": "2"}, {"name": "Cake", "unit_price": "15.00"},
    ])  # fmt: skip
    page = text(opened(client, mine, sale.public_id))
    for words in (
        "+37 points", "Where Nar · Main", "When 3 March 2026, 16:00", "Receipt A-17", "Balance after it 137 points",
        "Each 1.00", "Gold multiplies them by 1.5.", "Rounded down: 37 points.",
        "These 37 points do not expire.", "Flat white × 2", "9.80", "Cake",
    ):  # fmt: skip
        assert words in page, (words, page)


def test_points_tell_how_many_are_left_and_until_when(shop: Shop, mine: Wallet, client: Client) -> None:
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    sale = buy(shop, 50, at=NOON)
    assert "50 points last until 3 March 2027." in text(opened(client, mine, sale.public_id))
    spent = redeem(shop, 20)
    assert "30 points of them are left, until 3 March 2027." in text(opened(client, mine, sale.public_id))
    assert "20 of them had been earned at Nar." in text(opened(client, mine, spent.public_id))
    redeem(shop, 130)
    assert "None of these points are left" in text(opened(client, mine, sale.public_id))


def test_what_was_undone_and_what_undid_it_lead_to_each_other(shop: Shop, mine: Wallet, client: Client) -> None:
    sale, spent = buy(shop, 50, at=NOON), redeem(shop, 20)
    for done, undo, words in ((sale, refund, "Refunded on"), (spent, cancel, "Cancelled on")):
        assert words not in text(opened(client, mine, done.public_id))
        by = undo(shop, done)
        page = opened(client, mine, done.public_id)
        assert words in text(page)
        assert str(by.public_id) in page.content.decode()
        assert str(done.public_id) in opened(client, mine, by.public_id).content.decode()


def test_a_refund_of_spent_points_tells_what_is_owed_and_the_next_sale_what_it_paid(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    sale = buy(shop, 50, at=NOON)
    redeem(shop, 140)
    back = refund(shop, sale)
    assert "40 of them were spent already" in text(opened(client, mine, back.public_id))
    assert "40 of them paid what was owed" in text(opened(client, mine, buy(shop, 60, at=NOON).public_id))


def test_expired_points_lead_to_how_they_were_earned(shop: Shop, mine: Wallet, client: Client) -> None:
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    old = buy(shop, 30, at=NOON - timedelta(days=500))
    redeem(shop, 1)  # spends only what has not expired
    gone = Operation.objects.get(kind="expiry")
    page = opened(client, mine, gone.public_id)
    assert "Points expired" in text(page)
    assert str(old.public_id) in page.content.decode()
    assert "+30" not in history(client, mine, kind="expired")
    assert "−30" in history(client, mine, kind="expired")


def test_the_customer_sees_what_is_theirs_at_a_confidential_business_too(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    sale = buy(new_shop("clinic", confidential=True, category="medical"), 9, at=NOON)
    assert "Clinic" in history(client, mine)
    assert "Where Clinic" in text(opened(client, mine, sale.public_id))


def test_nobody_opens_the_line_of_another_or_one_that_was_refused(shop: Shop, mine: Wallet, client: Client) -> None:
    theirs = buy(shop, 5, phone="+994507654321")
    assert opened(client, mine, theirs.public_id).status_code == 404
    with pytest.raises(outcomes.NotEnoughPoints):
        redeem(shop, 5000)
    refused = Operation.objects.get(refusal__isnull=False)
    assert opened(client, mine, refused.public_id).status_code == 404
