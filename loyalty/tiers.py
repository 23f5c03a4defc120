"""Tiers as people see them: where a customer stands and what is lacking to the next, and giving a tier by hand."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from businesses.models import TierBasis
from loyalty.models import Tier, Wallet

ZERO = Decimal(0)


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
