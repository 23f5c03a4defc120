"""Whether coupons count, here and now and in this sale, and what it costs with them. Reads, and locks nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F

from businesses.models import Branch
from loyalty.earning import Rule, Situation, folded
from loyalty.rules import Rules
from promotions import pricing, sharing
from promotions.models import Coupon, CouponUse, Offer, OfferKind
from promotions.pricing import BOOSTS, Benefit, Cart, Priced, Rejected


def normal(code: str) -> str:
    """As codes are compared: without the blanks and dashes that people put between, in capitals."""
    return "".join(sign for sign in code.upper() if not sign.isspace() and sign not in "-–\0")


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
    used = used_by(place.customer_id, [each.offer for each in found.values()])
    rejected = [
        Rejected(code, reason, facts)
        for code in named
        if (judged := why_not(place, found.get(code), used)) is not None
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
    issued = Coupon.objects.filter(code__in=codes, offer__in=here).select_related("offer__chain")
    return {offer.code: Found(offer) for offer in public} | {
        str(coupon.code): Found(coupon.offer, coupon) for coupon in issued
    }


def used_by(customer_id: int | None, offers: Iterable[Offer]) -> dict[int, int]:
    limited = [offer.pk for offer in offers if offer.limit_per_customer is not None]
    if customer_id is None or not limited:
        return {}
    return uses_of(customer_id, limited)


def uses_of(customer_id: int, offers: Sequence[int]) -> dict[int, int]:
    """How often a customer has used each, net of what came back."""
    standing = CouponUse.objects.filter(customer=customer_id, offer__in=offers, returned_by=None)
    return dict(standing.order_by().values_list("offer").annotate(Count("pk")))


def why_not(place: Place, found: Found | None, used: Mapping[int, int]) -> tuple[str, dict[str, object]] | None:
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
    return said.get(coupon.state(at), "expired" if sharing.is_settled(coupon) else "")


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
    judged = why_not(place, found, used_by(place.customer_id, [found.offer] if found else []))
    if judged is None:
        return found, None
    reason, facts = judged
    return None if reason in ("unknown", "not_yours") else found, Rejected(named, reason, facts)


def cart(*, rules: Rules, amount: Decimal, shipping: Decimal, lines: Sequence[Mapping[str, object]] | None) -> Cart:
    return Cart(amount=amount, currency=rules.currency, shipping=shipping, lines=lines or ())
