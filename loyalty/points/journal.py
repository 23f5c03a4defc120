"""What a customer sees of their own points: everything, with the names of the places."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from businesses.money import show_amount
from loyalty.models import Entry, EntryKind, Lot, OperationKind, Wallet


class Expiring(NamedTuple):
    """Points that expire on the same day, in words, and how many days away that is."""

    points: int
    text: str
    days: int


def entries(wallet: Wallet) -> QuerySet[Entry]:
    """Newest first, with all that a row shows."""
    together = ("business", "operation__purchase", "operation__redemption")
    return Entry.objects.filter(wallet_id=wallet.pk).select_related(*together).order_by("-id")


def rows(entries: Iterable[Entry], *, wallet: Wallet, at: datetime) -> list[dict[str, Any]]:
    """The context of components/activity_row.html, one for each entry."""
    return [
        {
            "name": _title(entry),
            "detail": " · ".join(filter(None, _details(entry, wallet.program.currency, at))),
            "points": shown.signed(entry.points),
            "earned": entry.points > 0,
        }
        for entry in entries
    ]


def next_expiry(wallet: Wallet, *, zone: ZoneInfo, at: datetime) -> Expiring | None:
    """The first day on which points expire, by the calendar of `zone`."""
    lots = Lot.objects.filter(wallet_id=wallet.pk, open=True, expires_at__gt=at)
    by_day = lots.annotate(day=TruncDate("expires_at", tzinfo=zone)).values("day").annotate(points=Sum("remaining"))
    first = by_day.order_by("day").first()
    if first is None:
        return None
    text = ngettext(
        "<b>%(points)s point</b> expires on %(day)s.", "<b>%(points)s points</b> expire on %(day)s.", first["points"]
    ) % {"points": shown.number(first["points"]), "day": day(first["day"], at, month="MMMM")}
    return Expiring(first["points"], text, (first["day"] - at.astimezone(zone).date()).days)


def day(on: date, at: datetime, *, month: str = "MMM") -> str:
    """`20 Nov`, with the year when it is another."""
    return str(format_date(on, f"d {month}" if on.year == at.year else f"d {month} y", locale=shown.language()))


def _title(entry: Entry) -> str:
    place = entry.business.name if entry.business else ""
    if entry.kind == EntryKind.EARN:
        return place
    if entry.kind == EntryKind.REDEEM:
        return str(entry.operation.redemption.description or _("Points spent"))
    if entry.kind == EntryKind.EXPIRE:
        return _("Points expired")
    if entry.kind == EntryKind.COLLECT:
        return _("Owed from a refund")
    if entry.kind == EntryKind.REVERSE:
        return _("Redemption cancelled") if entry.operation.kind == OperationKind.CANCELLATION else _("Refund")
    return str(entry.get_kind_display())


def _details(entry: Entry, currency: str, at: datetime) -> list[str]:
    # Earned points stand under the name of the place; everything else names it here.
    place = entry.business.name if entry.business and entry.kind not in (EntryKind.EARN, EntryKind.EXPIRE) else ""
    return [place, _amount(entry, currency), day(entry.operation.local_on, at)]


def _amount(entry: Entry, currency: str) -> str:
    purchase = getattr(entry.operation, "purchase", None)
    amount: Decimal | None = purchase.amount if purchase and entry.kind == EntryKind.EARN else None
    return show_amount(amount, currency, shown.language()) if amount is not None else ""
