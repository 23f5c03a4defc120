"""What comes in: written down once, understood, done and answered through the outbox, in one transaction.

What is sent twice under one id is answered once. Answers cost money and may reach a machine that answers too: a number
that belongs to nobody hears one in an hour, everybody else `MOST_ANSWERS`. STOP and START count always.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import translation

from businesses import limits
from businesses.models import Branch, Business, BusinessStatus
from customers import messages, opt_outs
from customers.conversations import basics, commands
from customers.conversations.commands import Caller, Said, Understood
from customers.models import Channel, Customer, Incoming, Profile

WINDOW = timedelta(hours=1)
MOST_ANSWERS = 20
MOST_TO_STRANGERS = 1
LONGEST = 1600  # signs of a text that are kept
KEPT = timedelta(days=90)
# What a telephone without Unicode writes as well; with it, each part of a message holds less than half.
PLAIN = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "’": "'", "“": '"', "”": '"', "…": "..."})


@dataclass(frozen=True)
class Heard:
    """What a channel brought. `language` is what it knows of the sender's; `answered`: the provider did that itself.

    `phone` is a number that the channel has just proven to be the sender's: it is a JOIN.
    """

    channel: Channel
    provider_id: str
    sender: str
    text: str
    language: str = ""
    phone: str = ""
    branch: Branch | None = None
    answered: bool = False


@transaction.atomic
def receive(heard: Heard, *, at: datetime, before: Callable[[], None] | None = None) -> bool:
    """Whether it is news; `before` it is answered for the first time something may have to be done."""
    limits.one_after_another(f"conversation:{heard.channel}:{heard.sender}")
    understood = commands.named("JOIN") if heard.phone or heard.branch else commands.understand(heard.text)
    customer = customer_of(heard.channel, heard.sender)
    row, new = Incoming.objects.get_or_create(
        channel=heard.channel,
        provider_id=heard.provider_id,
        defaults={
            "sender": heard.sender,
            "customer": customer,
            "text": heard.text[:LONGEST],
            "command": understood.command.name if understood else "",
            "at": at,
        },
    )
    if new and before:
        before()
        customer = customer_of(heard.channel, heard.sender)
    if new and not _is_silent(heard, understood):
        language = _language(heard, understood, customer)
        with translation.override(language):
            said = _answer(heard, understood, customer, language, at)
        _send(row, said, heard, language, at)
    return new


def customer_of(channel: Channel, sender: str) -> Customer | None:
    """Whose number it is."""
    named = {"phone": sender} if channel == Channel.SMS else {"chat__telegram_id": sender}
    return Customer.objects.filter(**named).first()


def forget(*, at: datetime) -> int:
    """Deletes what was written to us long ago."""
    return Incoming.objects.filter(at__lt=at - KEPT).delete()[0]


def _is_silent(heard: Heard, understood: Understood | None) -> bool:
    """After STOP nobody is answered before they say START."""
    starts = understood is not None and understood.command is basics.start
    return not starts and opt_outs.is_stopped(channel=heard.channel, address=heard.sender)


def _answer(
    heard: Heard, understood: Understood | None, customer: Customer | None, language: str, at: datetime
) -> list[Said]:
    rest = understood.rest if understood else ""
    caller = Caller(
        channel=heard.channel,
        address=heard.sender,
        customer=customer,
        language=language,
        at=at,
        phone=_proven(heard, customer),
        rest=rest,
        branch=heard.branch,
    )
    if understood is None:
        reply = basics.not_understood(caller)
    elif customer is None and not understood.command.for_anyone:
        reply = basics.how_to_join(caller)
    else:
        reply = understood.command(caller)
    return [Said(reply)] if isinstance(reply, str) else reply


def _proven(heard: Heard, customer: Customer | None) -> str | None:
    """A text message proves its number; a chat proved it when it was shared."""
    if heard.channel == Channel.SMS:
        return heard.sender
    return heard.phone or (customer.phone if customer else None)


def _send(row: Incoming, said: list[Said], heard: Heard, language: str, at: datetime) -> None:
    customer = customer_of(heard.channel, heard.sender)  # who has just joined is one now
    costs = heard.channel == Channel.SMS
    most = MOST_TO_STRANGERS if costs and customer is None else MOST_ANSWERS
    lately = Incoming.objects.filter(channel=heard.channel, sender=heard.sender, at__gt=at - WINDOW, answers__gt=0)
    if heard.answered or not said or lately.count() >= most:
        return
    for each in said:
        messages.queue(
            kind=each.kind,
            channel=heard.channel,
            to=heard.sender,
            text=each.text.translate(PLAIN) if costs else each.text,
            language=language,
            customer_id=customer.pk if customer else None,
            card_id=each.card.pk if each.card else None,
            at=at,
        )
    row.answers, row.customer = len(said), customer
    row.save(update_fields=["answers", "customer"])


def _language(heard: Heard, understood: Understood | None, customer: Customer | None) -> str:
    """Of the word they used; else what they told a programme, or their channel knows; else that of most businesses in
    the country of their number."""
    told = Profile.objects.filter(customer=customer).exclude(language="").order_by("pk") if customer else None
    return (
        (understood.language if understood else "")
        or (told.values_list("language", flat=True).first() if told is not None else "")
        or (heard.language if heard.language in dict(settings.LANGUAGES) else "")
        or _spoken_around(heard)
        or settings.LANGUAGE_CODE
    )


def _spoken_around(heard: Heard) -> str:
    if heard.channel != Channel.SMS:
        return ""
    country = phonenumbers.region_code_for_number(phonenumbers.parse(heard.sender))
    near = Business.objects.filter(status=BusinessStatus.ACTIVE, country=country or "")
    spoken = near.order_by("language").values("language").annotate(shops=Count("pk")).order_by("-shops", "language")
    most = spoken.first()
    return most["language"] if most else ""
