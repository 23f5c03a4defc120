"""Short words for offers and coupons in tests."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from conftest import NOON, Shop
from loyalty.effects import Basket
from loyalty.ledger import Posted
from loyalty.lookup import Who
from loyalty.purchases import record
from loyalty.sales import InPoints, Sale
from loyalty.tests.conftest import PHONE, _keys, wallet_of
from promotions import coupons
from promotions.models import Coupon, Offer, Source


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
