"""Making, changing, pausing and ending offers."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.db.models import Count, DecimalField, F, Sum
from django.db.models.functions import Coalesce

from businesses import changes
from businesses.models import Business, Program, Staff, User
from loyalty.models import Purchase
from promotions.models import Offer

MOST_OFFERS = 100
MOVES = ("ends_on", "given_from", "total_limit", "limit_per_customer", "budget")

State = Literal["running", "to_come", "over", "used_up", "paused", "ended"]


class TooMany(Exception):
    """A business, or a programme for all of them, keeps at most `MOST_OFFERS` that have not ended."""


class CodeTaken(Exception):
    """Another offer of the business that has not ended has this code."""


class FewerThanUsed(Exception):
    """A limit would be below what was used already. `field`: which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@transaction.atomic
def make(
    *, program: Program, business: Business | None, values: Mapping[str, Any], by: User | None, at: datetime
) -> Offer:
    """A new offer of a business, or without one of the whole programme. Raises `TooMany`, `CodeTaken`."""
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)  # two at once do not take one code
    standing = Offer.objects.filter(program=program, business=business, ended_at=None)
    if standing.count() >= MOST_OFFERS:
        raise TooMany
    if values.get("code") and standing.filter(code=values["code"]).exists():
        raise CodeTaken
    return Offer.objects.create(program=program, business=business, made_by=by, made_at=at, **values)


def change(
    *,
    offer: Offer,
    values: Mapping[str, Any],
    at: datetime,
    staff: Staff | None = None,
    operator: User | None = None,
    seen: int | None = None,
) -> None:
    """Sets what differs of its end and its limits, as `changes.keep` does. Raises `FewerThanUsed`, `changes.Newer`."""
    changes.keep(row=offer, values=values, at=at, staff=staff, operator=operator, seen=seen, refuse=_too_few)


def _too_few(now: Offer, news: Mapping[str, Any]) -> None:
    if (limit := news.get("total_limit")) is not None and limit < max(now.uses, now.issued):
        raise FewerThanUsed("total_limit")
    if (budget := news.get("budget")) is not None and budget < now.cost:
        raise FewerThanUsed("budget")


def pause(*, offer: Offer, at: datetime, staff: Staff | None = None, operator: User | None = None) -> None:
    """Nobody can use it, not even with a coupon in hand, until it goes on."""
    if offer.paused_at is None:
        change(offer=offer, values={"paused_at": at}, at=at, staff=staff, operator=operator)


def go_on(*, offer: Offer, at: datetime, staff: Staff | None = None, operator: User | None = None) -> None:
    change(offer=offer, values={"paused_at": None}, at=at, staff=staff, operator=operator)


def end(*, offer: Offer, at: datetime, staff: Staff | None = None, operator: User | None = None) -> None:
    """Nobody gets it any more; coupons that customers hold stay good until their own end."""
    if offer.ended_at is None:
        change(offer=offer, values={"ended_at": at}, at=at, staff=staff, operator=operator)


def state(offer: Offer, today: date) -> State:
    if offer.ended_at:
        return "ended"
    if offer.paused_at:
        return "paused"
    if offer.ends_on and offer.ends_on < today:
        return "over"
    if offer.left == 0:
        return "used_up"
    return "to_come" if offer.starts_on and offer.starts_on > today else "running"


def sales_with(offer: Offer) -> tuple[int, Decimal]:
    """How many sales it was used in that stand, and what was paid in them, net of what came back."""
    bought = Purchase.objects.filter(operation__in=offer.used.filter(returned_by=None).values("operation"))
    paid = Coalesce(Sum(F("amount") - F("refunded")), 0, output_field=DecimalField(max_digits=18, decimal_places=3))
    found = bought.aggregate(count=Count("pk"), paid=paid)
    return found["count"], found["paid"]
