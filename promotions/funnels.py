"""What became of a chain's coupons, as each of its two sides may know it.

A side knows its own customers: the giver to whom it gave coupons, the taker who used them. Of the other's it hears sums
in steps of five customers, so that what has changed since yesterday is never one customer's visit, nor a few's.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Exists, F, Min, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Round

from businesses import money
from businesses.models import Business
from loyalty.clearing.positions import FEW
from loyalty.models import Membership, Operation, Purchase
from promotions.models import Chain, Coupon, CouponStatus, CouponUse

EXACT: Any = DecimalField(max_digits=18, decimal_places=6)
NOTHING = Value(Decimal(0), output_field=EXACT)


@dataclass(frozen=True)
class Used:
    """`first_visits`: how many of them brought a customer for the first time. `revenue` is what was paid in sales with
    them, net of what came back; `paid_by_giver` its part of the `cost`."""

    count: int
    first_visits: int
    revenue: Decimal
    cost: Decimal
    paid_by_giver: Decimal


@dataclass(frozen=True)
class Funnel:
    """None for what too few customers of the other side stand behind."""

    given: int | None
    used: Used | None

    @property
    def share_used(self) -> int | None:
        """In percent."""
        return round(100 * self.used.count / self.given) if self.used and self.given else None


def seen_by(business: Business, chain: Chain) -> Funnel:
    """By one of its sides."""
    given = Coupon.objects.filter(offer=chain.offer_id, offer__isnull=False).exclude(status=CouponStatus.CANCELLED)
    uses = CouponUse.objects.filter(offer=chain.offer_id, offer__isnull=False, returned_by=None)
    if business.pk == chain.giver_id:
        if not given.exists():
            return Funnel(0, _used(chain, uses))
        last = _last_step(uses, "used_at")
        return Funnel(given.count(), None if last is None else _used(chain, uses.filter(used_at__lte=last)))
    last = _last_step(given, "issued_at")
    return Funnel(None if last is None else given.filter(issued_at__lte=last).count(), _used(chain, uses))


def whole(chain: Chain) -> Funnel:
    """All of it, for the operator."""
    given = Coupon.objects.filter(offer=chain.offer_id, offer__isnull=False).exclude(status=CouponStatus.CANCELLED)
    uses = CouponUse.objects.filter(offer=chain.offer_id, offer__isnull=False, returned_by=None)
    return Funnel(given.count(), _used(chain, uses))


def _last_step(rows: QuerySet[Any], moment: str) -> datetime | None:
    """When the last customer came who completes a step; None where there are too few for the first."""
    firsts = rows.order_by().values("customer").annotate(first=Min(moment)).order_by("first")
    customers = firsts.count()
    if customers < FEW:
        return None
    step: datetime = firsts.values_list("first", flat=True)[customers - customers % FEW - 1]
    return step


def _used(chain: Chain, uses: QuerySet[CouponUse]) -> Used:
    part = F("discount") * Value(chain.share, output_field=EXACT) / 100
    rounded = Round(part, precision=money.decimals(chain.program.currency), output_field=EXACT)
    sums = uses.aggregate(
        count=Count("pk"),
        cost=Coalesce(Sum("discount", output_field=EXACT), NOTHING),
        paid_by_giver=Coalesce(Sum(rounded), NOTHING),
    )
    paid = Purchase.objects.filter(operation__in=uses.values("operation")).aggregate(
        revenue=Coalesce(Sum(F("amount") - F("refunded"), output_field=EXACT), NOTHING)
    )
    begun = Membership.objects.filter(
        business=chain.taker_id, customer=OuterRef("customer"), first_at__gte=OuterRef("occurred_at")
    )
    sales = Operation.objects.filter(pk__in=uses.values("operation"))
    return Used(**sums, **paid, first_visits=sales.filter(Exists(begun)).count())
