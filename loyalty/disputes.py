"""What customers say is wrong with a purchase, and what its business answers. Words only: points move elsewhere."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from businesses import limits
from businesses.models import Business, BusinessStatus, Staff
from loyalty import notices
from loyalty.models import Dispute, DisputeReason, Operation, OperationKind, Wallet

MOST_A_DAY = 5
DAY = timedelta(days=1)
LONGEST = 500  # characters, of the words of either side


class AlreadyOpen(Exception):
    """About this operation a question waits for its answer already."""


class TooMany(Exception):
    """The customer asked as often as one may in a day."""


class AlreadyAnswered(Exception):
    """A colleague was quicker; `dispute` holds what they wrote."""

    def __init__(self, dispute: Dispute) -> None:
        self.dispute = dispute


def may_be_about(operation: Operation) -> bool:
    """Somebody has to be there to answer, and nobody did what the calendar did."""
    active = operation.business is not None and operation.business.status == BusinessStatus.ACTIVE
    return active and operation.kind not in (OperationKind.EXPIRY, OperationKind.MATURITY)


def about(operation: Operation) -> QuerySet[Dispute]:
    """The newest first."""
    return Dispute.objects.filter(operation=operation).order_by("-id")


def counted(business: Business) -> dict[str, int]:
    """`all` that customers ever asked there, and how many are `waiting`."""
    return business.disputes.aggregate(all=Count("pk"), waiting=Count("pk", filter=Q(answered_at=None)))


def of(wallet: Wallet) -> QuerySet[Dispute]:
    """What the customer asked about these points, the newest first."""
    mine = Dispute.objects.filter(customer_id=wallet.customer_id, operation__wallet_id=wallet.pk)
    return mine.select_related("operation", "business").order_by("-made_at", "-id")


def unread(*, wallet: Wallet, since: datetime) -> QuerySet[Dispute]:
    """The answers that the customer has not opened yet, the newest first."""
    return of(wallet).filter(answered_at__gt=since, read_at=None).order_by("-answered_at")


def read(*, operation: Operation, at: datetime) -> None:
    """The customer has the answers about it before their eyes."""
    about(operation).filter(answered_at__isnull=False, read_at=None).update(read_at=at)


def make(*, operation: Operation, reason: DisputeReason, text: str, at: datetime) -> Dispute:
    """The customer of the operation asks its business. Raises `AlreadyOpen`, `TooMany`."""
    with transaction.atomic():
        limits.one_after_another(f"dispute:{operation.customer_id}")
        if about(operation).filter(answered_at=None).exists():
            raise AlreadyOpen
        if Dispute.objects.filter(customer_id=operation.customer_id, made_at__gt=at - DAY).count() >= MOST_A_DAY:
            raise TooMany
        return Dispute.objects.create(
            operation=operation,
            customer_id=operation.customer_id,
            business_id=operation.business_id,  # type: ignore[misc]  # there is one: see `may_be_about`
            reason=reason,
            text=text,
            made_at=at,
        )


def answer(*, dispute: Dispute, staff: Staff, text: str, at: datetime) -> Dispute:
    """Of two who answer the first one counts: the other hears it as `AlreadyAnswered`."""
    with transaction.atomic():
        asked = Dispute.objects.select_for_update().get(pk=dispute.pk)
        if asked.answered_at is not None:
            if (asked.answered_by_id, asked.answer) == (staff.pk, text):
                return asked  # the same press, sent twice
            raise AlreadyAnswered(asked)
        asked.answered_at, asked.answered_by, asked.answer = at, staff, text
        asked.save(update_fields=["answered_at", "answered_by", "answer"])
        notices.answered(dispute=asked, at=at)
    return asked
