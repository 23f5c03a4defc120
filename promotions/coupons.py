"""Issuing coupons, using them up in a sale and giving them back. Whether they count: promotions/judging.py.

Locks are taken in one order everywhere: the wallet, then offers by their ids, then chains, then coupons.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from businesses.models import Business, Staff
from loyalty import outcomes, shared_costs
from loyalty.models import Wallet
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from promotions import judging, sharing
from promotions.judging import Found, Place, Quote
from promotions.models import Coupon, CouponStatus, CouponUse, Offer, Source, new_code

MOST_CODES = 10
normal = judging.normal  # how codes are compared


class NotIssued(Exception):
    """The offer gives no coupons now. `reason`: one of `public`, `chain` (purchases bring those), `ended`, `paused`,
    `limit_reached`, `customer_limit`, `expired`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# --- Issuing ---


@transaction.atomic
def issue(
    *,
    offer: Offer,
    wallet: Wallet,
    source: Source,
    at: datetime,
    operation_id: int | None = None,
    staff: Staff | None = None,
    because: dict[str, object] | None = None,
) -> Coupon:
    """Puts a coupon of an offer into a customer's hands, and counts it against the offer's limit. `operation_id` is the
    purchase that brought it, `because` what was known of the customer when it was decided. Raises `NotIssued`."""
    Wallet.objects.select_for_update().get(pk=wallet.pk)
    if offer.code:
        raise NotIssued("public")
    now = Offer.objects.select_for_update(of=("self",)).select_related("business", "chain").get(pk=offer.pk)
    if hasattr(now, "chain"):
        raise NotIssued("chain")
    expires_at = expiry(offer=now, at=at, time_zone=_zone(now))
    reason = _closed(now) or ("limit_reached" if now.left is not None and now.left <= 0 else "")
    if not reason and expires_at is not None and expires_at <= at:
        reason = "expired"
    if not reason and now.limit_per_customer is not None:
        held = Coupon.objects.filter(offer=now, customer=wallet.customer_id).exclude(status=CouponStatus.CANCELLED)
        reason = "customer_limit" if held.count() >= now.limit_per_customer else ""
    if reason:
        raise NotIssued(reason)
    Offer.objects.filter(pk=now.pk).update(issued=F("issued") + 1)
    return Coupon.objects.create(
        offer=now,
        customer_id=wallet.customer_id,
        code=new_code(),
        source=source,
        issued_by_id=operation_id,
        staff=staff,
        issued_at=at,
        expires_at=expires_at,
        because=because,
    )


def expiry(*, offer: Offer, at: datetime, time_zone: str) -> datetime | None:
    """The end of a coupon that is issued then: that of its last day, by the clock of the business."""
    zone = ZoneInfo(time_zone)
    lasts = at.astimezone(zone).date() + timedelta(days=offer.lasts_days) if offer.lasts_days is not None else None
    last = min((day for day in (lasts, offer.ends_on) if day is not None), default=None)
    return None if last is None else datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)


def _zone(offer: Offer) -> str:
    if offer.business:
        return offer.business.time_zone
    found = Business.objects.filter(program=offer.program_id).order_by("pk").values_list("time_zone", flat=True)
    return found.first() or "UTC"


def _closed(offer: Offer) -> str:
    return "ended" if offer.ended_at else "paused" if offer.paused_at else ""


# --- Using and giving back ---


def use(*, posted: Posted, quoted: Quote, before: Iterable[int] = ()) -> None:
    """Uses up what a sale was priced with, `before` coupons of these offers are issued. Raises `Stale` where one
    of them does not count any more: another was faster, and the sale is rolled back and priced anew."""
    _lock({found.offer.pk for found in quoted.found.values()}, set(before))
    applied = sorted(quoted.priced.applied, key=lambda each: each.benefit.offer_id)
    for each in applied:
        found = quoted.found[each.benefit.code]
        if not _count(found, each.discount):
            raise outcomes.Stale
    _see_limits(posted.customer_id, [quoted.found[each.benefit.code].offer for each in applied])
    for each in applied:
        found = quoted.found[each.benefit.code]
        CouponUse.objects.create(
            operation_id=posted.id,
            coupon_id=_taken(found, posted),
            offer_id=found.offer.pk,
            customer_id=posted.customer_id,
            code=each.benefit.code,
            discount=each.discount,
        )
        if found.coupon:
            sharing.spend(posted=posted, coupon=found.coupon, discount=each.discount)


def _lock(used: set[int], issued: set[int]) -> None:
    """Of two businesses whose coupons come with purchases at the other, each would hold what the other waits for."""
    if issued - used:
        list(Offer.objects.select_for_update(no_key=True).filter(pk__in=used | issued).order_by("pk").values_list("pk"))


def _count(found: Found, discount: Decimal) -> bool:
    """The row itself is asked, not what was read of it before: of any number at once each waits for it."""
    open_still = Offer.objects.filter(pk=found.offer.pk, paused_at=None)
    if found.coupon is None:
        open_still = open_still.filter(Q(total_limit=None) | Q(uses__lt=F("total_limit")), ended_at=None)
    if discount:
        open_still = open_still.filter(Q(budget=None) | Q(budget__gte=F("cost") + discount))
    return bool(open_still.update(uses=F("uses") + 1, cost=F("cost") + discount))


