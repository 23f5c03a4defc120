"""Short words for acting on the ledger in tests."""

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from conftest import NOON, Shop
from loyalty import adjustments, purchases, redemptions
from loyalty.ledger import Posted
from loyalty.lookup import Who
from loyalty.models import Wallet
from loyalty.purchases import Sale
from loyalty.redemptions import Wanted

PHONE = "+994501234567"
_keys = (f"key-{n}" for n in itertools.count(1))


def buy(
    shop: Shop,
    amount: str | int | Decimal,
    *,
    phone: str = PHONE,
    key: str | None = None,
    at: datetime | None = None,
    **sale: object,
) -> Posted:
    return purchases.record(
        rules=shop.rules,
        actor=shop.actor,
        who=Who("phone", phone),
        sale=Sale(Decimal(amount), occurred_at=at, **sale),
        key=key or next(_keys),
        at=at or NOON,
    )


def redeem(
    shop: Shop,
    points: int,
    *,
    phone: str = PHONE,
    key: str | None = None,
    reference: str | None = None,
    description: str = "Coffee",
    **more: Any,
) -> Posted:
    """`more` is of `Wanted`."""
    return redemptions.redeem(
        rules=shop.rules,
        actor=shop.actor,
        who=Who("phone", phone),
        wanted=Wanted(points, description, **more),
        at=timezone.now() if more.get("hold") else NOON,
        key=key or next(_keys),
        reference=reference,
    )


def refund(shop: Shop, posted: Posted, *, key: str | None = None, reference: str | None = None) -> Posted:
    return purchases.refund(
        rules=shop.rules, actor=shop.actor, operation_id=posted.id, key=key or next(_keys), reference=reference
    )


def cancel(shop: Shop, posted: Posted, *, key: str | None = None) -> Posted:
    return redemptions.cancel(rules=shop.rules, actor=shop.actor, operation_id=posted.id, key=key or next(_keys))


def wallet(phone: str = PHONE) -> Wallet:
    return Wallet.objects.get(customer__phone=phone)


def adjust(
    shop: Shop, points: int, *, phone: str = PHONE, key: str | None = None, reason: str = "Typed twice"
) -> Posted:
    """For somebody who is a member already."""
    return adjustments.adjust(
        rules=shop.rules,
        wallet=wallet_of(shop, phone),
        points=points,
        reason=reason,
        by=shop.owner,
        staff=shop.staff,
        key=key or next(_keys),
        at=NOON,
    )


def wallet_of(shop: Shop, phone: str = PHONE) -> Wallet:
    return Wallet.objects.get(program_id=shop.business.program_id, customer__phone=phone)
