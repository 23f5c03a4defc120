"""One-time codes, one caller at a time. Parallel callers are in loyalty/tests/test_points_parallel.py."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import NOON
from customers import codes
from customers.codes import Asked, LateCode, NoCode, NotProven, TooManyAttempts, TooSoon, UsedCode, WrongCode
from customers.models import Code, Message, MessageStatus
from customers.tests.conftest import CLIENT, PHONE, ask, other_than, sent_code

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def attempt(asked: Asked, code: str, at: object = NOON) -> None:
    codes.check(asked=asked, code=code, at=at)


def test_the_code_that_was_sent_proves_the_phone() -> None:
    asked = ask()
    attempt(asked, sent_code())
    assert Code.objects.get().used_at == NOON


def test_a_code_is_used_once() -> None:
    asked = ask()
    attempt(asked, sent_code())
    with pytest.raises(UsedCode, match="used already"):
        attempt(asked, sent_code())


def test_a_wrong_code_says_how_many_attempts_are_left() -> None:
    asked = ask()
    with pytest.raises(WrongCode, match="4 attempts left"):
        attempt(asked, other_than(sent_code()))


def test_after_five_wrong_attempts_the_right_code_is_refused_too() -> None:
    asked = ask()
    said = []
    for _ in range(5):
        with pytest.raises(WrongCode) as refusal:
            attempt(asked, other_than(sent_code()))
        said.append(str(refusal.value))
    assert said[3] == "That code is not right. You have 1 attempt left."
    assert said[4] == "That code is not right either. Ask for a new one."
    with pytest.raises(TooManyAttempts, match="Too many wrong attempts"):
        attempt(asked, sent_code())


def test_a_code_lasts_five_minutes() -> None:
    asked = ask()
    attempt(asked, sent_code(), NOON + timedelta(minutes=5) - SECOND)
    again = ask(at=NOON + timedelta(minutes=1))
    with pytest.raises(LateCode, match="expired"):
        attempt(again, sent_code(), NOON + timedelta(minutes=6))


def test_a_newer_code_voids_the_older_one() -> None:
    first = ask()
    old = sent_code()
    ask(at=NOON + timedelta(minutes=1))
    with pytest.raises(NoCode, match="Ask for a new one"):
        attempt(first, old, NOON + timedelta(minutes=1))


def test_a_code_belongs_to_the_browser_that_asked() -> None:
    asked = ask()
    with pytest.raises(NoCode):
        attempt(Asked(asked.phone, "another browser"), sent_code())
    assert Code.objects.get().attempts == 0
    attempt(asked, sent_code())


def test_a_code_does_not_prove_another_phone() -> None:
    asked = ask()
    ask(phone="+994501111111")
    with pytest.raises(NotProven):
        attempt(Asked("+994501111111", asked.browser), sent_code())


def test_neither_the_code_nor_the_browser_nor_the_address_is_stored() -> None:
    asked = ask()
    row = Code.objects.get()
    stored = {bytes(row.digest), bytes(row.browser), bytes(row.client)}
    secrets = [sent_code(), asked.browser, CLIENT]
    assert all(len(value) == 32 for value in stored)
    assert stored.isdisjoint({hashlib.sha256(each.encode()).digest() for each in secrets})
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM customers_message")
        assert sent_code() not in cursor.fetchone()[0]


def test_the_next_code_comes_45_seconds_later() -> None:
    ask()
    with pytest.raises(TooSoon, match=r"new code in 0:03\.") as refusal:
        ask(at=NOON + timedelta(seconds=42))
    assert refusal.value.wait == timedelta(seconds=3)
    ask(at=NOON + timedelta(seconds=45))


def test_a_phone_gets_five_codes_an_hour() -> None:
    for minute in range(5):
        ask(at=NOON + timedelta(minutes=minute), client=f"203.0.113.{minute}")
    with pytest.raises(TooSoon, match=r"in 30:00\."):
        ask(at=NOON + timedelta(minutes=30), client="203.0.113.200")
    ask(at=NOON + timedelta(minutes=60))


def test_a_client_asks_for_twenty_codes_an_hour() -> None:
    for number in range(20):
        ask(phone=f"+9945011111{number:02}")
    with pytest.raises(TooSoon, match=r"in 60:00\."):
        ask(phone="+994502222222")
    ask(phone="+994502222222", client="203.0.113.8")


def test_a_refused_request_leaves_nothing_behind() -> None:
    ask()
    with pytest.raises(TooSoon):
        ask()
    assert Code.objects.count() == Message.objects.count() == 1


def test_who_cannot_be_counted_gets_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(codes, "_wait", broken)
    with pytest.raises(RuntimeError):
        ask()
    assert Code.objects.count() == Message.objects.count() == 0


def test_a_number_nobody_has_costs_the_same_statements() -> None:
    with CaptureQueriesContext(connection) as known:
        ask()
    with CaptureQueriesContext(connection) as unknown:
        ask(phone="+994501111167", client="203.0.113.8", deliver=False)
    verbs = [[re.sub(r"[\s-]*\d+", "", query["sql"])[:60] for query in log] for log in (known, unknown)]
    assert verbs[0] == verbs[1]
    assert any("customers_message" in verb for verb in verbs[0])


def test_a_number_nobody_has_is_sent_nothing_and_no_digits_fit() -> None:
    asked = ask(deliver=False)
    assert Message.objects.get().status == MessageStatus.WITHHELD
    with pytest.raises(WrongCode, match="4 attempts left"):
        attempt(asked, sent_code())


def test_codes_are_forgotten_after_a_day() -> None:
    ask()
    assert codes.forget(at=NOON + timedelta(hours=23)) == 0
    assert codes.forget(at=NOON + timedelta(hours=25)) == 1
    assert Code.objects.filter(phone=PHONE).count() == 0
