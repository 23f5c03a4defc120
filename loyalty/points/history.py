"""The customer's history by month: which lines they ask for, and what each month brought and took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django.db.models import Q, QuerySet, Sum, TextChoices
from django.db.models.functions import TruncMonth
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from businesses import shown
from businesses.models import Branch, Business
from loyalty.models import Entry, EntryKind, Operation, Wallet
from loyalty.points import journal


class Kind(TextChoices):
    """What a customer calls it."""

    EARNED = "earned", _("Earned")
    SPENT = "spent", _("Spent")
    EXPIRED = "expired", _("Expired")
    OTHER = "other", _("Other")


KINDS = {
    Kind.EARNED: (EntryKind.EARN, EntryKind.BONUS),
    Kind.SPENT: (EntryKind.REDEEM,),
    Kind.EXPIRED: (EntryKind.EXPIRE,),
    Kind.OTHER: (EntryKind.REVERSE, EntryKind.COLLECT, EntryKind.ADJUST, EntryKind.TRANSFER),
}


@dataclass(frozen=True)
class Choice:
    """One of the answers to "which month?" or "which place?"."""

    value: str
    label: str
    lines: Q


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see; what the address asks for and is not there counts as not asked."""

    kind: Kind | None
    month: Choice | None
    place: Choice | None

    def lines(self, of: QuerySet[Entry]) -> QuerySet[Entry]:
        if self.kind:
            of = of.filter(kind__in=KINDS[self.kind])
        for choice in filter(None, (self.month, self.place)):
            of = of.filter(choice.lines)
        return of

    @property
    def query(self) -> dict[str, str]:
        asked = {"kind": self.kind, "month": self.month, "place": self.place}
        return {name: choice.value for name, choice in asked.items() if choice}

    def address(self, kind: str) -> str:
        """The query of the same page for lines of another kind, or of all."""
        return "?" + urlencode({name: value for name, value in (self.query | {"kind": kind}).items() if value})


def asked(query: QueryDict, *, months: list[Choice], places: list[Choice]) -> Asked:
    kind = query.get("kind")
    return Asked(
        kind=Kind(kind) if kind in Kind.values else None,
        month=next((choice for choice in months if choice.value == query.get("month")), None),
        place=next((choice for choice in places if choice.value == query.get("place")), None),
    )


def months(wallet: Wallet) -> list[Choice]:
    """Those in which something happened, the newest first."""
    moved = Entry.objects.filter(wallet_id=wallet.pk).annotate(month=TruncMonth("operation__local_on"))
    found = moved.values_list("month", flat=True).distinct().order_by("-month")
    return [Choice(f"{first:%Y-%m}", shown.month(first), _within(first)) for first in found]


def places(wallet: Wallet) -> list[Choice]:
    """The businesses, or the branches of the only one; none where there is nothing to choose."""
    mine = Operation.objects.filter(pk__in=Entry.objects.filter(wallet_id=wallet.pk).values("operation"))
    businesses = Business.objects.filter(pk__in=mine.values("business")).order_by("name", "id")
    found = [Choice(business.slug, business.name, Q(business=business)) for business in businesses]
    if len(found) == 1:
        branches = Branch.objects.filter(pk__in=mine.values("branch")).order_by("name", "id")
        found = [Choice(str(each.public_id), each.name, Q(operation__branch=each)) for each in branches]
    return found if len(found) > 1 else []


def newest_first(lines: QuerySet[Entry]) -> QuerySet[Entry]:
    """By the day it happened on: a sale that was told late stands in its own month."""
    return lines.order_by("-operation__local_on", "-id")


def by_month(page: Iterable[Entry], *, of: QuerySet[Entry], wallet: Wallet, at: datetime) -> list[dict[str, Any]]:
    """The lines of a page under the months they belong to, each with the sums of all its lines in `of`."""
    grouped = [(first, list(lines)) for first, lines in groupby(page, key=_first_of_month)]
    sums = _sums(of, [first for first, _lines in grouped])
    return [
        {
            "title": shown.month(first),
            "plus": shown.signed(sums[first][0]) if sums[first][0] else "",
            "minus": shown.signed(sums[first][1]) if sums[first][1] else "",
            "rows": journal.rows(lines, wallet=wallet, at=at),
        }
        for first, lines in grouped
    ]


def _first_of_month(entry: Entry) -> date:
    on: date = entry.operation.local_on
    return on.replace(day=1)


def _within(first: date) -> Q:
    return Q(operation__local_on__gte=first, operation__local_on__lt=first + relativedelta(months=1))


def _sums(of: QuerySet[Entry], months: list[date]) -> dict[date, tuple[int, int]]:
    if not months:
        return {}
    until = max(months) + relativedelta(months=1)
    within = of.filter(operation__local_on__gte=min(months), operation__local_on__lt=until)
    rows = within.order_by().annotate(month=TruncMonth("operation__local_on")).values("month")
    sums = rows.annotate(plus=Sum("points", filter=Q(points__gt=0)), minus=Sum("points", filter=Q(points__lt=0)))
    return {row["month"]: (row["plus"] or 0, row["minus"] or 0) for row in sums}
