"""What Telegram brings: https://core.telegram.org/bots/api#update, from the webhook or from asking for it.

Read by hand, not with the library: a web server that imported it would start ten times as slowly, for four fields.
"""

import hmac
import logging
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from businesses.models import Branch, BusinessStatus
from customers import chats, opt_outs, phones
from customers.conversations import commands, incoming
from customers.conversations.incoming import Heard
from customers.models import Channel, Chat

log = logging.getLogger(__name__)


@csrf_exempt  # it is known by its secret
def updates(request: HttpRequest) -> HttpResponse:
    """The webhook. What cannot be read is taken all the same: Telegram would send it again and again."""
    if not (settings.TELEGRAM_TOKEN and settings.TELEGRAM_SECRET):
        raise Http404
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if request.method == "POST" and not hmac.compare_digest(given.encode(), settings.TELEGRAM_SECRET.encode()):
        return HttpResponse(status=403)
    return _update(request)


@require_POST
def _update(request: HttpRequest) -> HttpResponse:
    try:
        update = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        log.warning("Telegram sent what is no JSON")
    else:
        take(update, at=timezone.now())
    return HttpResponse(status=200)


def take(update: Any, *, at: datetime) -> None:
    """Answers what somebody wrote to the bot alone; anything else, such as a group's messages, is let pass."""
    try:
        message, update_id = update["message"], int(update["update_id"])
        sender, chat = message["from"], message["chat"]
        telegram_id = int(sender["id"])
        alone = chat["type"] == "private" and int(chat["id"]) == telegram_id
    except (KeyError, TypeError, ValueError):
        return
    if alone and not sender.get("is_bot"):
        _hear(update_id, message, telegram_id, at)


@transaction.atomic
def _hear(update_id: int, message: dict[str, Any], telegram_id: int, at: datetime) -> None:
    text = str(message.get("text") or message.get("caption") or "")
    branch = _poster(text)
    chat = chats.begin(telegram_id=telegram_id, branch=branch, at=at)
    phone = _own_number(message, telegram_id)
    heard = Heard(
        channel=Channel.TELEGRAM,
        provider_id=f"{settings.TELEGRAM_TOKEN.partition(':')[0]}:{update_id}"[:64],
        sender=str(telegram_id),
        text=text,
        language=str(message["from"].get("language_code") or "")[:2],
        phone=phone,
        branch=_branch(chat, branch, phone),
    )

    def before() -> None:
        if phone:
            chats.link(chat=chat, phone=phone)
        if branch:  # who scans a poster has pressed Start in Telegram
            opt_outs.start(channel=Channel.TELEGRAM, address=heard.sender, customer_id=chat.customer_id, at=at)

    incoming.receive(heard, at=at, before=before)


def _branch(chat: Chat, scanned: Branch | None, phone: str) -> Branch | None:
    """Where they join: a customer at the poster that they scan, somebody new where they scanned before."""
    if phone:
        return chat.branch
    return scanned if chat.customer_id else None


def _poster(text: str) -> Branch | None:
    """`/start <branch>`, as the link on a poster says it."""
    words = text.split()
    found = commands.understand(text)
    if len(words) != 2 or found is None or found.command.name != "START":
        return None
    try:
        public_id = UUID(words[1])
    except ValueError:
        return None
    open_ones = Branch.objects.filter(closed_at=None, business__status=BusinessStatus.ACTIVE)
    return open_ones.select_related("business__program").filter(public_id=public_id).first()


def _own_number(message: dict[str, Any], telegram_id: int) -> str:
    """Telegram proves one's own number only; anybody may pass on the contact of another."""
    contact = message.get("contact")
    if not isinstance(contact, dict) or contact.get("user_id") != telegram_id:
        return ""
    number = str(contact.get("phone_number", ""))
    try:
        return phones.parse(number if number.startswith("+") else f"+{number}", "ZZ")
    except phones.InvalidPhone:
        return ""
