"""What customers write to us: understood in three languages, done once, answered through the outbox."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from conftest import NOON, Shop
from customers import consents, messages, opt_outs, profiles
from customers.conversations import commands, incoming
from customers.conversations.incoming import Heard
from customers.models import Channel, Consent, Customer, Incoming, Message, MessageKind, MessageStatus, OptOut
from customers.profiles import Told
from customers.tests.conftest import PHONE, ask

pytestmark = pytest.mark.django_db

NUMBER = iter(range(10**6))


def hear(text: str, *, sender: str = PHONE, at: datetime = NOON, id: str = "", answered: bool = False) -> list[str]:
    """The answers to one text message."""
    before = Message.objects.count()
    heard = Heard(Channel.SMS, id or f"SM{next(NUMBER)}", sender, text, answered=answered)
    incoming.receive(heard, at=at)
    return list(Message.objects.order_by("pk").values_list("text", flat=True))[before:]


def send_all(at: datetime = NOON) -> None:
    messages.send_due(clock=lambda: at)


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(phone=PHONE)


@pytest.mark.parametrize(
    ("text", "name", "language"),
    [
        ("BALANCE", "BALANCE", "en"),
        ("  balance \n", "BALANCE", "en"),
        ("Balance please!", "BALANCE", "en"),
        ("🎉 Points 🎉", "BALANCE", "en"),
        ("balans", "BALANCE", "az"),
        ("Xallarım?", "BALANCE", "az"),
        ("Мои баллы", "BALANCE", "ru"),
        ("TARİXÇƏ", "HISTORY", "az"),
        ("tarixce", "HISTORY", "az"),
        ("История.", "HISTORY", "ru"),
        ("hədiyyələr", "REWARDS", "az"),
        ("Подарки", "REWARDS", "ru"),
        ("komek", "HELP", "az"),
        ("?", "HELP", ""),
        ("/help@regulars_bot", "HELP", ""),
        ("вступить Чайхана", "JOIN", "ru"),
        ("STOP", "STOP", ""),
        ("Stop sending me this", "STOP", ""),
        ("ＳＴＯＰ", "STOP", ""),
        ("stop\ufe0f🛑", "STOP", ""),
        ("End", "STOP", "en"),
        ("opt out", "STOP", "en"),
        ("dayandır", "STOP", "az"),
        ("Отписаться", "STOP", "ru"),
        ("unstop", "START", "en"),
        ("Да", "START", "ru"),
        ("bəli", "START", "az"),
    ],
)
def test_a_word_is_found_however_it_is_typed(text: str, name: str, language: str) -> None:
    found = commands.understand(text)
    assert found is not None
    assert (found.command.name, found.language) == (name, language)


@pytest.mark.parametrize("variant", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
def test_every_word_that_carriers_take_for_stop_is_one(variant: str) -> None:
    found = commands.understand(variant.title())
    assert found is not None
    assert found.command.name == "STOP"


@pytest.mark.parametrize("text", ["", "   ", "🍰🍰", "End of the month?", "yes we can", "hello", "\0", "@", "/"])
def test_what_is_no_command_is_not_taken_for_one(text: str) -> None:
    assert commands.understand(text) is None


def test_no_word_means_two_things() -> None:
    said = [word for word, _language, _command, _begins in commands._vocabulary()]
    assert len(said) == len(set(said))


def test_what_stands_behind_the_word_is_kept_as_it_was_typed() -> None:
    found = commands.understand("🎉 вступить  Чайхана №1")
    assert found is not None
    assert found.rest == "Чайхана №1"


def test_the_same_message_twice_is_answered_once(customer: Customer) -> None:
    assert len(hear("HELP", id="SM1")) == 1
    assert hear("HELP", id="SM1") == []
    row = Incoming.objects.get()
    assert (row.command, row.answers, row.customer, row.text) == ("HELP", 1, customer, "HELP")


def test_one_provider_s_ids_are_not_another_s(customer: Customer) -> None:
    hear("HELP", id="1")
    assert incoming.receive(Heard(Channel.TELEGRAM, "1", "42", "/help"), at=NOON)


def test_an_unknown_number_hears_once_an_hour_how_to_join() -> None:
    (said,) = hear("hello")
    assert "JOIN" in said
    assert hear("hello?", at=NOON + timedelta(minutes=59)) == []
    assert hear("BALANCE", at=NOON + timedelta(minutes=59)) == []
    assert len(hear("🍰", at=NOON + timedelta(minutes=61))) == 1
    assert Incoming.objects.count() == 4


@pytest.mark.parametrize("text", ["BALANCE", "HISTORY", "REWARDS", "HELP", "START", "", "🍰"])
def test_who_is_no_customer_hears_the_same_whatever_they_ask(text: str, shop: Shop) -> None:
    Customer.objects.create(phone="+994507654321")
    (said,) = hear(text)
    assert said == "This number collects no points yet. Scan the poster at a shop, or send JOIN and the shop's name."


def test_a_customer_s_answers_end_somewhere(customer: Customer) -> None:
    """Two machines that answer each other must not go on all night."""
    assert sum(len(hear("hello")) for _ in range(incoming.MOST_ANSWERS + 5)) == incoming.MOST_ANSWERS
    assert len(hear("hello", at=NOON + timedelta(hours=2))) == 1


def test_help_names_the_words_of_the_reader_s_language(customer: Customer) -> None:
    assert "BALANCE, HISTORY, REWARDS" in hear("help")[0]
    assert "BALANS, TARİXÇƏ, MÜKAFATLAR" in hear("kömək")[0]
    assert "БАЛАНС, ИСТОРИЯ, НАГРАДЫ" in hear("помощь")[0]


def test_a_word_of_no_language_is_answered_in_that_of_the_profile(customer: Customer, shop: Shop) -> None:
    ids = {"program_id": shop.business.program_id, "customer_id": customer.pk}
    profiles.save(**ids, told=Told(language="ru"))
    assert "БАЛАНС" in hear("?")[0]
    assert "БАЛАНС" in hear("🍰")[0]
    assert "BALANCE" in hear("help")[0]


def test_a_number_that_told_nothing_is_answered_as_shops_of_its_country_speak(
    customer: Customer, new_shop: Callable[..., Shop]
) -> None:
    new_shop("nar", language="az")
    new_shop("chai", language="ru", country="RU")
    assert "BALANS" in hear("?")[0]
    Customer.objects.create(phone="+79161234567")
    assert "БАЛАНС" in hear("?", sender="+79161234567")[0]


def test_stop_withdraws_every_consent_and_is_confirmed_once(customer: Customer, new_shop: Callable[..., Shop]) -> None:
    shops = [new_shop(name).business.pk for name in ("nar", "tea")]
    for business_id in shops:
        ids = {"customer_id": customer.pk, "business_id": business_id, "source": "join", "at": NOON}
        consents.give(**ids, channel=Channel.SMS)
        consents.give(**ids, channel=Channel.TELEGRAM)
    (said,) = hear("Stop")
    assert "no more messages" in said
    assert hear("STOP") == []
    for business_id in shops:
        ids = {"customer_id": customer.pk, "business_id": business_id}
        assert not consents.agreed(**ids, channel=Channel.SMS)
        assert consents.agreed(**ids, channel=Channel.TELEGRAM)
    send_all()
    assert Message.objects.get().status == MessageStatus.SENT


def test_after_stop_nothing_leaves_but_its_confirmation(customer: Customer, shop: Shop) -> None:
    ids = {"customer_id": customer.pk, "business_id": shop.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="join", at=NOON)
    messages.queue(kind=MessageKind.POINTS_EARNED, to=PHONE, text="Yours", language="en", at=NOON, **ids)
    hear("HELP")
    hear("STOP")
    ask()  # a code
    consents.give(**ids, channel=Channel.SMS, source="counter", at=NOON)  # the carrier would refuse it all the same
    messages.queue(kind=MessageKind.POINTS_EARNED, to=PHONE, text="Again", language="en", at=NOON, **ids)
    send_all()
    sent = Message.objects.filter(status=MessageStatus.SENT).values_list("kind", flat=True)
    assert list(sent) == [MessageKind.STOP_CONFIRMED]
    assert Message.objects.filter(status=MessageStatus.WITHHELD, error="the customer said STOP").count() == 4


def test_after_stop_nobody_is_answered_until_start(customer: Customer) -> None:
    hear("STOP")
    assert hear("BALANCE") == hear("HELP") == hear("JOIN nar") == []
    (said,) = hear("start")
    assert "reach you again" in said
    assert len(hear("HELP")) == 1


def test_stop_counts_where_its_confirmation_is_one_answer_too_many() -> None:
    assert len(hear("hello")) == 1
    assert hear("STOP") == []
    assert opt_outs.is_stopped(channel=Channel.SMS, address=PHONE)
    hear("START")
    assert not opt_outs.is_stopped(channel=Channel.SMS, address=PHONE)


def test_start_takes_back_what_stop_withdrew_and_nothing_else(
    customer: Customer, new_shop: Callable[..., Shop]
) -> None:
    stopped, before, after = (new_shop(name).business.pk for name in ("nar", "tea", "rose"))
    for business_id in (stopped, before, after):
        consents.give(customer_id=customer.pk, business_id=business_id, channel=Channel.SMS, source="join", at=NOON)
    withdraw = {"customer_id": customer.pk, "channel": Channel.SMS, "source": "points", "at": NOON}
    consents.withdraw(**withdraw, business_id=before)
    hear("STOP")
    consents.give(customer_id=customer.pk, business_id=after, channel=Channel.SMS, source="points", at=NOON)
    consents.withdraw(**withdraw, business_id=after)
    hear("START")
    agreed = [
        consents.agreed(customer_id=customer.pk, business_id=business_id, channel=Channel.SMS)
        for business_id in (stopped, before, after)
    ]
    assert agreed == [True, False, False]
    assert Consent.objects.latest("pk").source == "start"
    assert OptOut.objects.get().lifted_at == NOON


def test_what_the_provider_answered_itself_is_done_and_not_answered_again(customer: Customer) -> None:
    assert hear("STOP", answered=True) == []
    assert opt_outs.is_stopped(channel=Channel.SMS, address=PHONE)


def test_a_very_long_text_with_anything_in_it_is_kept_in_part(customer: Customer) -> None:
    hear("\0🍰" * 5000)
    assert len(Incoming.objects.get().text) == incoming.LONGEST


def test_what_was_written_long_ago_is_forgotten(customer: Customer) -> None:
    hear("HELP")
    assert incoming.forget(at=NOON + timedelta(days=89)) == 0
    assert incoming.forget(at=NOON + timedelta(days=91)) == 1


def test_a_code_for_spending_reaches_who_agreed_to_no_messages(customer: Customer, shop: Shop) -> None:
    """They asked for it: it is no message of the business's own."""
    messages.queue(
        kind=MessageKind.CODE, to=PHONE, text="123456", language="en", at=NOON,
        customer_id=customer.pk, business_id=shop.business.pk,
    )  # fmt: skip
    send_all()
    assert Message.objects.get().status == MessageStatus.SENT
