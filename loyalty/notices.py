"""Words to the customer about points that came and went, and about an answer: to those who agreed, with the cause.

Call these within one transaction with the cause, the first two only for a customer whose `Facts.agreed_to_sms`.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import connection
from django.utils import translation

from businesses import shown
from customers import consents, messages, texts
from customers.models import Channel, MessageKind
from loyalty.models import Dispute, Pending
from loyalty.outcomes import Posted
from loyalty.rules import Rules

# Nobody, where the business does not tell this kind. The sender is that of `texts.sender`, read in the same statement.
READER = """
SELECT c.phone, coalesce(nullif(f.language, ''), b.language), CASE WHEN b.confidential THEN p.name ELSE b.name END
  FROM customers_customer c
  JOIN businesses_business b ON b.id = %(business)s::bigint
  JOIN businesses_program p ON p.id = b.program_id
  LEFT JOIN customers_profile f ON f.customer_id = c.id AND f.program_id = p.id
 WHERE c.id = %(customer)s::bigint AND c.phone IS NOT NULL
   AND CASE %(kind)s::text WHEN 'points_earned' THEN b.tells_points_earned
                           WHEN 'points_redeemed' THEN b.tells_points_redeemed
                           WHEN 'question_answered' THEN true END"""


class Reader(NamedTuple):
    phone: str
    language: str
    sender: str


def earned(*, posted: Posted, rules: Rules, at: datetime) -> None:
    """Queues "points added", or where they wait "points on their way", for a purchase that has just been posted; a
    replay or a free purchase says nothing."""
    if posted.points > 0:
        _queue(MessageKind.POINTS_EARNED, posted, rules, at, partial(_moved, texts.points_earned, posted))
    elif (posted.pending or 0) > 0:
        _queue(MessageKind.POINTS_EARNED, posted, rules, at, partial(_promised, posted, rules, at))


def redeemed(*, posted: Posted, rules: Rules, at: datetime) -> None:
    """Queues "points spent" for a redemption that has just been posted; a replay or a refusal says nothing."""
    _queue(MessageKind.POINTS_REDEEMED, posted, rules, at, partial(_moved, texts.points_redeemed, posted))


def answered(*, dispute: Dispute, at: datetime) -> None:
    """Queues "your question has been answered" to who agreed to be written to by this business. No switch turns it off:
    they asked, and wait."""
    customer, business, kind = dispute.customer_id, dispute.business_id, MessageKind.QUESTION_ANSWERED
    if not consents.agreed(customer_id=customer, business_id=business, channel=Channel.SMS):
        return
    reader = _reader(customer, business, kind)
    if reader:
        messages.queue(
            kind=kind,
            to=reader.phone,
            text=texts.question_answered(language=reader.language, sender=reader.sender),
            language=reader.language,
            customer_id=customer,
            business_id=business,
            at=at,
        )


def _queue(kind: MessageKind, posted: Posted, rules: Rules, at: datetime, write: Callable[[Reader], str]) -> None:
    if posted.replayed or posted.refusal:
        return
    reader = _reader(posted.customer_id, rules.business_id, kind)
    if reader is None:
        return
    messages.queue(
        kind=kind,
        to=reader.phone,
        text=write(reader),
        language=reader.language,
        customer_id=posted.customer_id,
        business_id=rules.business_id,
        at=at,
    )


def _moved(write: Callable[..., str], posted: Posted, reader: Reader) -> str:
    points, balance = abs(posted.points), posted.balance_after
    return write(language=reader.language, sender=reader.sender, points=points, balance=balance)


def _promised(posted: Posted, rules: Rules, at: datetime, reader: Reader) -> str:
    due_at = Pending.objects.values_list("due_at", flat=True).get(pk=posted.id)
    with translation.override(reader.language):
        day = shown.day(rules.local(due_at).date(), at, month="MMMM")
    points = posted.pending or 0
    return texts.points_promised(language=reader.language, sender=reader.sender, points=points, day=day)


def _reader(customer_id: int, business_id: int, kind: MessageKind) -> Reader | None:
    """None for a customer without a phone, and where the business does not tell this."""
    with connection.cursor() as cursor:
        cursor.execute(READER, {"customer": customer_id, "business": business_id, "kind": kind.value})
        row = cursor.fetchone()
    return Reader(*row) if row else None
