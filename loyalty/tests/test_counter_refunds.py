"""Refunds of parts at the counter, and bills that points pay a part of."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import Role
from conftest import Shop
from loyalty import outcomes
from loyalty.models import Operation, Purchase
from loyalty.tests.conftest import PHONE, buy, refund, wallet
from loyalty.tests.test_counter import add, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

LINES = [
    {"name": "Bread", "quantity": "2", "unit_price": "5"},
    {"name": "Honey", "quantity": "0.5", "unit_price": "20"},
]


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def manager(shop: Shop) -> Client:
    return signed_in(shop, Role.MANAGER)


@pytest.fixture
def sale(shop: Shop) -> outcomes.Posted:
    return buy(shop, 20, lines=LINES)


def part(client: Client, sale: outcomes.Posted, **typed: str) -> Any:
    url = reverse("counter-refund", args=[sale.public_id])
    return client.post(url, {"key": uuid4().hex, **typed}, follow=True)


def test_the_receipt_leads_to_a_part_with_its_lines(manager: Client, sale: outcomes.Posted) -> None:
    receipt = manager.get(reverse("counter-receipt", args=[sale.public_id]))
    assert reverse("counter-refund", args=[sale.public_id]) in receipt.content.decode()
    page = text(manager.get(reverse("counter-refund", args=[sale.public_id])))
    assert "Bread 2 × ₼5.00" in page.replace("5.00 ₼", "₼5.00")
    assert "Honey 0.5" in page


def test_an_amount_is_refunded_and_the_receipt_says_so(manager: Client, sale: outcomes.Posted) -> None:
    page = text(part(manager, sale, amount="7,50"))
    assert "refunded, 8 points taken back" in page  # 12.5 stay, rounded down
    assert "Undo" in page
    assert "Refund a part" in page
    assert wallet().balance == 12


def test_pieces_of_lines_come_back(manager: Client, sale: outcomes.Posted) -> None:
    assert "refunded, 5 points taken back" in text(part(manager, sale, **{"line-1": "1", "line-2": "0"}))
    assert "refunded, 4 points taken back" in text(part(manager, sale, **{"line-2": "0,2"}))
    page = text(manager.get(reverse("counter-refund", args=[sale.public_id])))
    assert "Bread 1 ×" in page
    assert "Honey 0.3 ×" in page


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Type an amount, or say which lines come back."),
        ({"amount": "5", "line-1": "1"}, "Type an amount, or say which lines come back."),
        ({"amount": "20.01"}, "That is more than is left of this sale."),
        ({"amount": "0"}, "Type an amount above zero."),
        ({"amount": "five"}, "Write an amount in digits"),
        ({"line-1": "3"}, "That is more than is left of this sale."),
        ({"line-1": "-1"}, "Say how many pieces come back, in digits."),
        ({"line-1": "one"}, "Say how many pieces come back, in digits."),
        ({"line-7": "1"}, "Type an amount, or say which lines come back."),
        ({"line-x": "1"}, "Type an amount, or say which lines come back."),
    ],
)
def test_what_makes_no_sense_is_said_and_kept(
    manager: Client, sale: outcomes.Posted, typed: dict[str, str], error: str
) -> None:
    answer = part(manager, sale, **typed)
    assert answer.status_code == 422
    assert error in text(answer)
    for value in typed.values():
        assert f'value="{value}"' in answer.content.decode() or "line-7" in typed or "line-x" in typed
    assert wallet().balance == 20


def test_the_same_press_twice_is_one_refund(manager: Client, sale: outcomes.Posted) -> None:
    for _ in range(2):
        part(manager, sale, amount="5", key="press")
    assert wallet().balance == 15


def test_undo_takes_what_is_left(manager: Client, shop: Shop, sale: outcomes.Posted) -> None:
    refund(shop, sale, amount=Decimal(5))
    url = reverse("counter-undo", args=[sale.public_id])
    page = text(manager.post(url, {"key": "u"}, follow=True))
    assert "Undone" in page
    assert "Refund a part" not in page
    assert wallet().balance == 0
    assert part(manager, sale, amount="1").status_code == 200  # the receipt shows how it stands
    assert Operation.objects.filter(kind="refund", refusal__isnull=True).count() == 2


def test_a_cashier_refunds_parts_of_their_own_sales_of_today_alone(shop: Shop, sale: outcomes.Posted) -> None:
    cashier = signed_in(shop, Role.CASHIER)
    assert part(cashier, sale, amount="5").status_code == 404
    add(cashier, "10")
    own = Operation.objects.get(staff__user__email="cashier@nar.test")
    assert "5 points taken back" in text(part(cashier, own, amount="5"))  # type: ignore[arg-type]


def test_todays_totals_are_net_of_parts(shop: Shop) -> None:
    buy(shop, 1)
    cashier = signed_in(shop, Role.CASHIER)
    add(cashier, "10")
    own = Operation.objects.get(staff__user__email="cashier@nar.test")
    part(cashier, own, amount="4")  # type: ignore[arg-type]
    page = text(cashier.get("/counter/today/"))
    assert "Points given 6 " in page
    assert "6.00" in page.partition("Today at this counter")[0]
    assert "refunded" in page


def test_the_activity_page_tells_parts_and_opens_receipts(manager: Client, shop: Shop, sale: outcomes.Posted) -> None:
    refund(shop, sale, amount=Decimal(5))
    page = manager.get(reverse("activity"))
    assert reverse("counter-receipt", args=[sale.public_id]) in page.content.decode()
    assert "−5.00 ₼" in text(page) or "−₼5.00" in text(page)
    assert "refunded" in text(page)


# --- Points that pay ----------------------------------------------------------------------------------------


@pytest.fixture
def tenth(shop: Shop) -> Shop:
    program = shop.business.program
    program.point_value = Decimal("0.1")
    program.save()
    buy(shop, 100)
    return shop


def pay(client: Client, amount: str, points: str) -> Any:
    url = reverse("counter-purchases", args=[wallet().public_id])
    return client.post(url, {"amount": amount, "points": points, "key": uuid4().hex}, follow=True)


def test_a_part_of_the_bill_is_paid_with_points(tenth: Shop) -> None:
    cashier = signed_in(tenth)
    screen = text(cashier.get(reverse("counter-customer", args=[wallet().public_id])))
    assert "Pay a part of the bill with points" in screen
    assert "100 points are worth" in screen
    page = text(pay(cashier, "24.80", "48"))
    assert "+20 points added" in page
    assert "48 points paid" in page
    assert wallet().balance == 72


def test_without_points_nothing_of_it_shows(shop: Shop) -> None:
    sale = buy(shop, 10)
    refund(shop, sale)
    cashier = signed_in(shop)
    assert "Pay a part" not in text(cashier.get(reverse("counter-customer", args=[wallet(PHONE).public_id])))


@pytest.mark.parametrize(
    ("amount", "points", "error"),
    [
        ("24.80", "101", "Not enough points: 100 available, 101 needed."),
        ("1", "11", "More than the bill: it takes at most 10."),
        ("24.80", "ten", "Type how many points to spend, in digits."),
        ("24.80", "-5", "Type how many points to spend, in digits."),
        ("", "5", "Write an amount in digits"),
    ],
)
def test_points_that_cannot_pay_are_said_and_kept(tenth: Shop, amount: str, points: str, error: str) -> None:
    answer = pay(signed_in(tenth), amount, points)
    assert answer.status_code == 422
    assert error in text(answer)
    assert f'value="{points}"' in answer.content.decode()
    assert (wallet().balance, Purchase.objects.count()) == (100, 1)
