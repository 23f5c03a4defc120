"""The bot in Telegram: aiogram against a small Bot API, and updates as they come."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from businesses.models import Program
from conftest import NOON, Shop
from customers import cards, consents, messages, opt_outs
from customers.conversations import telegram
from customers.models import Channel, Chat, Customer, Incoming, Message, MessageKind, MessageStatus
from customers.tests import telegram_server
from customers.tests.telegram_server import TOKEN, Telegram, update
from loyalty import forgetting, rewards
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

SECRET = "a-word-of-our-own"
NUMBER = iter(range(1, 10**6))


@pytest.fixture
def server(settings: Any) -> Iterator[Telegram]:
    with telegram_server.running() as running:
        settings.TELEGRAM_TOKEN, settings.TELEGRAM_SECRET = TOKEN, SECRET
        settings.TELEGRAM_API_URL = running.url
        settings.TELEGRAM_GATEWAY = "customers.gateways.telegram.send"
        settings.PUBLIC_BASE_URL = "https://loyalty.example.com"
        yield running


def write(text: str = "", **more: Any) -> list[str]:
    """What somebody writes to the bot, and its answers."""
    before = Message.objects.count()
    telegram.take(update(next(NUMBER), text, **more), at=NOON)
    return list(Message.objects.order_by("pk").values_list("text", flat=True))[before:]


def share(number: str = PHONE, owner: int | None = 42, **more: Any) -> list[str]:
    contact = {"phone_number": number.removeprefix("+"), "first_name": "Aysel"}
    return write(contact=contact | ({"user_id": owner} if owner else {}), **more)


def send() -> Message:
    messages.send_due(clock=timezone.now)
    return Message.objects.latest("pk")


@pytest.fixture
def member(shop: Shop) -> Wallet:
    """Somebody with 40 points whose chat is 42."""
    buy(shop, 40)
    share()
    Message.objects.all().delete()
    return Wallet.objects.get()


# --- Who one is -------------------------------------------------------------------------------------------


def test_start_asks_for_the_number_and_a_shared_one_opens_an_account(shop: Shop) -> None:
    assert write("/start") == ["Share your number with the button below. It is your card from then on."]
    (said,) = share()
    assert said.startswith("Welcome to Nar!")
    wallet = Wallet.objects.get()
    assert (wallet.customer.phone, wallet.customer.chat.telegram_id) == (PHONE, 42)


def test_a_shared_number_finds_the_points_that_it_has(shop: Shop) -> None:
    buy(shop, 40)
    assert share() == ["You are a member already. Circle: 40 points."]
    assert write("/purchases")[0].endswith("+40 Nar")


@pytest.mark.parametrize("owner", [43, None, 0])
def test_the_contact_of_another_proves_nothing(shop: Shop, owner: int | None) -> None:
    buy(shop, 40)
    (said,) = share(owner=owner)
    assert "40" not in said
    assert not Chat.objects.exclude(customer=None).exists()
    assert "40" not in write("/profile")[0]


@pytest.mark.parametrize("number", ["", "abc", "12", "+"])
def test_what_is_no_number_proves_nothing(shop: Shop, number: str) -> None:
    share(number)
    assert not Customer.objects.exists()


def test_the_poster_says_where_one_joins(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    rose = new_shop("rose")
    write(f"/start {rose.branch.public_id}")
    (said,) = share()
    assert said.startswith("Welcome to Rose!")


def test_the_page_of_a_poster_leads_to_the_bot(shop: Shop, client: Client, settings: Any) -> None:
    page = f"/join/{shop.branch.public_id}/"
    assert "t.me" not in client.get(page).text
    settings.TELEGRAM_BOT = "regulars_bot"
    assert f'href="https://t.me/regulars_bot?start={shop.branch.public_id}"' in client.get(page).text


def test_a_customer_joins_a_programme_by_its_poster(member: Wallet, far: Shop) -> None:
    (said,) = write(f"/start {far.branch.public_id}")
    assert said.startswith("Welcome to Rose!")
    assert Wallet.objects.filter(customer=member.customer).count() == 2


@pytest.fixture
def far(new_shop: Callable[..., Shop]) -> Shop:
    other = Program.objects.create(slug="far", name="Far", currency="USD", join_code="FAR")
    return new_shop("rose", program=other)


@pytest.mark.parametrize("payload", ["x", "12345678-1234-1234-1234-123456789012", "a b", "\0", "'; --"])
def test_a_poster_of_nowhere_is_a_plain_start(shop: Shop, payload: str) -> None:
    assert "Share your number" in write(f"/start {payload}")[0]


def test_without_a_poster_one_is_asked_which_shop(shop: Shop, far: Shop) -> None:
    assert "name of the shop" in share()[0]
    assert not Wallet.objects.exists()
    assert write("JOIN rose")[0].startswith("Welcome to Rose!")


def test_a_number_that_moved_to_another_account_leaves_the_first(member: Wallet) -> None:
    share(sender=43, owner=43)
    assert list(Chat.objects.values_list("telegram_id", "customer")) == [(42, None), (43, member.customer_id)]
    assert "Share your number" in write("/profile")[0]


# --- What one asks ----------------------------------------------------------------------------------------


def test_the_profile_says_what_is_known(member: Wallet) -> None:
    (said,) = write("/profile")
    assert "Circle: +994 50 ••• •• 67, 40 points" in said


def test_rewards_and_words_go_through_the_same_engine(member: Wallet, shop: Shop) -> None:
    rewards.make(program=shop.business.program, business=shop.business, values={"name": "Tea", "points": 30})
    assert write("/rewards") == write("rewards!") == ["Circle: you can have Tea (30)."]
    assert "/purchases" in write("how are you?")[0]


def test_scan_sends_the_card_as_a_picture(member: Wallet, server: Telegram) -> None:
    assert write("/scan") == ["Circle"]
    send()
    (sent,) = server.sent()
    card = cards.current(program_id=member.program_id, customer_id=member.customer_id, at=NOON)
    assert (sent["chat_id"], sent["caption"]) == ("42", "Circle")
    assert cards.png(card.token) in sent.values()


def test_a_card_that_was_replaced_meanwhile_stays_here(member: Wallet, server: Telegram) -> None:
    write("/scan")
    card = cards.current(program_id=member.program_id, customer_id=member.customer_id, at=NOON)
    cards.replace(program_id=member.program_id, customer_id=member.customer_id, token=card.token, at=NOON)
    assert send().status == MessageStatus.FAILED
    assert server.sent() == []


@pytest.mark.parametrize("text", ["🍰", "\0", "x" * 4096, "/", "/nothing", "@"])
def test_any_text_is_answered(member: Wallet, text: str) -> None:
    assert len(write(text)) == 1


@pytest.mark.parametrize("more", [{"sticker": {}}, {"photo": []}, {"location": {}}])
def test_what_holds_no_text_is_answered_too(member: Wallet, more: dict[str, Any]) -> None:
    assert "/help" in write(**more)[0]


def test_a_replayed_update_is_answered_once(member: Wallet) -> None:
    for _ in range(2):
        telegram.take(update(10**7, "/help"), at=NOON)
    assert Message.objects.count() == 1


STRANGE: list[Any] = [
    None,
    [],
    5,
    {},
    {"update_id": 1},
    {"update_id": 1, "message": None},
    {"message": {"text": "x"}},
    {"update_id": "x", "message": {"from": {"id": 1}, "chat": {"id": 1, "type": "private"}}},
    {"update_id": 1, "edited_message": {}},
    {"update_id": 1, "message": {"from": 1, "chat": 1}},
]


@pytest.mark.parametrize("strange", STRANGE)
def test_what_is_no_message_is_let_pass(strange: Any) -> None:
    telegram.take(strange, at=NOON)
    assert not Incoming.objects.exists()


def test_a_group_is_no_place_for_points(member: Wallet) -> None:
    assert write("/profile", chat={"id": -7, "type": "group", "title": "Friends"}) == []


# --- STOP -------------------------------------------------------------------------------------------------


def test_stop_silences_this_chat_until_start(member: Wallet, server: Telegram, shop: Shop) -> None:
    ids = {"customer_id": member.customer_id, "business_id": shop.business.pk}
    for channel in (Channel.SMS, Channel.TELEGRAM):
        consents.give(**ids, channel=channel, source="join", at=NOON)
    assert len(write("/stop")) == 1
    assert write("/profile") == []
    assert consents.agreed(**ids, channel=Channel.SMS)
    assert not consents.agreed(**ids, channel=Channel.TELEGRAM)
    messages.queue(kind=MessageKind.POINTS_EARNED, channel=Channel.TELEGRAM, to="42", text="!", language="en", at=NOON)
    assert send().status == MessageStatus.WITHHELD
    assert [each["text"][:12] for each in server.sent()] == ["You will get"]
    assert "reach you again" in write("/start")[0]


def test_who_blocked_the_bot_is_written_to_no_more(member: Wallet, server: Telegram) -> None:
    server.refusals.append((403, "Forbidden: bot was blocked by the user"))
    write("/help")
    assert send().status == MessageStatus.FAILED
    assert opt_outs.is_stopped(channel=Channel.TELEGRAM, address="42")


# --- Out --------------------------------------------------------------------------------------------------


def test_who_is_nobody_s_customer_gets_a_button_that_shares_the_number(shop: Shop, server: Telegram) -> None:
    write("/start")
    send()
    (sent,) = server.sent()
    (((button,),),) = (json.loads(sent["reply_markup"])["keyboard"],)
    assert button == {"text": "Share my number", "request_contact": True}
    share()
    send()
    assert json.loads(server.sent()[1]["reply_markup"]) == {"remove_keyboard": True}


@pytest.mark.parametrize("refusal", [(429, "Too Many Requests: retry after 3"), (500, "Internal Server Error"),
                                     (502, "Bad Gateway"), (401, "Unauthorized")])  # fmt: skip
def test_what_may_pass_is_tried_again(member: Wallet, server: Telegram, refusal: tuple[int, str]) -> None:
    server.refusals.append(refusal)
    write("/help")
    assert send().status == MessageStatus.QUEUED
    messages.send_due(clock=lambda: timezone.now() + timedelta(minutes=1))
    assert Message.objects.get().status == MessageStatus.SENT


def test_a_chat_that_is_gone_is_tried_once(member: Wallet, server: Telegram) -> None:
    server.refusals.append((400, "Bad Request: chat not found"))
    write("/help")
    assert (send().status, send().error) == (MessageStatus.FAILED, "Telegram: Bad Request: chat not found")


def test_a_telegram_that_is_away_loses_no_message(member: Wallet, server: Telegram, settings: Any) -> None:
    settings.TELEGRAM_API_URL = "http://127.0.0.1:9"
    write("/help")
    assert (send().status, send().error) == (MessageStatus.QUEUED, "Telegram: TelegramNetworkError")


# --- In ---------------------------------------------------------------------------------------------------


def post(body: Any, secret: str = SECRET) -> HttpResponse:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer: HttpResponse = Client().post("/telegram/updates/", data, "application/json", headers=headers)
    return answer


def test_the_webhook_takes_updates_once(member: Wallet, server: Telegram) -> None:
    assert [post(update(10**8, "/help")).status_code for _ in range(2)] == [200, 200]
    assert Message.objects.count() == 1


@pytest.mark.parametrize("secret", ["", "another", SECRET + "x", "é"])
def test_who_does_not_know_the_secret_is_refused(member: Wallet, server: Telegram, secret: str) -> None:
    answer = post(update(10**8, "/stop"), secret)
    assert (answer.status_code, answer.content) == (403, b"")
    assert not opt_outs.is_stopped(channel=Channel.TELEGRAM, address="42")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null", b'{"update_id": 1e400}'])
def test_the_webhook_takes_what_cannot_be_read(server: Telegram, body: bytes) -> None:
    assert post(body).status_code == 200


def test_without_a_secret_there_is_no_webhook(server: Telegram, settings: Any) -> None:
    settings.TELEGRAM_SECRET = ""
    assert post(update(10**8, "/help"), "").status_code == 404


def test_a_laptop_asks_for_updates(member: Wallet, server: Telegram) -> None:
    server.waiting = [update(7, "/help"), update(8, "/profile"), update(8, "/profile")]
    call_command("telegram", "--once")
    assert [row.command for row in Incoming.objects.order_by("pk")][1:] == ["HELP", "PROFILE"]
    assert server.waiting == [], "what was taken is confirmed"
    assert [method for method, _fields in server.calls][:5] == ["deleteWebhook"] + ["setMyCommands"] * 3 + ["getMe"]


def test_a_server_has_them_sent(server: Telegram) -> None:
    call_command("telegram", "--webhook")
    method, fields = server.calls[0]
    assert method == "setWebhook"
    assert (fields["url"], fields["secret_token"]) == ("https://loyalty.example.com/telegram/updates/", SECRET)


def test_without_a_token_the_command_says_what_to_set(settings: Any) -> None:
    settings.TELEGRAM_TOKEN = ""
    with pytest.raises(CommandError, match="BotFather"):
        call_command("telegram")


def test_who_is_forgotten_has_no_chat(member: Wallet) -> None:
    write("/help")
    forgetting.forget(customer_id=member.customer_id, at=NOON)
    assert not Chat.objects.exists()
    assert not Incoming.objects.exists()
    assert not Message.objects.exists()