def _see_limits(customer_id: int, offers: Sequence[Offer]) -> None:
    """The wallet is locked: nobody else uses anything for this customer now."""
    limits = {offer.pk: offer.limit_per_customer for offer in offers if offer.limit_per_customer is not None}
    used = judging.uses_of(customer_id, list(limits)) if limits else {}
    if any(used.get(pk, 0) >= limit for pk, limit in limits.items()):
        raise outcomes.Stale


def _taken(found: Found, posted: Posted) -> int:
    """The coupon that is used up; for a public code one that says so."""
    if found.coupon is None:
        return Coupon.objects.create(
            offer=found.offer,
            customer_id=posted.customer_id,
            source=Source.PUBLIC,
            status=CouponStatus.REDEEMED,
            issued_at=posted.occurred_at,
        ).pk
    mine = Coupon.objects.filter(pk=found.coupon.pk, customer=posted.customer_id, status=CouponStatus.ISSUED)
    if not mine.update(status=CouponStatus.REDEEMED):
        raise outcomes.Stale
    return found.coupon.pk


def give_back(*, posted: Posted, sale: int) -> None:
    """What a sale used, of which nothing is left: its coupons are the customer's again, until their own end. What it
    brought and nobody has used yet is taken back."""
    uses = list(CouponUse.objects.filter(operation_id=sale, returned_by=None).select_related("coupon__offer__chain"))
    brought = list(Coupon.objects.filter(issued_by_id=sale, status=CouponStatus.ISSUED).select_related("offer__chain"))
    changes: dict[int, dict[str, Decimal | int]] = {}
    for use_ in uses:
        change = changes.setdefault(use_.offer_id, {"uses": 0, "cost": Decimal(0), "issued": 0})
        change["uses"] += 1
        change["cost"] += use_.discount
    for coupon in brought:
        changes.setdefault(coupon.offer_id, {"uses": 0, "cost": Decimal(0), "issued": 0})["issued"] += 1
    for offer_id in sorted(changes):
        Offer.objects.filter(pk=offer_id).update(**{name: F(name) - less for name, less in changes[offer_id].items()})
    for use_ in uses:
        status = CouponStatus.CANCELLED if use_.coupon.source == Source.PUBLIC else CouponStatus.ISSUED
        Coupon.objects.filter(pk=use_.coupon_id).update(status=status)
        sharing.unspend(coupon=use_.coupon, discount=use_.discount)
    CouponUse.objects.filter(pk__in=[use_.pk for use_ in uses]).update(returned_by_id=posted.id)
    Coupon.objects.filter(pk__in=[coupon.pk for coupon in brought]).update(status=CouponStatus.CANCELLED)
    for coupon in brought:
        sharing.take_back(coupon=coupon)
    if uses:
        shared_costs.take_back(posted=posted, sale=sale)


@transaction.atomic
def take_back(*, coupon: Coupon) -> bool:
    """Takes a coupon that was given for what is no more; one that was used meanwhile stays used. Locks its offer
    before it."""
    Offer.objects.select_for_update().get(pk=coupon.offer_id)
    unused = Coupon.objects.filter(pk=coupon.pk, status=CouponStatus.ISSUED)
    if not unused.update(status=CouponStatus.CANCELLED):
        return False
    Offer.objects.filter(pk=coupon.offer_id).update(issued=F("issued") - 1)
    return True


# --- Reading ---


def ready(*, rules: Rules, customer_id: int, at: datetime) -> list[Coupon]:
    """What a customer can use at this business now or later, the first to end first."""
    here = Offer.objects.at(rules.program_id, rules.business_id).filter(paused_at=None)
    held = Coupon.objects.filter(customer=customer_id, offer__in=here, status=CouponStatus.ISSUED)
    standing = held.filter(Q(expires_at=None) | Q(expires_at__gt=at)).select_related(
        "offer__business", "offer__chain__giver"
    )
    return list(standing.order_by(F("expires_at").asc(nulls_last=True), "pk"))


def ready_now(*, place: Place, customer_id: int) -> list[Coupon]:
    """Of these what counts here today, whatever is bought."""
    held = ready(rules=place.rules, customer_id=customer_id, at=place.at)
    used = judging.used_by(customer_id, [coupon.offer for coupon in held])
    return [coupon for coupon in held if judging.why_not(place, Found(coupon.offer, coupon), used) is None]


def of_wallet(*, wallet: Wallet, at: datetime) -> list[Coupon]:
    """What a customer holds in a programme, the first to end first."""
    held = Coupon.objects.filter(customer=wallet.customer_id, offer__program=wallet.program_id, offer__paused_at=None)
    standing = held.filter(Q(expires_at=None) | Q(expires_at__gt=at), status=CouponStatus.ISSUED)
    return list(
        standing.select_related("offer__business", "offer__chain__giver").order_by(
            F("expires_at").asc(nulls_last=True), "pk"
        )
    )


def history(*, rules: Rules, customer_id: int | None = None) -> QuerySet[Coupon]:
    """The coupons of this business, newest first; of public codes those that were used here."""
    here = Offer.objects.at(rules.program_id, rules.business_id)
    used_here = CouponUse.objects.filter(coupon=OuterRef("pk"), operation__business=rules.business_id)
    mine = Coupon.objects.filter(Q(code__isnull=False) | Exists(used_here), offer__in=here)
    found = mine if customer_id is None else mine.filter(customer=customer_id)
    return found.order_by("-pk")
