"""The customer's own figures: spend by month, the places they like, and what points came and went this year."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from dateutil.relativedelta import relativedelta
from django.db.models import F, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from businesses.charts import Columns
from businesses.models import Business
from loyalty.models import Entry, EntryKind, Membership, Purchase, Wallet

MONTHS = 12
FAVOURITES = 5

# Net, so that a refund takes back what it refunds: of a sale in the month of the refund, and of a debt when it is paid.
EARNED = Q(kind__in=[EntryKind.EARN, EntryKind.BONUS, EntryKind.COLLECT]) | Q(kind=EntryKind.REVERSE, points__lt=0)
SPENT = Q(kind=EntryKind.REDEEM) | Q(kind=EntryKind.REVERSE, points__gt=0)
EXPIRED = Q(kind=EntryKind.EXPIRE)


def of(wallet: Wallet, *, zone: ZoneInfo, at: datetime) -> dict[str, Any]:
    """The context of points/statistics.html."""
    today = at.astimezone(zone).date()
    spend = spend_by_month(wallet, today=today)
    return {
        "chart": _chart(spend),
        "spent": _money(wallet, sum(spend.values(), Decimal(0))),
        "currency": money.symbol(wallet.program.currency, shown.language()),
        "year": today.year,
        "stats": _year(wallet, today),
        "favourites": _favourites(wallet),
        "since": shown.full_day(_since(wallet, zone)),
    }


def spend_by_month(wallet: Wallet, *, today: date) -> dict[date, Decimal]:
    """The first day of each of the last twelve months, and what was spent in it and not refunded."""
    last = today.replace(day=1)
    months = [last - relativedelta(months=before) for before in reversed(range(MONTHS))]
    mine = Purchase.objects.filter(
        customer_id=wallet.customer_id, business__program_id=wallet.program_id, local_on__gte=months[0]
    )
    by_month = mine.annotate(month=TruncMonth("local_on")).values("month")
    found = {row["month"]: row["sum"] for row in by_month.annotate(sum=Sum(F("amount") - F("refunded")))}
    return {month: found.get(month, Decimal(0)) for month in months}


def _chart(spend: dict[date, Decimal]) -> Columns | None:
    """In whole units of the currency; none where nothing was spent."""
    if not any(spend.values()):
        return None
    return charts.columns(
        [
            (shown.month(month), _tick(month) if number % 2 else "", int(amount.to_integral_value()))
            for number, (month, amount) in enumerate(spend.items())
        ]
    )


def _tick(month: date) -> str:
    return str(format_date(month, "LLL", locale=shown.language()))


def _year(wallet: Wallet, today: date) -> list[dict[str, str]]:
    lines = _lines(wallet).filter(operation__local_on__year=today.year)
    sums = lines.aggregate(
        earned=Sum("points", filter=EARNED), spent=Sum("points", filter=SPENT), expired=Sum("points", filter=EXPIRED)
    )
    words = {"earned": _("Earned"), "spent": _("Spent"), "expired": _("Expired")}
    signs = {"earned": 1, "spent": -1, "expired": -1}
    return [
        {"label": label, "value": shown.number(signs[name] * (sums[name] or 0))}
        for name, label in words.items()
        if name != "expired" or sums[name]
    ]


def _favourites(wallet: Wallet) -> list[dict[str, str]]:
    """Rows of activity_row.html: the places most often visited."""
    shops = Business.objects.filter(program_id=wallet.program_id)
    mine = Membership.objects.filter(customer_id=wallet.customer_id, business__in=shops, visits__gt=0)
    visited = mine.select_related("business").order_by("-visits", "-spend", "business__name")[:FAVOURITES]
    earned = _lines(wallet).filter(EARNED).values_list("business").annotate(points=Sum("points"))
    points = dict(earned)
    return [
        {
            "name": each.business.name,
            "detail": f"{_visits(each.visits)} · {_money(wallet, each.spend)}",
            "points": shown.signed(points.get(each.business_id, 0)),
        }
        for each in visited
    ]


def _since(wallet: Wallet, zone: ZoneInfo) -> date:
    """The day of the card, or of the first purchase where that was before: records of old may have been imported."""
    shops = Business.objects.filter(program_id=wallet.program_id)
    mine = Membership.objects.filter(customer_id=wallet.customer_id, business__in=shops)
    first: date | None = mine.aggregate(first=Min("first_on"))["first"]
    joined = wallet.created_at.astimezone(zone).date()
    return min(first, joined) if first else joined


def _lines(wallet: Wallet) -> QuerySet[Entry]:
    return Entry.objects.filter(wallet_id=wallet.pk)


def _visits(visits: int) -> str:
    return ngettext("%(visits)s visit", "%(visits)s visits", visits) % {"visits": shown.number(visits)}


def _money(wallet: Wallet, amount: Decimal) -> str:
    return money.show_amount(amount, wallet.program.currency, shown.language())
