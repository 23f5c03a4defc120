"""Tiers as people see them: where a customer stands and what is lacking to the next, and giving a tier by hand.

Purchases raise and nights lower by sql/tiers.sql.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db import connection, transaction

from businesses.models import Business, Role, Staff, TierBasis, User
from loyalty.models import Tier, TierCause, TierChange, Wallet

ZERO = Decimal(0)
KEPT = relativedelta(months=12)  # what is given by hand, where nobody says otherwise


class ByInvitationOnly(Exception):
    """Only who may invite gives this tier, and takes it."""


class EarnedIsHigher(Exception):
    """The customer has earned a higher tier than that, and would have it again with the next purchase."""

    def __init__(self, tier: Tier) -> None:
        super().__init__(tier)
        self.tier = tier


class ChangedMeanwhile(Exception):
    """The tier is not the one that was looked at: by a purchase, a colleague, or the same press before."""


@dataclass(frozen=True)
class ComeTo:
    """What a customer has come to: money, points or visits as the programme counts, and different kinds of business."""

    measure: Decimal
    categories: int


@dataclass(frozen=True)
class Lacking:
    """What a customer lacks of a tier. Both 0: they have reached it."""

    tier: Tier
    measure: Decimal
    categories: int

    @classmethod
    def of(cls, tier: Tier, come_to: ComeTo) -> "Lacking":
        return cls(tier, max(tier.threshold - come_to.measure, ZERO), max(tier.categories - come_to.categories, 0))


@dataclass(frozen=True)
class Standing:
    """Where a customer stands among the tiers of a programme that counts.

    `next` is never one by invitation. `ending` is what they lack of the tier they have by the moment at which it ends,
    where that has been announced.
    """

    come_to: ComeTo
    next: Lacking | None
    ends_at: datetime | None = None
    ending: Lacking | None = None


def standing(*, wallet: Wallet, at: datetime) -> Standing | None:
    """None where tiers are given by hand alone."""
    if wallet.program.tier_basis == TierBasis.NONE:
        return None
    now = come_to(wallet=wallet, at=at)
    position = wallet.tier.position if wallet.tier else -1
    above = Tier.objects.filter(program=wallet.program_id, position__gt=position, invitation_only=False)
    following = above.order_by("position").first()
    upwards = Lacking.of(following, now) if following else None
    if wallet.tier is None or wallet.tier_ends_at is None:
        return Standing(now, upwards)
    # By then more may have left the 12 months.
    then = Lacking.of(wallet.tier, come_to(wallet=wallet, at=max(wallet.tier_ends_at, at)))
    if not then.measure and not then.categories:
        return Standing(now, upwards)
    return Standing(now, upwards, wallet.tier_ends_at, then)


def come_to(*, wallet: Wallet, at: datetime) -> ComeTo:
    """Of the moment `at`, as far as it is known today."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT measure, categories FROM loyalty_tier_measure(%s::bigint, %s::bigint, %s::timestamptz)",
            [wallet.program_id, wallet.customer_id, at],
        )
        return ComeTo(*cursor.fetchone())


def may_invite(staff: Staff) -> bool:
    """Where the programme says so, the owners of its businesses do; else its operator alone."""
    return staff.role == Role.OWNER and staff.business.program.owners_invite


def changes_of(wallet: Wallet) -> int:
    """What `give` compares: how many changes of its tier a wallet has seen. Pages show it, so it is no id."""
    return TierChange.objects.filter(wallet=wallet).count()


@transaction.atomic
def give(
    *,
    wallet: Wallet,
    tier: Tier | None,
    reason: str,
    by: User,
    business: Business | None,
    may_invite: bool,
    seen: int,
    kept_until: datetime | None,
    at: datetime,
) -> TierChange:
    """Gives a tier of the programme by hand, or none; it is kept at least until `kept_until`, or for a year.

    `business` is None for the operator. `seen` is `changes_of` as the person who decides saw it. Raises
    `ByInvitationOnly`, `EarnedIsHigher`, `ChangedMeanwhile`.
    """
    held = Wallet.objects.select_for_update(of=("self",)).select_related("program", "tier").get(pk=wallet.pk)
    if changes_of(held) != seen:
        raise ChangedMeanwhile
    if not may_invite and held.tier != tier and any(each and each.invitation_only for each in (held.tier, tier)):
        raise ByInvitationOnly
    earned = _earned(held, at)
    if earned and (tier is None or tier.position < earned.position):
        raise EarnedIsHigher(earned)
    change = TierChange.objects.create(
        wallet=held,
        before=held.tier,
        after=tier,
        cause=TierCause.INVITATION if tier and tier.invitation_only else TierCause.HAND,
        business=business,
        by=by,
        reason=reason,
        at=at,
    )
    Wallet.objects.filter(pk=held.pk).update(tier=tier, tier_kept_until=kept_until or at + KEPT, tier_ends_at=None)
    with connection.cursor() as cursor:  # what is lacking to the next is another figure now
        cursor.execute("SELECT loyalty_assess_tier(%s::bigint, NULL, %s::timestamptz)", [held.pk, at])
    return change


def _earned(wallet: Wallet, at: datetime) -> Tier | None:
    if wallet.program.tier_basis == TierBasis.NONE:
        return None
    now = come_to(wallet=wallet, at=at)
    reached = Tier.objects.filter(program=wallet.program_id, invitation_only=False)
    reached = reached.filter(threshold__lte=now.measure, categories__lte=now.categories)
    return reached.order_by("-position").first()
