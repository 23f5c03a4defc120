"""PINs of managers: setting one's own, whose counts, and how often one may guess."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from businesses import pins
from businesses.models import Pin, Role, Staff, WrongPin
from businesses.tests.conftest import hire
from conftest import NOON, Shop

pytestmark = pytest.mark.django_db
PIN, WRONG = "482915", "975310"


@pytest.fixture
def till(shop: Shop) -> Staff:
    """A cashier of a business whose owner has a PIN."""
    pins.choose(staff=shop.staff, pin=PIN, at=NOON)
    return hire(shop.business, Role.CASHIER, "till@nar.test")


def guess(cashier: Staff, pin: str = WRONG, at: datetime = NOON) -> Staff:
    return pins.approver(pin=pin, cashier=cashier, at=at)


def guess_wrong(cashier: Staff, times: int, at: datetime = NOON) -> None:
    for _ in range(times):
        with pytest.raises(pins.NobodysPin):
            guess(cashier, at=at)


# --- One's own --------------------------------------------------------------------------------------------


def test_a_manager_sets_and_changes_their_pin_and_nothing_of_it_shows(shop: Shop, manager: Client) -> None:
    for pin in (PIN, "730164"):
        assert manager.post("/settings/pin/", {"pin": pin, "again": pin}).url == "/settings/pin/"
    row = Pin.objects.get()
    assert row.staff.user.email == "manager@nar.test"
    till = hire(shop.business, Role.CASHIER, "till@nar.test")
    assert guess(till, "730164") == row.staff
    guess_wrong(till, 1)
    page = manager.get("/settings/pin/").content.decode()
    assert "Change your PIN" in page
    assert "730164" not in page
    assert row.digest not in page
    assert "730164" not in row.digest


@pytest.mark.parametrize("pin", ["12345", "1234567", "12a456", "१२३४५६", "", "      "])
def test_a_pin_has_six_digits(manager: Client, pin: str) -> None:
    assert manager.post("/settings/pin/", {"pin": pin, "again": pin}).status_code == 422
    assert not Pin.objects.exists()


@pytest.mark.parametrize("pin", ["111111", "000000", "123456", "654321", "890123", "112211", "121212", "123123"])
def test_what_anybody_would_try_first_is_refused(manager: Client, pin: str) -> None:
    answer = manager.post("/settings/pin/", {"pin": pin, "again": pin})
    assert answer.status_code == 422
    assert "That PIN is among the first that anybody would try." in answer.content.decode()
    assert not Pin.objects.exists()


def test_a_slip_of_the_finger_is_noticed_and_neither_is_shown_again(manager: Client) -> None:
    answer = manager.post("/settings/pin/", {"pin": PIN, "again": "482916"})
    assert answer.status_code == 422
    assert "The two are not the same." in answer.content.decode()
    assert PIN not in answer.content.decode()


# --- Whose counts -----------------------------------------------------------------------------------------


def test_the_pin_of_an_owner_or_manager_of_the_business_names_them(shop: Shop, till: Staff) -> None:
    boss = hire(shop.business, Role.MANAGER, "boss@nar.test")
    pins.choose(staff=boss, pin="730164", at=NOON)
    assert guess(till, PIN) == shop.staff
    assert guess(till, "730164") == boss
    assert not WrongPin.objects.exists()


def test_everybody_else_s_pin_is_nobody_s(shop: Shop, till: Staff, new_shop: Callable[..., Shop]) -> None:
    stranger = new_shop("tea").staff
    demoted, left, disabled = (hire(shop.business, Role.MANAGER, f"{name}@nar.test") for name in "abc")
    theirs = {"730164": stranger, "264951": demoted, "519370": left, "837046": disabled}
    for pin, staff in theirs.items():
        pins.choose(staff=staff, pin=pin, at=NOON)
    for pin in ("264951", "519370", "837046"):
        assert guess(till, pin)
    Staff.objects.filter(pk=demoted.pk).update(role=Role.CASHIER)
    Staff.objects.filter(pk=left.pk).update(ended_at=NOON)
    type(disabled.user).objects.filter(pk=disabled.user_id).update(is_active=False)
    said = set()
    for pin in theirs:
        with pytest.raises(pins.NobodysPin) as refused:
            guess(till, pin)
        said.add(str(refused.value))
    assert len(said) == 1


# --- Guessing ---------------------------------------------------------------------------------------------


def test_after_five_wrong_ones_a_cashier_s_right_one_waits_a_quarter_of_an_hour(shop: Shop, till: Staff) -> None:
    guess_wrong(till, 4)
    assert guess(till, PIN) == shop.staff
    guess_wrong(till, 1)
    for pin in (WRONG, PIN):
        with pytest.raises(pins.TooManyGuesses, match=r"Too many wrong PINs. Try again at 16:16."):
            guess(till, pin)
    assert WrongPin.objects.count() == 5
    other = hire(shop.business, Role.CASHIER, "other@nar.test")
    assert guess(other, PIN) == shop.staff
    assert guess(till, PIN, NOON + timedelta(minutes=15)) == shop.staff


def test_after_twenty_wrong_ones_the_whole_business_waits(
    shop: Shop, till: Staff, new_shop: Callable[..., Shop]
) -> None:
    for number in range(4):
        guess_wrong(hire(shop.business, Role.CASHIER, f"{number}@nar.test"), 5)
    with pytest.raises(pins.TooManyGuesses):
        guess(till, PIN)
    tea = new_shop("tea")
    pins.choose(staff=tea.staff, pin=PIN, at=NOON)
    assert guess(hire(tea.business, Role.CASHIER, "till@tea.test"), PIN) == tea.staff


@pytest.mark.parametrize("pin", ["12345", "x", "4829155", "48291\0"])
def test_what_is_no_pin_is_no_guess(till: Staff, pin: str) -> None:
    with pytest.raises(pins.NotAPin):
        guess(till, pin)
    assert not WrongPin.objects.exists()


def test_who_cannot_be_counted_is_not_believed(till: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(pins, "_wait", broken)
    with pytest.raises(OSError, match="no database"):
        guess(till, PIN)
