"""The outbox: queued with the cause, sent after it, by real senders through a gateway that we watch."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from conftest import NOON, Shop
from customers import codes, consents, gateways, messages, tasks, texts
from customers.models import Channel, Customer, Message, MessageKind, MessageStatus
from customers.tests.conftest import PHONE, ask

pytestmark = pytest.mark.django_db

accepted: list[str] = []
trouble: list[Exception] = []


def gateway(message: Message) -> None:
    """Fails with what stands in `trouble`, then accepts."""
    if trouble:
        raise trouble.pop(0)
    accepted.append(message.text)


@pytest.fixture(autouse=True)
def watched(settings: object) -> None:
    accepted.clear()
    trouble.clear()
    settings.MESSAGE_GATEWAY = f"{__name__}.gateway"


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def queue(text: str = "Hello", **more: object) -> Message:
    return messages.queue(kind=MessageKind.POINTS_EARNED, to=PHONE, text=text, language="en", **{"at": NOON, **more})


def test_a_message_is_sent_once() -> None:
    queue()
    assert messages.send_due(clock=at(NOON)) == 1
    assert messages.send_due(clock=at(NOON)) == 0
    message = Message.objects.get()
    assert (message.status, message.sent_at, message.attempts) == (MessageStatus.SENT, NOON, 1)
    assert accepted == ["Hello"]


def test_a_message_of_a_cause_that_failed_was_never_there() -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)
    assert messages.send_due(clock=at(NOON)) == 0
    assert not accepted


def test_a_sender_is_woken_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(messages.current_app, "send_task", lambda name, **options: woken.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        queue()
        assert not woken
    assert woken == [tasks.send_messages.name]


def test_a_broker_that_is_away_harms_nothing(
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(name: str, **options: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(messages.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        queue()
    assert [(each.levelname, each.exc_info) for each in caplog.records] == [("WARNING", None)]  # a line, no traceback
    tasks.send_messages()
    assert accepted == ["Hello"]


def test_a_failed_attempt_is_repeated_later_and_later() -> None:
    trouble.extend([OSError("no route")] * 2)
    queue()
    assert messages.send_due(clock=at(NOON)) == 0
    assert messages.send_due(clock=at(NOON + timedelta(seconds=14))) == 0
    assert messages.send_due(clock=at(NOON + timedelta(seconds=15))) == 0
    message = Message.objects.get()
    assert (message.attempts, message.error) == (2, "no route")
    assert message.send_after == NOON + timedelta(seconds=75)
    assert messages.send_due(clock=at(message.send_after)) == 1
    assert Message.objects.get().error == ""


def test_after_six_failures_nobody_tries_again() -> None:
    trouble.extend([OSError("no route")] * 9)
    queue()
    moment = NOON
    for _ in range(9):
        messages.send_due(clock=at(moment))
        moment += timedelta(hours=2)
    message = Message.objects.get()
    assert (message.status, message.attempts, message.error) == (MessageStatus.FAILED, 6, "no route")


def test_what_the_provider_will_never_take_is_not_tried_twice() -> None:
    trouble.append(gateways.Undeliverable("no such number"))
    queue()
    messages.send_due(clock=at(NOON))
    message = Message.objects.get()
    assert (message.status, message.attempts, message.error) == (MessageStatus.FAILED, 1, "no such number")


def test_one_bad_message_does_not_hold_up_the_next() -> None:
    trouble.append(OSError("no route"))
    queue("first")
    queue("second")
    assert messages.send_due(clock=at(NOON)) == 1
    assert accepted == ["second"]


def test_a_sender_killed_between_claim_and_sending_loses_nothing() -> None:
    """SystemExit ends a worker where no `except Exception` reaches."""
    trouble.append(SystemExit())  # type: ignore[arg-type]
    queue()
    with pytest.raises(SystemExit):
        messages.send_due(clock=at(NOON))
    assert Message.objects.get().status == MessageStatus.QUEUED
    assert messages.send_due(clock=at(NOON + messages.LEASE - timedelta(seconds=1))) == 0
    assert messages.send_due(clock=at(NOON + messages.LEASE)) == 1
    assert accepted == ["Hello"]


def test_a_code_that_would_come_too_late_stays_here() -> None:
    ask()
    assert messages.send_due(clock=at(NOON + codes.LASTS)) == 0
    message = Message.objects.get()
    assert (message.status, message.error) == (MessageStatus.FAILED, "too late to be of use")


def test_a_withheld_message_is_never_sent() -> None:
    ask(deliver=False)
    assert messages.send_due(clock=at(NOON)) == 0
    assert not accepted


def test_a_consent_withdrawn_before_the_message_left_keeps_it_here(shop: Shop) -> None:
    customer = Customer.objects.create(phone=PHONE)
    ids = {"customer_id": customer.pk, "business_id": shop.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="counter", at=NOON)
    queue("allowed", **ids)
    assert messages.send_due(clock=at(NOON)) == 1
    queue("no longer", **ids)
    consents.withdraw(**ids, channel=Channel.SMS, source="points", at=NOON)
    assert messages.send_due(clock=at(NOON)) == 0
    assert Message.objects.latest("id").status == MessageStatus.WITHHELD
    assert accepted == ["allowed"]


def test_old_codes_are_forgotten_and_other_messages_kept() -> None:
    ask()
    queue()
    assert messages.forget(at=NOON + timedelta(hours=25)) == 1
    assert Message.objects.get().kind == MessageKind.POINTS_EARNED


def test_the_console_gateway_hides_codes_and_numbers_outside_a_demonstration(
    settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MESSAGE_GATEWAY = "customers.gateways.console"
    queue("123456 is your code")
    messages.send_due(clock=at(NOON))
    said = capsys.readouterr().out
    assert "+994 50 ••• •• 67" in said
    assert "123456" not in said
    settings.DEMO = True
    queue("123456 is your code")
    messages.send_due(clock=at(NOON))
    assert "123456 is your code" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "one", "some", "many"),
    [
        ("en", "Nar: 1 point added. Your balance: 1.", "Nar: 3 points added", "1,240"),
        ("ru", "Nar: начислен 1 балл. Ваш баланс: 1.", "Nar: начислено 3 балла", "1\u00a0240"),
        ("az", "Nar: 1 xal əlavə olundu. Balansınız: 1.", "Nar: 3 xal əlavə olundu", "1.240"),
    ],
)
def test_messages_speak_the_readers_language(language: str, one: str, some: str, many: str) -> None:
    def text(points: int) -> str:
        return texts.points_earned(language=language, sender="Nar", points=points, balance=points)

    assert text(1) == one
    assert text(3).startswith(some)
    assert many in text(1240)


@pytest.mark.parametrize(("language", "words"), [("en", "is your code"), ("ru", "ваш код"), ("az", "kodunuz")])
def test_a_code_comes_in_the_language_of_the_page(language: str, words: str) -> None:
    ask(language=language)
    message = Message.objects.get()
    assert words in message.text
    assert message.language == language
