"""What expires when: the customer's open lots by day, the soonest first."""

from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from businesses.models import ExpiryKind
from loyalty.expiry import Expiry
from loyalty.models import Lot, Wallet


def by_month(wallet: Wallet, *, zone: ZoneInfo, at: datetime) -> list[dict[str, Any]]:
    """The days of each month on which points expire, by the calendar of `zone`, with where those were earned."""
    lots = Lot.objects.open_of(wallet).filter(gone_at__gt=at).annotate(day=TruncDate("gone_at", tzinfo=zone))
    sums = lots.values("day", "issuer__name").annotate(points=Sum("remaining")).order_by("day", "-points")
    days = [(day, list(places)) for day, places in groupby(sums, key=lambda row: row["day"])]
    months = [(first, list(group)) for first, group in groupby(days, key=lambda pair: pair[0].replace(day=1))]
    return [
        {
            "title": shown.month(first),
            "points": shown.number(sum(row["points"] for _day, places in group for row in places)),
            "rows": [_row(day, places) for day, places in group],
        }
        for first, group in months
    ]


def lasting(wallet: Wallet) -> int:
    """Points that never expire."""
    return Lot.objects.open_of(wallet).filter(gone_at=None).aggregate(points=Sum("remaining"))["points"] or 0


def rule(wallet: Wallet) -> str:
    """How long points of this programme last."""
    policy = Expiry.of(wallet.program)
    months = policy.months
    if months is None:
        return _("Points of this programme do not expire.")
    match policy.kind:
        case ExpiryKind.INACTIVITY:
            said = ngettext(
                "Points last as long as you come. After %(months)s month without a purchase or a reward they expire.",
                "Points last as long as you come. After %(months)s months without a purchase or a reward they expire.",
                months,
            )
        case ExpiryKind.MONTH_END:
            said = ngettext(
                "Points last %(months)s month, until the end of that month. Those that expire first are spent first.",
                "Points last %(months)s months, until the end of that month. Those that expire first are spent first.",
                months,
            )
        case ExpiryKind.YEARLY:
            said = _("Points last until the day that is written beside them. Those that expire first are spent first.")
        case _kind:
            said = ngettext(
                "Points last %(months)s month from the day you earn them. Those that expire first are spent first.",
                "Points last %(months)s months from the day you earn them. Those that expire first are spent first.",
                months,
            )
    return said % {"months": months}


def _row(day: date, places: list[Any]) -> dict[str, str]:
    points = shown.number(sum(row["points"] for row in places))
    alone = len(places) == 1
    names = [row["issuer__name"] if alone else f"{row['issuer__name']} {shown.number(row['points'])}" for row in places]
    return {"name": shown.full_day(day), "detail": " · ".join(names), "points": points}
