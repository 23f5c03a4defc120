"""Twilio, out and in: the real library against a small server that speaks its protocol."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from conftest import NOON, Shop
from customers import consents, messages, opt_outs
from customers.conversations import twilio
from customers.models import Channel, Customer, Incoming, Message, MessageKind, MessageStatus
from customers.tests import twilio_server
from customers.tests.conftest import PHONE, ask
from customers.tests.twilio_server import ACCOUNT, NUMBER, TOKEN, Twilio, call

pytestmark = pytest.mark.django_db

BASE = "https://loyalty.example.com"
IN = f"{BASE}/twilio/messages/"


@pytest.fixture
def server(settings: Any) -> Iterator[Twilio]:
    with twilio_server.running() as running:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = ACCOUNT, TOKEN, NUMBER
        settings.TWILIO_MESSAGING_SERVICE = ""
        settings.TWILIO_API_URL, settings.PUBLIC_BASE_URL = running.url, BASE
        settings.MESSAGE_GATEWAY = "customers.gateways.twilio.send"
        yield running


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(phone=PHONE)


def queue(**more: Any) -> Message:
    given = {"kind": MessageKind.ANSWER, "to": PHONE, "text": "Salam, 40 xal 🍰", "language": "az", "at": NOON}
    return messages.queue(**given | more)


def send(at: Any = NOON) -> Message:
    messages.send_due(clock=lambda: at)
    return Message.objects.latest("pk")


def texted(body: str, sid: str = "SM1", **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "AccountSid": ACCOUNT, "From": PHONE, "To": NUMBER, "Body": body, **more}


# --- Out --------------------------------------------------------------------------------------------------


def test_a_message_leaves_as_it_was_written(server: Twilio) -> None:
    queue()
    message = send()
    (form,) = server.taken
    assert (form["To"], form["From"], form["Body"]) == (PHONE, NUMBER, "Salam, 40 xal 🍰")
    assert (message.status, message.provider_id) == (MessageStatus.SENT, f"SM{1:032}")
    assert send().attempts == 1


def test_a_messaging_service_takes_the_place_of_the_number(server: Twilio, settings: Any) -> None:
    settings.TWILIO_MESSAGING_SERVICE = "MG1"
    queue()
    send()
    assert server.taken[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in server.taken[0]


def test_a_number_that_cannot_be_reached_is_tried_once_and_its_number_is_written_nowhere(
    server: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    server.refusals.append((400, 21211))
    queue()
    message = send()
    assert (message.status, message.error, message.attempts) == (MessageStatus.FAILED, "Twilio 21211", 1)
    assert PHONE not in caplog.text


@pytest.mark.parametrize("refusal", [(429, 20429), (500, 20500), (503, 0), (401, 20003), (403, 20006)])
def test_what_may_pass_is_tried_again(server: Twilio, refusal: tuple[int, int]) -> None:
    server.refusals.append(refusal)
    queue()
    assert send().status == MessageStatus.QUEUED
    assert send(NOON + timedelta(minutes=1)).status == MessageStatus.SENT


def test_a_wrong_token_loses_no_message(server: Twilio, settings: Any) -> None:
    settings.TWILIO_AUTH_TOKEN = "of yesterday"
    queue()
    assert send().error == "Twilio 20003"
    settings.TWILIO_AUTH_TOKEN = TOKEN
    assert send(NOON + timedelta(minutes=1)).status == MessageStatus.SENT


def test_a_twilio_that_is_away_loses_no_message(server: Twilio, settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    queue()
    message = send()
    assert (message.status, message.error) == (MessageStatus.QUEUED, "Twilio: ConnectionError")


def test_who_told_twilio_to_stop_is_written_to_no_more(server: Twilio, customer: Customer, shop: Shop) -> None:
    ids = {"customer_id": customer.pk, "business_id": shop.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="join", at=NOON)
    server.refusals.append((400, 21610))
    queue(**ids, kind=MessageKind.POINTS_EARNED)
    assert send().error == "Twilio 21610"
    assert not consents.agreed(**ids, channel=Channel.SMS)
    ask()
    assert send().status == MessageStatus.WITHHELD
    assert server.taken == []


# --- What became of them ----------------------------------------------------------------------------------


def report(server: Twilio, status: str, code: str = "") -> int:
    form = {"MessageSid": f"SM{1:032}", "MessageStatus": status, "To": PHONE, **({"ErrorCode": code} if code else {})}
    return call(server.taken[0]["StatusCallback"], form).status_code


def test_twilio_is_told_no_number_of_ours(server: Twilio) -> None:
    message = queue()
    send()
    address = server.taken[0]["StatusCallback"]
    assert address.startswith(f"{BASE}/twilio/status/?message=")
    assert str(message.pk) != address.partition("=")[2]


def test_what_was_delivered_says_when(server: Twilio) -> None:
    queue()
    send()
    assert [report(server, word) for word in ("queued", "sent", "delivered", "delivered")] == [204] * 4
    message = Message.objects.get()
    assert message.status == MessageStatus.SENT
    assert message.delivered_at


@pytest.mark.parametrize("word", ["failed", "undelivered"])
def test_what_was_not_delivered_has_failed(server: Twilio, word: str) -> None:
    queue()
    send()
    report(server, word, "30005")
    report(server, "sent")
    message = Message.objects.get()
    assert (message.status, message.error) == (MessageStatus.FAILED, "Twilio 30005")


def test_delivered_is_the_last_word(server: Twilio) -> None:
    queue()
    send()
    for word in ("failed", "delivered", "failed"):
        report(server, word, "30008")
    message = Message.objects.get()
    assert (message.status, message.error) == (MessageStatus.SENT, "")


@pytest.mark.django_db(transaction=True)
def test_a_report_that_is_faster_than_our_own_note_stands(server: Twilio) -> None:
    """Twilio may call before its answer to us has been read."""

    def at_once(form: dict[str, str]) -> None:
        call(form["StatusCallback"], {"MessageSid": "SM9", "MessageStatus": "failed", "ErrorCode": "30005"})
        connections.close_all()

    server.before_answering = at_once
    queue()
    message = send()
    assert (message.status, message.error, message.provider_id) == (MessageStatus.FAILED, "Twilio 30005", "SM9")
    assert send(NOON + timedelta(hours=1)).attempts == 1


def test_an_opt_out_that_is_reported_later_is_obeyed(server: Twilio, customer: Customer) -> None:
    queue()
    send()
    report(server, "undelivered", "21610")
    assert opt_outs.is_stopped(channel=Channel.SMS, address=PHONE)


@pytest.mark.parametrize("named", ["", "nonsense", "12345678.AAAA", "é"])
def test_a_report_about_nothing_changes_nothing(server: Twilio, named: str) -> None:
    assert call(f"{BASE}/twilio/status/?message={named}", {"MessageStatus": "failed"}).status_code in (204, 403)


# --- In ---------------------------------------------------------------------------------------------------


def test_the_signature_of_twilio_s_own_example_is_right(settings: Any) -> None:
    settings.TWILIO_AUTH_TOKEN, settings.PUBLIC_BASE_URL = "12345", "https://mycompany.com"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }

    def signed(given: str, **more: str) -> bool:
        headers = {"X-Twilio-Signature": given}
        return twilio.is_signed(RequestFactory().post("/myapp.php?foo=1&bar=2", form | more, headers=headers))

    assert signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", Digits="1235")
    assert not signed("RSOYDt4T1cUTdK1PDd93/VVr8B8")
    assert not signed("")


def test_a_text_message_is_answered_through_the_outbox(server: Twilio, customer: Customer) -> None:
    answer = call(IN, texted("HELP"))
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    assert answer["Content-Type"] == "text/xml"
    send(timezone.now())
    assert "BALANCE" in server.taken[0]["Body"]


def test_a_text_message_that_comes_twice_is_answered_once(server: Twilio, customer: Customer) -> None:
    assert [call(IN, texted("HELP")).status_code for _ in range(2)] == [200, 200]
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_text_message_that_comes_twice_at_once_is_answered_once(server: Twilio, customer: Customer) -> None:
    def deliver(_n: int) -> int:
        try:
            return call(IN, texted("HELP")).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(deliver, range(4))) == {200}
    assert Message.objects.count() == Incoming.objects.count() == 1


@pytest.mark.parametrize("body", ["", "🍰", "\0", "x" * 1600, "🏳\ufe0f\u200d🌈"])
def test_any_text_is_taken(server: Twilio, customer: Customer, body: str) -> None:
    assert call(IN, texted(body)).status_code == 200
    assert Message.objects.count() == 1


@pytest.mark.parametrize("sender", ["", "REGULARS", "72345", "whatsapp:+994501234567", "+0"])
def test_who_has_no_number_is_not_answered(server: Twilio, sender: str) -> None:
    assert call(IN, texted("HELP", From=sender)).status_code == 200
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "forged", ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", twilio_server.signature(IN, texted("STOP"), "another"), "é"]
)
def test_a_forged_signature_does_nothing_and_says_nothing(server: Twilio, customer: Customer, forged: str) -> None:
    for url in (IN, f"{BASE}/twilio/status/?message=1"):
        answer = call(url, texted("STOP"), signed=forged)
        assert (answer.status_code, answer.content) == (403, b"")
    assert not Incoming.objects.exists()


def test_a_signature_of_another_text_or_address_is_forged(server: Twilio, customer: Customer) -> None:
    for signed in (
        twilio_server.signature(IN, texted("HELP")),
        twilio_server.signature(IN.replace("https", "http"), texted("STOP")),
        twilio_server.signature(f"{IN}?x=1", texted("STOP")),
    ):
        assert call(IN, texted("STOP"), signed=signed).status_code == 403
    assert not opt_outs.is_stopped(channel=Channel.SMS, address=PHONE)


def test_stop_from_twilio_is_confirmed_by_us_unless_twilio_did(server: Twilio, customer: Customer) -> None:
    call(IN, texted("STOP", OptOutType="STOP"))
    assert opt_outs.is_stopped(channel=Channel.SMS, address=PHONE)
    assert not Message.objects.exists()
    call(IN, texted("START", sid="SM2"))
    call(IN, texted("STOP", sid="SM3"))
    messages.send_due(clock=lambda: Message.objects.latest("pk").send_after)
    assert [form["Body"][:12] for form in server.taken] == ["You will get"]


def test_without_an_account_nothing_is_there(settings: Any) -> None:
    settings.TWILIO_AUTH_TOKEN, settings.PUBLIC_BASE_URL = "", BASE
    assert call(IN, texted("HELP"), signed=twilio_server.signature(IN, texted("HELP"), "")).status_code == 404


def test_only_posts_are_taken(server: Twilio) -> None:
    assert Client().get("/twilio/messages/").status_code == 405
