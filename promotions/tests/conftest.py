"""Short words for offers and coupons in tests."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from conftest import NOON, Shop
from loyalty.effects import Basket
from loyalty.lookup import Who
from loyalty.outcomes import Posted
from loyalty.purchases import record
from loyalty.sales import InPoints, Sale
from loyalty.tests.conftest import PHONE, _keys, wallet_of
from promotions import chains, coupons
from promotions.models import Chain, Coupon, CouponStatus, Offer, Source


def offer(shop: Shop, **values: Any) -> Offer:
    """Ten percent off by the code TEN, unless told otherwise."""
    given = {"name": "Ten off", "kind": "percentage", "value": Decimal(10), "made_at": NOON}
    given |= {"code": "TEN"} if not {"lasts_days", "given_from", "code"} & values.keys() else {}
    return Offer.objects.create(program=shop.business.program, **{"business": shop.business} | given | values)


def issued(shop: Shop, of: Offer, *, phone: str = PHONE, at: datetime | None = None) -> Coupon:
    """A coupon for somebody who is a member already."""
    return coupons.issue(offer=of, wallet=wallet_of(shop, phone), source=Source.PROMOTION, at=at or timezone.now())


def sell(
    shop: Shop,
    amount: str | int,
    *codes: str,
    phone: str = PHONE,
    key: str | None = None,
    shipping: str = "0",
    points: int | None = None,
    **sale: Any,
) -> Posted:
    return record(
        rules=shop.rules,
        actor=shop.actor,
        who=Who("phone", phone),
        sale=Sale(Decimal(amount), **sale),
        paid=InPoints(points) if points else None,
        basket=Basket(codes, Decimal(shipping)),
        key=key or next(_keys),
        at=NOON,
    )


def proposed(
    giver: Shop, taker: Shop, *, by: Shop | None = None, ends_in: int = 30, ago: int = 0, **terms: Any
) -> Chain:
    """With 40 there come 15 % off here, at most 5.00 each; half of it is paid by who gives, 100.00 in all."""
    at = timezone.now() - timedelta(days=ago)
    values = {
        "name": f"{taker.business.name} after {giver.business.slug}",
        "kind": "percentage",
        "value": Decimal(15),
        "most_discount": Decimal(5),
        "lasts_days": 14,
        "every_days": 30,
        "minimum": Decimal(40),
        "share": 50,
        "budget": Decimal(100),
        "ends_on": (timezone.now() + timedelta(days=ends_in)).astimezone(ZoneInfo("Asia/Baku")).date(),
    }
    by = by or giver
    return chains.propose(
        giver=giver.business,
        taker=taker.business,
        proposer=by.business,
        values=values | terms,
        staff=by.staff,
        at=at,
    )


def agreed(giver: Shop, taker: Shop, **terms: Any) -> Chain:
    return chains.accept(chain=proposed(giver, taker, **terms), staff=taker.staff, at=timezone.now())


def promises_agree() -> None:
    """What each chain has promised is what its coupons may still cost, or have cost."""
    for chain in Chain.objects.filter(offer__isnull=False):
        promised = Decimal(0)
        for coupon in Coupon.objects.filter(offer=chain.offer_id).exclude(status=CouponStatus.CANCELLED):
            cost = sum(use.discount for use in coupon.used.filter(returned_by=None))
            promised += chain.most_discount if coupon.expires_at > chain.settled_until else cost
        assert chain.promised == promised
        assert chain.offer.cost <= chain.promised <= chain.budget
