"""A referral is completed once: by the friend's first purchase that is large enough, or by staff. Or it is rejected.

The completion and what both get for it are written in one transaction, behind a guarded update of the referral's row;
referrals/awards.py gives it afterwards.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from businesses.models import Business, Staff
from loyalty.models import Wallet
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from referrals import awards, running
from referrals.bringing import NotBrought
from referrals.models import Award, Reason, Referral, ReferralTerms, State

CLOCKS_DIFFER = timedelta(minutes=5)


class NotPending(Exception):
    """It was completed or rejected before, or its time is over."""

    def __init__(self, referral: Referral) -> None:
        super().__init__(referral.state)
        self.referral = referral


class TooManyPoints(Exception):
    """`most`: what staff may give."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def by_sale(*, rules: Rules, posted: Posted) -> None:
    """In the transaction of a sale that somebody waits for: completes their referral, if the sale is large enough."""
    paid = posted.amount or Decimal(0)
    if paid <= 0 or paid < running.of(rules).minimum:
        return
    waiting = Referral.objects.pending(posted.occurred_at).filter(program=rules.program_id, friend=posted.customer_id)
    # Two clocks: a sale right after they joined must count, one of the days before must not.
    referral = waiting.filter(made_at__lte=posted.occurred_at + CLOCKS_DIFFER).first()
    if referral and _complete(referral, rules.business_id, posted.id, posted.occurred_at):
        awards.promise(referral=referral, business_id=rules.business_id, sale=posted.id, at=posted.occurred_at)


@transaction.atomic
def by_staff(
    *,
    referral: Referral,
    business: Business,
    points: int | None = None,
    staff: Staff | None = None,
    at: datetime,
) -> Referral:
    """Completes a referral that the business sees. `points` for each of the two stand for what the terms say. Raises
    `NotPending`, `TooManyPoints`, `NotBrought`: `off`, `not_a_member`."""
    terms = ReferralTerms.objects.filter(program=referral.program_id, is_on=True).first()
    if terms is None or not running.takes_part(business):
        raise NotBrought("off")
    if referral.state_at(at) != State.PENDING:
        raise NotPending(referral)
    if points is not None and points > terms.most_points_by_staff:
        raise TooManyPoints(terms.most_points_by_staff)
    if not Wallet.objects.filter(program=referral.program_id, customer=referral.friend_id).exists():
        raise NotBrought("not_a_member")
    if not _complete(referral, business.pk, None, at, staff):
        raise NotPending(Referral.objects.get(pk=referral.pk))
    awards.promise(referral=referral, business_id=business.pk, points=points, at=at)
    return Referral.objects.get(pk=referral.pk)


def reject(*, referral: Referral, note: str, staff: Staff, at: datetime) -> None:
    """Raises `NotPending`."""
    rejected = {"state": State.REJECTED, "reason": Reason.STAFF, "note": note, "staff": staff, "settled_at": at}
    if not Referral.objects.pending(at).filter(pk=referral.pk).update(**rejected):
        raise NotPending(Referral.objects.get(pk=referral.pk))


def undo_sale(*, posted: Posted, sale: int) -> None:
    """After nothing is left of a sale: what it brought is taken back, and the referral waits for another purchase."""
    brought = Award.objects.filter(sale=sale).order_by("pk").first()
    if brought is None:
        return
    awards.recall(sale=sale, refund=posted.id)
    Referral.objects.filter(pk=brought.referral_id, sale=sale, state=State.COMPLETED).update(
        state=State.PENDING, won_by=None, sale=None, settled_at=None
    )


def _complete(referral: Referral, business_id: int, sale: int | None, at: datetime, staff: Staff | None = None) -> bool:
    """The row itself is asked, so that of two at once the second finds it completed."""
    done = {"state": State.COMPLETED, "won_by_id": business_id, "sale_id": sale, "settled_at": at}
    done |= {"staff": staff} if staff else {}
    return bool(Referral.objects.pending(at).filter(pk=referral.pk).update(**done))
