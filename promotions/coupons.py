"""Issuing coupons, judging them, using them up in a sale and giving them back.

Locks are taken in one order everywhere: the wallet, then offers by their ids, then coupons.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from businesses.models import Branch, Business, Staff
from loyalty import ledger
from loyalty.earning import Rule, Situation, folded
from loyalty.ledger import Posted
from loyalty.models import Operation, Wallet
from loyalty.rules import Rules
from promotions import pricing
from promotions.models import Coupon, CouponStatus, CouponUse, Offer, OfferKind, Source, new_code
from promotions.pricing import BOOSTS, Benefit, Cart, Priced, Rejected

MOST_CODES = 10


class NotIssued(Exception):
    """The offer gives no coupons now. `reason`: one of `public`, `ended`, `paused`, `limit_reached`, `customer_limit`,
    `expired`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def normal(code: str) -> str:
    """As codes are compared: without the blanks and dashes that people put between, in capitals."""
    return "".join(sign for sign in code.upper() if not sign.isspace() and sign not in "-–\0")


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
        because=because,
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


# --- Judging ---


@dataclass(frozen=True)
class Place:
    """Where and when coupons are shown, and by whom: None for nobody known yet. `at` is the moment of the sale."""

    rules: Rules
    branch_id: int | None
    customer_id: int | None
    at: datetime
    anybody: bool = False  # nobody is named at all: a price for whoever comes


@dataclass(frozen=True)
class Found:
    offer: Offer
    coupon: Coupon | None = None


@dataclass(frozen=True)
class Quote:
    """A cart with the coupons that were shown. `found` are the offers and coupons behind the codes that are applied."""

    priced: Priced
    found: Mapping[str, Found] = field(default_factory=dict)


def quote(*, place: Place, codes: Sequence[str], cart: Cart) -> Quote:
    """What a cart costs with these codes. Reads, and locks nothing."""
    named = list(dict.fromkeys(map(normal, codes)))
    found = _find(place, named)
    used = _used_by(place.customer_id, [each.offer for each in found.values()])
    rejected = [
        Rejected(code, reason, facts)
        for code in named
        if (judged := _judge(place, found.get(code), used)) is not None
        for reason, facts in [judged]
    ]
    refused = {each.code for each in rejected}
    benefits = [benefit(found[code].offer, code) for code in named if code not in refused]
    priced = _within_budgets(cart, benefits, found)
    every = sorted((*rejected, *priced.rejected), key=lambda each: named.index(each.code))
    applied = {each.benefit.code: found[each.benefit.code] for each in priced.applied}
    return Quote(Priced(priced.deal, priced.applied, tuple(every)), applied)


def _find(place: Place, codes: Sequence[str]) -> dict[str, Found]:
    """What of this business goes by these codes. Those of others do not exist here."""
    here = Offer.objects.at(place.rules.program_id, place.rules.business_id)
    # The later ones win: what is open, and of that the business's own.
    public = here.filter(code__in=[code for code in codes if code]).order_by(
        F("ended_at").asc(nulls_last=True), F("business").asc(nulls_first=True)
    )
    issued = Coupon.objects.filter(code__in=codes, offer__in=here).select_related("offer")
    return {offer.code: Found(offer) for offer in public} | {
        str(coupon.code): Found(coupon.offer, coupon) for coupon in issued
    }


def _used_by(customer_id: int | None, offers: Iterable[Offer]) -> dict[int, int]:
    limited = [offer.pk for offer in offers if offer.limit_per_customer is not None]
    if customer_id is None or not limited:
        return {}
    return uses_of(customer_id, limited)


def uses_of(customer_id: int, offers: Sequence[int]) -> dict[int, int]:
    """How often a customer has used each, net of what came back."""
    standing = CouponUse.objects.filter(customer=customer_id, offer__in=offers, returned_by=None)
    return dict(standing.order_by().values_list("offer").annotate(Count("pk")))


