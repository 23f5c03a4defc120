"""Short words for acting on the ledger in tests."""

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from businesses.models import Program, TierBasis, TierWindow, User
from conftest import NOON, Shop
from loyalty import adjustments, purchases, redemptions
from loyalty.lookup import Who
from loyalty.models import Tier, TierCause, TierChange, Wallet
from loyalty.outcomes import Posted
from loyalty.redemptions import Wanted
from loyalty.sales import InPoints, Sale

PHONE = "+994501234567"
_keys = (f"key-{n}" for n in itertools.count(1))


def buy(
    shop: Shop,
    amount: str | int | Decimal,
    *,
    phone: str = PHONE,
    key: str | None = None,
    at: datetime | None = None,
    points: int | None = None,
    consent: str = "",
    **sale: object,
) -> Posted:
    return purchases.record(
        rules=shop.rules,
        actor=shop.actor,
        who=Who("phone", phone),
        sale=Sale(Decimal(amount), occurred_at=at, **sale),
        paid=InPoints(points, consent) if points else None,
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


def refund(shop: Shop, posted: Posted, *, key: str | None = None, **part: Any) -> Posted:
    return purchases.refund(rules=shop.rules, actor=shop.actor, operation_id=posted.id, key=key or next(_keys), **part)


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


def make_tiers(
    shop: Shop, *asked: tuple[Any, ...], basis: str = TierBasis.SPEND, window: str = TierWindow.YEAR
) -> list[Tier]:
    """Tiers from the lowest up, each a name, a threshold and how many kinds of business it asks for."""
    Program.objects.filter(pk=shop.business.program_id).update(tier_basis=basis, tier_window=window)
    return [
        Tier.objects.create(
            program=shop.business.program,
            position=position,
            name=name,
            threshold=threshold,
            categories=more[0] if more else 0,
        )
        for position, (name, threshold, *more) in enumerate(asked, 1)
    ]


def tier(phone: str = PHONE) -> str | None:
    """The name of the one that they have now."""
    found = wallet(phone).tier
    return found.name if found else None


def give_tier(tier: Tier | None) -> None:
    """To everybody of its programme, by hand, as the operator would; None takes away what everybody has."""
    by = User.objects.order_by("pk").first()
    wallets = Wallet.objects.filter(program=tier.program) if tier else Wallet.objects.all()
    for wallet in wallets:
        change = {"before_id": wallet.tier_id, "after": tier, "cause": TierCause.HAND, "by": by, "reason": "Test"}
        TierChange.objects.create(wallet=wallet, **change)
    wallets.update(tier=tier, tier_version=None)
