"""What a customer sees of their own points: everything, with the names of the places."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from businesses.models import Branch
from businesses.money import show_amount
from loyalty import pending
from loyalty.models import Entry, EntryKind, Lot, OperationKind, Wallet

COMING = 10


class Expiring(NamedTuple):
    """Points that expire on the same day, in words, and how many days away that is."""

    points: int
    text: str
    days: int


def entries(wallet: Wallet) -> QuerySet[Entry]:
    """Newest first, with all that a row shows."""
    kinds = ("operation__purchase", "operation__redemption", "operation__adjustment")
    others = Branch.objects.filter(business_id=OuterRef("business_id")).exclude(pk=OuterRef("operation__branch_id"))
    lines = Entry.objects.filter(wallet_id=wallet.pk).select_related("business", "operation__branch", *kinds)
    return lines.order_by("-id").annotate(at_one_of_several=Exists(others))


def rows(entries: Iterable[Entry], *, wallet: Wallet, at: datetime) -> list[dict[str, Any]]:
    """The context of components/activity_row.html, one for each entry."""
    return [
        {
            "name": title(entry),
            "detail": " · ".join(filter(None, _details(entry, wallet.program.currency, at))),
            "points": shown.signed(entry.points),
            "earned": entry.points > 0,
            "note": _reason(entry),
            "url": reverse("points-entry", args=[wallet.public_id, entry.operation.public_id]),
        }
        for entry in entries
    ]


def coming(wallet: Wallet, *, at: datetime) -> list[dict[str, Any]]:
    """What waits to be theirs, the first to come first, as rows of components/activity_row.html."""
    if not wallet.pending:
        return []
    return [
        {
            "name": waiting.issuer.name,
            "detail": shown.day(waiting.operation.local_on, at),
            "points": shown.signed(waiting.left),
            "note": _("yours from %(day)s") % {"day": shown.day(waiting.due_on, at, month="MMMM")},
            "url": reverse("points-entry", args=[wallet.public_id, waiting.operation.public_id]),
        }
        for waiting in pending.of(wallet)[:COMING]
    ]


def next_expiry(wallet: Wallet, *, zone: ZoneInfo, at: datetime) -> Expiring | None:
    """The first day on which points expire, by the calendar of `zone`."""
    lots = Lot.objects.open_of(wallet).filter(gone_at__gt=at)
    by_day = lots.annotate(day=TruncDate("gone_at", tzinfo=zone)).values("day").annotate(points=Sum("remaining"))
    first = by_day.order_by("day").first()
    if first is None:
        return None
    text = ngettext(
        "<b>%(points)s point</b> expires on %(day)s.", "<b>%(points)s points</b> expire on %(day)s.", first["points"]
    ) % {"points": shown.number(first["points"]), "day": shown.day(first["day"], at, month="MMMM")}
    return Expiring(first["points"], text, (first["day"] - at.astimezone(zone).date()).days)


def title(entry: Entry) -> str:
    place = entry.business.name if entry.business else ""
    if entry.kind == EntryKind.EARN:
        return place
    if entry.kind == EntryKind.REDEEM:
        redemption = getattr(entry.operation, "redemption", None)
        return str(redemption.description or _("Points spent")) if redemption else _("Paid with points")
    if entry.kind == EntryKind.EXPIRE:
        return _("Points expired")
    if entry.kind == EntryKind.COLLECT:
        return _("Owed from a refund")
    if entry.kind == EntryKind.REVERSE:
        cancelled = entry.operation.kind == OperationKind.CANCELLATION
        return _("Redemption cancelled") if cancelled else _("Refund") if entry.points <= 0 else _("Points came back")
    return str(entry.get_kind_display())


def _details(entry: Entry, currency: str, at: datetime) -> list[str]:
    # Earned points stand under the name of the place; everything else names it here. The branch comes last: a
    # narrow screen cuts the end off.
    place = entry.business.name if entry.business and entry.kind not in (EntryKind.EARN, EntryKind.EXPIRE) else ""
    branch = entry.operation.branch.name if entry.operation.branch and entry.at_one_of_several else ""  # type: ignore[attr-defined]
    return [place, _amount(entry, currency), shown.day(entry.operation.local_on, at), branch]


def _reason(entry: Entry) -> str:
    """Of a correction, as its business wrote it. A confidential one's stands on the opened line only: lists are read
    over shoulders."""
    confidential = entry.business is not None and entry.business.confidential
    if entry.kind != EntryKind.ADJUST or confidential:
        return ""
    return str(entry.operation.adjustment.reason) if hasattr(entry.operation, "adjustment") else ""


def _amount(entry: Entry, currency: str) -> str:
    purchase = getattr(entry.operation, "purchase", None)
    amount: Decimal | None = purchase.amount if purchase and entry.kind == EntryKind.EARN else None
    return show_amount(amount, currency, shown.language()) if amount is not None else ""
