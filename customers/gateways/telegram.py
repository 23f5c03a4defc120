"""Messages by a bot of Telegram: https://core.telegram.org/bots/api

aiogram takes seconds to import, so that is done when the first one leaves.
"""

import asyncio
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from customers import cards
from customers.gateways import OptedOut, Undeliverable
from customers.models import Card, Chat, Message

TIMEOUT = 20  # seconds; the outbox waits half a minute


def send(message: Message) -> str:
    """Telegram's number of the message."""
    from aiogram import exceptions

    card: Card | None = message.card
    if card and card.revoked_at:
        raise Undeliverable("the card was replaced")
    try:
        return asyncio.run(_deliver(message, cards.png(card.token) if card else None, _keyboard(message)))
    except exceptions.TelegramForbiddenError:
        raise OptedOut("Telegram: the bot is blocked") from None
    except exceptions.TelegramBadRequest as error:
        raise Undeliverable(f"Telegram: {error.message}") from None
    except exceptions.AiogramError as error:
        raise OSError(f"Telegram: {type(error).__name__}") from None


def bot() -> Any:
    """To be closed after use."""
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    server = TelegramAPIServer.from_base(settings.TELEGRAM_API_URL)
    return Bot(settings.TELEGRAM_TOKEN, session=AiohttpSession(api=server, timeout=TIMEOUT))


async def _deliver(message: Message, picture: bytes | None, keyboard: Any) -> str:
    from aiogram.types import BufferedInputFile

    async with bot().context() as ours:
        chat = int(message.to)
        if picture:
            photo = BufferedInputFile(picture, "card.png")
            sent = await ours.send_photo(chat, photo, caption=message.text)
        else:
            sent = await ours.send_message(chat, message.text, reply_markup=keyboard)
    return str(sent.message_id)


def _keyboard(message: Message) -> Any:
    """Who is nobody's customer yet has a button that shares their number; Telegram proves that it is theirs."""
    from aiogram.types import KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove

    if Chat.objects.filter(telegram_id=message.to, customer__isnull=False).exists():
        return ReplyKeyboardRemove(remove_keyboard=True)
    with translation.override(message.language):
        share = KeyboardButton(text=_("Share my number"), request_contact=True)
    return ReplyKeyboardMarkup(keyboard=[[share]], resize_keyboard=True, one_time_keyboard=True)
