"""A sale above the limit for cashiers: let through on their own screen by the PIN of a manager."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from businesses import pins
from businesses.models import Role, Staff, WrongPin
from businesses.tests.conftest import hire, signed_in
from conftest import NOON, Shop
from loyalty import approvals, outcomes, purchases
from loyalty.lookup import Who
from loyalty.models import Approval, Operation, Purchase
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, buy, wallet
from loyalty.tests.parallel import crew

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
PIN, WRONG = "482915", "975310"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def limited(new_shop: Callable[..., Shop]) -> Shop:
    """A shop whose cashiers stop at 500, and whose owner Olga has a PIN."""
    shop = new_shop("limited", purchase_limit=Decimal(500))
    pins.choose(staff=shop.staff, pin=PIN, at=NOON)
    buy(shop, 40)
    return shop


@pytest.fixture
def till(limited: Shop) -> Client:
    return signed_in(hire(limited.business, Role.CASHIER, "till@nar.test").user, mfa=False)


def add(client: Client, amount: str = "900", pin: str = "", key: str = "press", **headers: Any) -> Any:
    url = reverse("counter-purchases", args=[wallet().public_id])
    return client.post(url, {"amount": amount, "pin": pin, "key": key}, **headers)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_above_the_limit_the_pad_asks_for_a_manager_and_keeps_the_amount(till: Client, headers: dict[str, str]) -> None:
    answer = add(till, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "limit. Ask a manager to approve it." in page
    assert 'value="900"' in page
    assert re.search(r'<input [^>]*name="pin" type="password"[^>]* autofocus', page)
    assert not WrongPin.objects.exists()
    assert wallet().balance == 40


def test_nobody_is_asked_within_the_limit(till: Client) -> None:
    assert 'name="pin"' not in till.get(reverse("counter-customer", args=[wallet().public_id])).content.decode()
    assert add(till, "500").status_code == 302
    assert not Approval.objects.exists()


def test_the_right_pin_lets_one_sale_through_and_says_whose_it_was(till: Client, limited: Shop) -> None:
    add(till)
    receipt = add(till, pin=PIN)["Location"]
    sale = Operation.objects.latest("id")
    assert (sale.points, sale.staff.user.email) == (900, "till@nar.test")
    assert Approval.objects.get().staff == limited.staff
    assert Approval.objects.get().operation_id == sale.pk
    page = text(till.get(receipt))
    assert "+900 points added" in page
    assert page.count("Approved by Olga") == 2  # on the receipt and in today's list
    assert add(till, key="another").status_code == 422
    assert wallet().balance == 940


def test_the_same_press_again_needs_no_second_pin_and_counts_once(till: Client) -> None:
    first = add(till, pin=PIN)
    for pin in ("", WRONG, PIN):
        assert add(till, pin=pin)["Location"] == first["Location"]
    assert wallet().balance == 940
    assert Approval.objects.count() == 1
    assert not WrongPin.objects.exists()


def test_a_key_that_was_let_through_lets_no_other_amount_through(till: Client) -> None:
    add(till, pin=PIN)
    assert add(till, "901").status_code == 422
    add(till, "10", key="small")
    assert add(till, "900", key="small").status_code == 422
    assert wallet().balance == 950


def test_a_wrong_pin_is_said_beside_its_field_and_never_shown(till: Client) -> None:
    answer = add(till, pin=WRONG)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "That is not the PIN of a manager here." in page
    assert WRONG not in page
    assert 'value="900"' in page
    assert wallet().balance == 40
    assert Purchase.objects.count() == 1


def test_after_five_wrong_pins_the_right_one_waits_and_small_sales_go_on(till: Client) -> None:
    for _ in range(5):
        add(till, pin=WRONG)
    answer = add(till, pin=PIN)
    assert answer.status_code == 422
    assert re.search(r"Too many wrong PINs. Try again at \d\d:\d\d.", text(answer))
    assert add(till, "20").status_code == 302
    assert wallet().balance == 60


def test_strangers_and_those_who_left_or_never_managed_approve_nothing(
    till: Client, limited: Shop, new_shop: Callable[..., Shop]
) -> None:
    left = hire(limited.business, Role.MANAGER, "left@nar.test")
    theirs = {
        "730164": new_shop("tea").staff,
        "519370": left,
        "264951": hire(limited.business, Role.CASHIER, "colleague@nar.test"),
    }
    for pin, staff in theirs.items():
        pins.choose(staff=staff, pin=pin, at=NOON)
    Staff.objects.filter(pk=left.pk).update(ended_at=NOON)
    answers = [text(add(till, pin=pin)) for pin in [*theirs, WRONG]]
    assert all("That is not the PIN of a manager here." in answer for answer in answers)
    assert wallet().balance == 40


def test_a_manager_s_own_sale_needs_no_pin(limited: Shop) -> None:
    assert add(signed_in(limited.owner)).status_code == 302
    assert not Approval.objects.exists()


def test_an_approved_sale_that_fails_leaves_no_approval(till: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: object, **_kwargs: object) -> None:
        raise outcomes.Busy

    monkeypatch.setattr(purchases, "record", busy)
    assert "Another till is serving this customer." in text(add(till, pin=PIN))
    assert not Approval.objects.exists()


def test_who_approved_is_history(till: Client, limited: Shop) -> None:
    add(till, pin=PIN)
    with pytest.raises(IntegrityError, match="is history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_approval SET staff_id = staff_id")


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_same_approved_press_from_many_connections_is_one_sale(limited: Shop, till: Client) -> None:
    staff = Staff.objects.get(user__email="till@nar.test")
    press = partial(
        approvals.record,
        rules=limited.rules,
        staff=staff,
        actor=limited.actor,
        who=Who("phone", PHONE),
        sale=Sale(Decimal(900)),
        pin=PIN,
        key="press",
        at=NOON,
    )
    with crew(8) as hands:
        results = hands.all_at_once([press] * 8)
    assert {result.id for result in results} == {Approval.objects.get().operation_id}
    assert wallet().balance == 940


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_guesses_side_by_side_are_counted_one_after_another(limited: Shop, till: Client) -> None:
    staff = Staff.objects.get(user__email="till@nar.test")
    with crew(16) as hands:
        results = hands.all_at_once([partial(pins.approver, pin=WRONG, cashier=staff, at=NOON)] * 16)
    assert sorted(type(result).__name__ for result in results) == ["NobodysPin"] * 5 + ["TooManyGuesses"] * 11
    assert WrongPin.objects.count() == 5
    assert len(hands.backends) == 16
    assert hands.lock_waits > 0
