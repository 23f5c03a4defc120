"""Chats in Telegram: where they began, and whose they are once a number has been shared."""

from datetime import datetime

from django.conf import settings

from businesses.models import Branch
from customers import registry
from customers.models import Chat


def begin(*, telegram_id: int, branch: Branch | None, at: datetime) -> Chat:
    """The chat, with the branch of the newest poster that led to it."""
    chat, _new = Chat.objects.get_or_create(telegram_id=telegram_id, defaults={"begun_at": at})
    if branch:
        chat.branch = branch
        chat.save(update_fields=["branch"])
    return chat


def link(*, chat: Chat, phone: str) -> None:
    """To the customer of a number that Telegram has proven. The chat that this number had before is nobody's now."""
    customer_id = registry.enrol(business_id=None, phone=phone, external_id=None)
    Chat.objects.filter(customer=customer_id).exclude(pk=chat.pk).update(customer=None)
    Chat.objects.filter(pk=chat.pk).update(customer=customer_id)


def link_of(branch: Branch) -> str:
    """Where one joins at a branch in Telegram: https://core.telegram.org/bots/features#deep-linking; empty without a
    bot."""
    return f"https://t.me/{settings.TELEGRAM_BOT}?start={branch.public_id}" if settings.TELEGRAM_BOT else ""
