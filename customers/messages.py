"""The outbox: a message is a row written in the transaction of its cause, and sent after it.

A message is sent at least once, and almost always exactly once. A sender claims one row by moving its
`send_after` on by `LEASE`, commits, sends, and marks it as sent. Killed before the gateway has accepted it, the
row is due again when the lease ends. Only a sender killed between the gateway's answer and the mark, which
follow each other within milliseconds, leads to a second copy; we prefer that to a code that never arrives.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from customers import consents, daylight, opt_outs
from customers.gateways import OptedOut, Undeliverable
from customers.models import Channel, Message, MessageKind, MessageStatus

LEASE = timedelta(minutes=1)  # longer than any gateway may take to answer
MOST_ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=15)  # ×4 after each failure: 15 s, 1 min, 4 min, 16 min, 64 min
KEPT = timedelta(days=1)
# What a customer asked for themselves, a moment ago: no business needs their consent to it.
ASKED_FOR = (MessageKind.CODE, MessageKind.ANSWER, MessageKind.STOP_CONFIRMED)
# Nobody asked for it: not at night, however late the sender is.
BY_DAYLIGHT = (MessageKind.NUDGE,)

log = logging.getLogger(__name__)


def queue(
    *,
    kind: MessageKind,
    to: str,
    text: str,
    language: str,
    at: datetime,
    channel: Channel = Channel.SMS,
    customer_id: int | None = None,
    business_id: int | None = None,
    card_id: int | None = None,
    send_after: datetime | None = None,
    send_before: datetime | None = None,
    withheld: bool = False,
) -> Message:
    """Call it within the transaction of the cause. `withheld` makes a row that is never sent, `card_id` goes along as a
    picture."""
    message = Message.objects.create(
        customer_id=customer_id,
        business_id=business_id,
        channel=channel,
        to=to,
        kind=kind,
        language=language,
        text=text,
        card_id=card_id,
        status=MessageStatus.WITHHELD if withheld else MessageStatus.QUEUED,
        created_at=at,
        send_after=send_after or at,
        send_before=send_before,
    )
    # Also for a withheld one, so that nobody can tell the two apart by a clock. Robust: the sweep comes anyway.
    transaction.on_commit(_wake_sender, robust=True)
    return message


def send_due(*, clock: Callable[[], datetime]) -> int:
    """Sends what is due, one message at a time, and returns how many the gateway accepted. Safe in parallel."""
    accepted = 0
    while message := _claim(clock()):
        accepted += _send(message, clock)
    return accepted


def report(*, message_id: int, provider_id: str, delivered: bool, error: str = "", at: datetime) -> None:
    """What the provider says became of a message; in any order, any number of times. Delivered is the last word."""
    known = Message.objects.filter(pk=message_id, delivered_at=None)
    told: dict[str, Any] = {"provider_id": provider_id, "sent_at": Coalesce("sent_at", Value(at))}
    if delivered:
        known.update(**told, delivered_at=at, status=MessageStatus.SENT, error="")
    else:
        known.update(**told, status=MessageStatus.FAILED, error=error)


def forget(*, at: datetime) -> int:
    """Deletes old codes: nobody needs them, and many name people who are no customers."""
    return Message.objects.filter(kind=MessageKind.CODE, created_at__lt=at - KEPT).delete()[0]


def _wake_sender() -> None:
    try:
        current_app.send_task("customers.tasks.send_messages", retry=False)
    except OperationalError as error:
        log.warning("nobody was woken up for a message, which waits for the sweep: %s", error)


def _claim(at: datetime) -> Message | None:
    due = Q(status=MessageStatus.QUEUED, send_after__lte=at)
    with transaction.atomic():
        message = Message.objects.select_for_update(skip_locked=True).filter(due).order_by("send_after", "id").first()
        if message:
            message.attempts += 1
            message.send_after = at + LEASE
            message.save(update_fields=["attempts", "send_after"])
    return message


def _send(message: Message, clock: Callable[[], datetime]) -> bool:
    """No transaction is open here: the gateway is out in the world."""
    if message.send_before and clock() >= message.send_before:
        _finish(message, MessageStatus.FAILED, error="too late to be of use")
        return False
    if (morning := _not_before(message, clock())) > clock():
        # An attempt is one to send it.
        Message.objects.filter(pk=message.pk).update(send_after=morning, attempts=F("attempts") - 1)
        return False
    if not _still_agreed(message):
        _finish(message, MessageStatus.WITHHELD, error="the consent was withdrawn")
        return False
    if _stopped(message):
        _finish(message, MessageStatus.WITHHELD, error="the customer said STOP")
        return False
    try:
        message.provider_id = _gateway(message)(message) or ""
    except OptedOut as error:
        opt_outs.stop(channel=Channel(message.channel), address=message.to, source=opt_outs.PROVIDER, at=clock())
        _finish(message, MessageStatus.FAILED, error=str(error))
    except Undeliverable as error:
        _finish(message, MessageStatus.FAILED, error=str(error))
    except Exception as error:  # whatever a gateway's network can do; the next attempt comes later
        log.warning("message %s, attempt %s: %s", message.pk, message.attempts, type(error).__name__)
        _put_off(message, str(error) or type(error).__name__, clock())
    else:
        message.sent_at = clock()
        _finish(message, MessageStatus.SENT)
        return True
    return False


def _gateway(message: Message) -> Callable[[Message], str | None]:
    by_telegram = message.channel == Channel.TELEGRAM
    gateway: Callable[[Message], str | None] = import_string(
        settings.TELEGRAM_GATEWAY if by_telegram else settings.MESSAGE_GATEWAY
    )
    return gateway


def _not_before(message: Message, at: datetime) -> datetime:
    if message.kind not in BY_DAYLIGHT or message.business is None:
        return at
    return daylight.by_daylight(at, time_zone=message.business.time_zone)


def _still_agreed(message: Message) -> bool:
    """What a business writes by itself needs a consent that still stands."""
    if message.business_id is None or message.customer_id is None or message.kind in ASKED_FOR:
        return True
    channel = Channel(message.channel)
    return consents.agreed(customer_id=message.customer_id, business_id=message.business_id, channel=channel)


def _stopped(message: Message) -> bool:
    """After STOP nothing goes there but the one confirmation, not even a code, until START."""
    if message.kind == MessageKind.STOP_CONFIRMED:
        return False
    return opt_outs.is_stopped(channel=Channel(message.channel), address=message.to)


def _put_off(message: Message, error: str, at: datetime) -> None:
    if message.attempts >= MOST_ATTEMPTS:
        _finish(message, MessageStatus.FAILED, error=error)
        return
    message.send_after = at + FIRST_PAUSE * 4 ** (message.attempts - 1)
    _finish(message, MessageStatus.QUEUED, error=error)


def _finish(message: Message, status: MessageStatus, error: str = "") -> None:
    """Unless the provider has told us meanwhile what became of it: that is newer."""
    Message.objects.filter(pk=message.pk, status=MessageStatus.QUEUED).update(
        status=status,
        error=error[:250].replace("\0", ""),
        send_after=message.send_after,
        sent_at=message.sent_at,
        provider_id=message.provider_id,
    )
