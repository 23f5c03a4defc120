"""Chains as recommendations: what a purchase would bring a customer at another business."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, Subquery

from businesses.models import Business
from loyalty.models import Membership, Wallet
from promotions import chains
from promotions.models import Chain, Coupon, CouponStatus


def for_customer(*, wallet: Wallet, business: Business | None, at: datetime) -> list[Chain]:
    """Those of this business, else of wherever they go, that would bring them a coupon now; the greatest first."""
    running = Chain.objects.filter(program=wallet.program_id).accepted().of_standing_sides()
    if business is not None:
        running = running.filter(giver=business)
    else:
        known = Membership.objects.filter(customer_id=wallet.customer_id, business=OuterRef("giver"), visits__gt=0)
        running = running.filter(Exists(known))
    mine = Coupon.objects.filter(customer_id=wallet.customer_id, offer=OuterRef("offer"))
    held = mine.filter(status=CouponStatus.ISSUED, expires_at__gt=at)
    open_ones = running.filter(~Exists(held), Q(offer__paused_at=None), promised__lte=F("budget") - F("most_discount"))
    standing = mine.exclude(status=CouponStatus.CANCELLED).order_by("-issued_at").values("issued_at")
    found = open_ones.annotate(last_at=Subquery(standing[:1])).select_related("program", "giver", "taker")
    return [
        chain
        for chain in found.order_by("-most_discount", "pk")
        if chains.state(chain, at) == "running" and not _too_soon(chain, chain.last_at, at)
    ]


def _too_soon(chain: Chain, last: datetime | None, at: datetime) -> bool:
    return last is not None and last > at - timedelta(days=chain.every_days)
