"""Issuing coupons, using them up in a sale and giving them back. Whether they count: promotions/judging.py.

Locks are taken in one order everywhere: the wallet, then offers by their ids, then coupons.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from businesses.models import Business, Staff
from loyalty import ledger
from loyalty.ledger import Posted
from loyalty.models import Operation, Wallet
from loyalty.rules import Rules
from promotions import judging
from promotions.judging import Found, Place, Quote
from promotions.models import Coupon, CouponStatus, CouponUse, Offer, Source, new_code

MOST_CODES = 10
normal = judging.normal  # how codes are compared


class NotIssued(Exception):
    """The offer gives no coupons now. `reason`: one of `public`, `ended`, `paused`, `limit_reached`, `customer_limit`,
    `expired`."""

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
) -> Coupon:
    """Puts a coupon of an offer into a customer's hands, and counts it against the offer's limit. `operation_id` is the
    purchase that brought it. Raises `NotIssued`."""
    Wallet.objects.select_for_update().get(pk=wallet.pk)
    if offer.code:
        raise NotIssued("public")
    now = Offer.objects.select_for_update(of=("self",)).select_related("business").get(pk=offer.pk)
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
    )


# A purchase brings a coupon in one statement, behind the lock of its wallet. Nobody holds two of one offer at a time.
ISSUE = """
WITH wanted AS (
  SELECT * FROM unnest(%(offers)s::bigint[], %(codes)s::text[]) AS w(offer_id, code)
), due AS (
  SELECT w.*, o.id, o.lasts_days, o.ends_on FROM wanted w JOIN promotions_offer o ON o.id = w.offer_id
   WHERE o.ended_at IS NULL AND o.paused_at IS NULL AND o.given_from <= %(amount)s::numeric
     AND (o.starts_on IS NULL OR o.starts_on <= %(today)s::date) AND (o.ends_on IS NULL OR o.ends_on >= %(today)s::date)
     AND NOT EXISTS (SELECT FROM promotions_coupon c
                      WHERE c.customer_id = %(customer)s::bigint AND c.offer_id = o.id AND c.status = 'issued'
                        AND (c.expires_at IS NULL OR c.expires_at > %(at)s::timestamptz))
     AND (o.limit_per_customer IS NULL OR o.limit_per_customer >
            (SELECT count(*) FROM promotions_coupon c
              WHERE c.customer_id = %(customer)s::bigint AND c.offer_id = o.id AND c.status <> 'cancelled'))
   ORDER BY o.id FOR UPDATE OF o
), counted AS (
  UPDATE promotions_offer o SET issued = o.issued + 1 FROM due d
   WHERE o.id = d.id AND (o.total_limit IS NULL OR o.issued < o.total_limit)
  RETURNING o.id
)
INSERT INTO promotions_coupon (public_id, offer_id, customer_id, code, source, status, issued_by_id, issued_at,
                               expires_at)
SELECT gen_random_uuid(), d.id, %(customer)s::bigint, d.code, 'promotion', 'issued', %(operation)s::bigint,
       %(at)s::timestamptz,
       (least(%(today)s::date + d.lasts_days, d.ends_on) + 1)::timestamp AT TIME ZONE %(time_zone)s::text
  FROM due d JOIN counted USING (id)"""


def issue_with(*, rules: Rules, posted: Posted, offers: Sequence[int], amount: Decimal) -> None:
    """The coupons that a purchase of an amount brings, each of which counts against its offer's limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            ISSUE,
            {
                "offers": list(offers),
                "codes": [new_code() for _ in offers],
                "amount": amount,
                "today": rules.local(posted.occurred_at).date(),
                "customer": posted.customer_id,
                "operation": posted.id,
                "at": posted.occurred_at,
                "time_zone": rules.time_zone,
            },
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


def use(*, posted: Posted, quoted: Quote) -> None:
    """Uses up what a sale was priced with. Raises `ledger.Stale` where one of them does not count any more: another was
    faster, and the sale is rolled back and priced anew."""
    applied = sorted(quoted.priced.applied, key=lambda each: each.benefit.offer_id)
    for each in applied:
        found = quoted.found[each.benefit.code]
        if not _count(found, each.discount):
            raise ledger.Stale
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
        raise ledger.Stale


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
        raise ledger.Stale
    return found.coupon.pk


def give_back(*, posted: Posted, sale: int) -> None:
    """What a sale used, of which nothing is left: its coupons are the customer's again, until their own end. What it
    brought and nobody has used yet is taken back."""
    uses = list(CouponUse.objects.filter(operation_id=sale, returned_by=None).select_related("coupon"))
    brought = list(Coupon.objects.filter(issued_by_id=sale, status=CouponStatus.ISSUED))
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
    CouponUse.objects.filter(pk__in=[use_.pk for use_ in uses]).update(returned_by_id=posted.id)
    Coupon.objects.filter(pk__in=[coupon.pk for coupon in brought]).update(status=CouponStatus.CANCELLED)


# --- Reading ---


def ready(*, rules: Rules, customer_id: int, at: datetime) -> list[Coupon]:
    """What a customer can use at this business now or later, the first to end first."""
    here = Offer.objects.at(rules.program_id, rules.business_id).filter(paused_at=None)
    held = Coupon.objects.filter(customer=customer_id, offer__in=here, status=CouponStatus.ISSUED)
    standing = held.filter(Q(expires_at=None) | Q(expires_at__gt=at)).select_related("offer", "offer__business")
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
    return list(standing.select_related("offer__business").order_by(F("expires_at").asc(nulls_last=True), "pk"))


def history(*, rules: Rules, customer_id: int | None = None) -> QuerySet[Coupon]:
    """The coupons of this business, newest first; of public codes those that were used here."""
    here = Offer.objects.at(rules.program_id, rules.business_id)
    used_here = Operation.objects.filter(pk=OuterRef("used__operation"), business=rules.business_id)
    mine = Coupon.objects.filter(Q(code__isnull=False) | Exists(used_here), offer__in=here)
    found = mine if customer_id is None else mine.filter(customer=customer_id)
    return found.distinct().order_by("-pk")
