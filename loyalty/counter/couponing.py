"""Coupons at the counter: those that the customer holds, and the code that is typed."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from businesses.access import StaffRequest
from loyalty import effects
from loyalty.effects import Basket
from loyalty.models import Wallet
from loyalty.rules import Rules

MOST = 10
LONGEST = 64


@dataclass(frozen=True)
class Shown:
    """What is ticked and typed, and why it did not count."""

    ticked: tuple[str, ...] = ()
    typed: str = ""
    error: str = ""

    @property
    def basket(self) -> Basket:
        return Basket([*self.ticked, *([self.typed] if self.typed else [])])


NOTHING = Shown()


def of(request: StaffRequest) -> Shown:
    ticked = (code.replace("\0", "")[:LONGEST] for code in request.POST.getlist("coupons")[: MOST - 1])
    typed = request.POST.get("coupon_code", "").replace("\0", "").strip()[:LONGEST]
    return Shown(tuple(ticked), typed)


def context(rules: Rules, wallet: Wallet, said: Shown) -> dict[str, Any] | None:
    """Of the coupons beside the pad; None at a business that has none."""
    if not effects.remember(rules):
        return None
    ready = effects.ready(rules=rules, customer_id=wallet.customer_id, at=timezone.now())
    return {
        "rows": [
            {"code": each.code, "title": each.title, "detail": each.detail, "ticked": each.code in said.ticked}
            for each in ready[: MOST - 1]
        ],
        "typed": said.typed,
        "error": said.error,
        "price_url": reverse("counter-price", args=[wallet.public_id]),
    }
