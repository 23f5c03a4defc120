"""Writing down who brings whom, and who may not: oneself, who brought oneself, and who is a customer already."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from businesses import limits
from businesses.models import Business, Staff
from customers.models import Customer
from referrals.models import Reason, Referral, ReferralTerms, Source, State


class NotBrought(Exception):
    """A rule refuses it. `code`: one of `off`, `own_phone`, `circular`, `existing_customer`, `already_referred`,
    `inviter_blocked`, `not_a_member`, `already_invited`, `too_many_today`; see words.refusal."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# A customer is somebody who has bought or has had points: whoever has only just joined may still say who sent them.
# What happened at a confidential business counts for nothing, or a refusal would tell of it.
EXISTING = """
SELECT EXISTS (SELECT FROM loyalty_membership m JOIN businesses_business b ON b.id = m.business_id
                WHERE m.customer_id = %(friend)s::bigint AND m.visits > 0 AND b.program_id = %(program)s::bigint
                  AND NOT b.confidential)
    OR EXISTS (SELECT FROM loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id
                 JOIN businesses_business b ON b.id = e.business_id AND NOT b.confidential
                WHERE w.customer_id = %(friend)s::bigint AND w.program_id = %(program)s::bigint)"""
# Whether the friend is among those who brought the inviter, directly or through others.
CIRCULAR = """
WITH RECURSIVE brought_by (customer_id) AS (
  SELECT r.inviter_id FROM referrals_referral r
   WHERE r.friend_id = %(inviter)s::bigint AND r.program_id = %(program)s::bigint
     AND r.state IN ('pending', 'completed')
   UNION
  SELECT r.inviter_id FROM brought_by b JOIN referrals_referral r ON r.friend_id = b.customer_id
   WHERE r.program_id = %(program)s::bigint AND r.state IN ('pending', 'completed')
)
SELECT EXISTS (SELECT FROM brought_by WHERE customer_id = %(friend)s::bigint)"""


@transaction.atomic
def bring(
    *,
    program_id: int,
    inviter_id: int,
    friend_id: int,
    source: Source,
    business: Business | None = None,
    staff: Staff | None = None,
    texted_at: datetime | None = None,
    at: datetime,
) -> Referral:
    """A pending referral. The same again gives the one that stands. Raises `NotBrought`."""
    terms = lock(program_id)
    standing = current(program_id=program_id, friend_id=friend_id, at=at)
    if standing and standing.inviter_id == inviter_id and standing.state == State.PENDING:
        return standing
    if code := why_not(program_id=program_id, inviter_id=inviter_id, friend_id=friend_id, standing=standing):
        raise NotBrought(code)
    return Referral.objects.create(
        program_id=program_id,
        inviter_id=inviter_id,
        friend_id=friend_id,
        source=source,
        business=business,
        staff=staff,
        made_at=at,
        ends_at=at + timedelta(days=terms.window_days),
        texted_at=texted_at,
    )


def lock(program_id: int) -> ReferralTerms:
    """One referral of a programme after another, so that two at once make no circle. Raises `NotBrought`."""
    limits.one_after_another(f"referrals:{program_id}")
    terms = ReferralTerms.objects.filter(program=program_id, is_on=True).first()
    if terms is None:
        raise NotBrought("off")
    return terms


def current(*, program_id: int, friend_id: int, at: datetime) -> Referral | None:
    """The one that stands for a friend. One whose time is over makes room."""
    mine = Referral.objects.filter(program=program_id, friend=friend_id)
    mine.filter(state=State.PENDING, ends_at__lte=at).update(state=State.REJECTED, reason=Reason.EXPIRED, settled_at=at)
    return mine.filter(state__in=[State.PENDING, State.COMPLETED]).first()


def why_not(*, program_id: int, inviter_id: int, friend_id: int, standing: Referral | None) -> str:
    """The code of a refusal, or nothing."""
    if inviter_id == friend_id:
        return "own_phone"
    if Customer.objects.filter(pk=inviter_id, blocked_at__isnull=False).exists():
        return "inviter_blocked"
    ids = {"program": program_id, "inviter": inviter_id, "friend": friend_id}
    if _true(CIRCULAR, ids):
        return "circular"
    if is_existing(program_id=program_id, customer_id=friend_id):
        return "existing_customer"
    return "already_referred" if standing else ""


def is_existing(*, program_id: int, customer_id: int) -> bool:
    return _true(EXISTING, {"program": program_id, "friend": customer_id})


def _true(statement: str, values: dict[str, int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        answer: bool = cursor.fetchone()[0]
    return answer
