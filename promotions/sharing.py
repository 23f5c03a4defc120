"""Who pays for the coupons of a chain, and what is promised of its budget.

A coupon is promised whole when it is given. What it did not cost is free again when it has settled: it is over, and so
is the time within which a till may still send a sale of its last day. Until then a sale that used it may come back,
and the coupon counts again for all it could take off.

Whoever moves what a chain has promised holds the lock of its offer.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection, transaction
from django.db.models import F

from loyalty import outcomes, shared_costs
from loyalty.outcomes import Posted
from promotions.models import Chain, Coupon, Offer

LATE_TILLS = timedelta(days=3)

SETTLE = """
UPDATE promotions_chain ch SET settled_until = %(until)s::timestamptz, promised = ch.promised - (
  SELECT coalesce(sum(ch.most_discount - coalesce(u.discount, 0)), 0)
    FROM promotions_coupon c LEFT JOIN promotions_couponuse u ON u.coupon_id = c.id AND u.returned_by_id IS NULL
   WHERE c.offer_id = ch.offer_id AND c.status <> 'cancelled'
     AND c.expires_at > ch.settled_until AND c.expires_at <= %(until)s::timestamptz)
 WHERE ch.id = %(chain)s::bigint AND ch.settled_until < %(until)s::timestamptz"""


def of(coupon: Coupon) -> Chain | None:
    """The chain that it came by."""
    chain: Chain | None = getattr(coupon.offer, "chain", None)
    return chain


def is_settled(coupon: Coupon) -> bool:
    """Whether nothing is promised for it any more. As it was read: `spend` looks again."""
    chain = of(coupon)
    return chain is not None and coupon.expires_at is not None and coupon.expires_at <= chain.settled_until


def part(chain: Chain, discount: Decimal) -> Decimal:
    """What the giver pays of a discount, in its coins."""
    return (discount * chain.share / 100).quantize(discount, ROUND_HALF_UP)


def spend(*, posted: Posted, coupon: Coupon, discount: Decimal) -> None:
    """After a coupon was used. Raises `outcomes.Stale` where it has settled since it was looked at."""
    chain = of(coupon)
    if chain is None:
        return
    if not Chain.objects.filter(pk=chain.pk, settled_until__lt=coupon.expires_at).exists():
        raise outcomes.Stale
    if owed := part(chain, discount):
        shared_costs.book(posted=posted, owes_id=chain.giver_id, amount=owed)


def unspend(*, coupon: Coupon, discount: Decimal) -> None:
    """After the sale that used it came back: one that has settled costs nothing now."""
    if chain := of(coupon):
        settled = Chain.objects.filter(pk=chain.pk, settled_until__gte=coupon.expires_at)
        settled.update(promised=F("promised") - discount)


def take_back(*, coupon: Coupon) -> None:
    """After the sale that brought it came back, and nobody had used it."""
    if chain := of(coupon):
        standing = Chain.objects.filter(pk=chain.pk, settled_until__lt=coupon.expires_at)
        standing.update(promised=F("promised") - F("most_discount"))


def settle_all(*, at: datetime) -> int:
    """Of every chain that has something promised. Safe to repeat."""
    found = Chain.objects.filter(offer__isnull=False, promised__gt=0).order_by("pk")
    for chain in found:
        settle(chain=chain, at=at)
    return len(found)


@transaction.atomic
def settle(*, chain: Chain, at: datetime) -> None:
    """Frees what coupons that are over did not cost."""
    list(Offer.objects.select_for_update(no_key=True).filter(chain=chain).values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"chain": chain.pk, "until": at - LATE_TILLS})