def _judge(place: Place, found: Found | None, used: Mapping[int, int]) -> tuple[str, dict[str, object]] | None:
    """Why a coupon does not count here and now, whatever is bought: a reason and its facts."""
    if found is None:
        return "unknown", {}
    offer, coupon = found.offer, found.coupon
    if coupon is not None and place.anybody:
        return "customer_needed", {}
    if coupon is not None and coupon.customer_id != place.customer_id:
        return "not_yours", {}
    reason = _of_coupon(coupon, place.at) if coupon else _of_code(offer, place.rules.local(place.at).date())
    if reason or offer.paused_at:
        return reason or "paused", {}
    if offer.branches and place.branch_id is not None and place.branch_id not in offer.branches:
        names = Branch.objects.filter(pk__in=offer.branches).order_by("name").values_list("name", flat=True)
        return "wrong_branch", {"branches": list(names)}
    if offer.starts_on and place.rules.local(place.at).date() < offer.starts_on:
        return "not_yet", {"day": offer.starts_on.isoformat()}
    if not scope(offer).applies(Situation(local=place.rules.local(place.at))):
        return "not_now", {}
    limit = offer.limit_per_customer
    if limit is not None and used.get(offer.pk, 0) >= limit:
        return "customer_limit", {"limit": limit}
    return None


def _of_coupon(coupon: Coupon, at: datetime) -> str:
    """What is in somebody's hands stays good when its offer ends; a pause stops it."""
    said = {"redeemed": "used", "cancelled": "taken_back", "expired": "expired"}
    return said.get(coupon.state(at), "")


def _of_code(offer: Offer, today: date) -> str:
    if offer.ended_at:
        return "ended"
    if offer.ends_on and today > offer.ends_on:
        return "expired"
    if offer.left is not None and offer.left <= 0:
        return "limit_reached"
    return ""


def scope(offer: Offer) -> Rule:
    """On which lines of a sale and at what hours, as the arithmetic of points takes it."""
    return Rule(
        id=offer.pk or 0,
        kind=BOOSTS.get(OfferKind(offer.kind), ""),
        value=offer.value,
        categories=frozenset(map(folded, offer.categories)),
        weekdays=frozenset(offer.weekdays),
        from_time=offer.from_time,
        until_time=offer.until_time,
        public_id=str(offer.public_id),
        name=offer.name,
        origin="offer",
    )


def benefit(offer: Offer, code: str) -> Benefit:
    return Benefit(
        code=code,
        offer_id=offer.pk or 0,
        kind=offer.kind,
        value=offer.value,
        name=offer.name,
        scope=scope(offer),
        most=offer.most_discount,
        minimum=offer.minimum_spend,
        exclusive=offer.exclusive,
    )


def _within_budgets(cart: Cart, benefits: list[Benefit], found: Mapping[str, Found]) -> Priced:
    """Whoever would go over a budget is left out, and the rest is priced anew without it."""
    over: list[Rejected] = []
    while True:
        priced = pricing.price(cart, benefits)
        late = [each for each in priced.applied if not _affordable(found[each.benefit.code].offer, each.discount)]
        if not late:
            return Priced(priced.deal, priced.applied, (*priced.rejected, *over))
        over.append(Rejected(late[0].benefit.code, "budget_spent"))
        benefits = [each for each in benefits if each.code != late[0].benefit.code]


def _affordable(offer: Offer, discount: Decimal) -> bool:
    return offer.budget is None or not discount or offer.cost + discount <= offer.budget


def check(*, place: Place, code: str) -> tuple[Found | None, Rejected | None]:
    """What goes by a code, and why it does not count here and now, whatever is bought. Of what is somebody
    else's nothing is told."""
    named = normal(code)
    found = _find(place, [named]).get(named)
    judged = _judge(place, found, _used_by(place.customer_id, [found.offer] if found else []))
    if judged is None:
        return found, None
    reason, facts = judged
    return None if reason in ("unknown", "not_yours") else found, Rejected(named, reason, facts)


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
    used = uses_of(customer_id, list(limits)) if limits else {}
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
    used = _used_by(customer_id, [coupon.offer for coupon in held])
    return [coupon for coupon in held if _judge(place, Found(coupon.offer, coupon), used) is None]


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


def cart(*, rules: Rules, amount: Decimal, shipping: Decimal, lines: Sequence[Mapping[str, object]] | None) -> Cart:
    return Cart(amount=amount, currency=rules.currency, shipping=shipping, lines=lines or ())
