"""What a business did in a period, from the sums by day. All of it net of refunds."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from reports.models import CustomerDay, DayTotal, ProductDay
from reports.periods import Period

TOP = 10
DAYS = """
SELECT "on", sum(sales), sum(amount), sum(newcomers), sum(issued)::bigint, sum(spent)::bigint FROM reports_daytotal
 WHERE business_id = %(business)s::bigint AND "on" BETWEEN %(first)s::date AND %(last)s::date
 GROUP BY 1 ORDER BY 1"""
BUYERS = """
SELECT count(DISTINCT customer_id) FROM reports_customerday
 WHERE business_id = %(business)s::bigint AND "on" BETWEEN %(first)s::date AND %(last)s::date"""
BUYERS_BY_STEP = """
SELECT ("on" - %(first)s::date) / %(step)s::integer, count(DISTINCT customer_id) FROM reports_customerday
 WHERE business_id = %(business)s::bigint AND "on" BETWEEN %(first)s::date AND %(last)s::date GROUP BY 1"""


@dataclass
class Sums:
    """`amount` is in the programme's currency; `newcomers` bought here for the first time."""

    sales: int = 0
    amount: Decimal = Decimal(0)
    newcomers: int = 0
    issued: int = 0
    spent: int = 0

    def add(self, other: "Sums") -> None:
        for field in fields(Sums):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclass(frozen=True)
class Course:
    """A period: its sums, those of each step, and how many different customers bought in it and in each step."""

    sums: Sums
    steps: list[Sums]
    buyers: int
    buyers_by_step: list[int]


def course(*, business_id: int, period: Period) -> Course:
    steps = [Sums() for _ in period.steps()]
    whole = Sums()
    for day, sums in by_day(business_id=business_id, period=period):
        steps[period.step_of(day)].add(sums)
        whole.add(sums)
    return Course(whole, steps, buyers(business_id, period), buyers_by_step(business_id, period))


def sums(*, business_id: int, period: Period) -> Sums:
    whole = Sums()
    for _day, each in by_day(business_id=business_id, period=period):
        whole.add(each)
    return whole


def by_day(*, business_id: int, period: Period) -> Iterator[tuple[date, Sums]]:
    """The days on which something happened, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(DAYS, {"business": business_id, "first": period.first, "last": period.last})
        for day, *sums in cursor.fetchall():
            yield day, Sums(*sums)


def buyers(business_id: int, period: Period) -> int:
    with connection.cursor() as cursor:
        cursor.execute(BUYERS, {"business": business_id, "first": period.first, "last": period.last})
        return int(cursor.fetchone()[0])


def buyers_by_step(business_id: int, period: Period) -> list[int]:
    values: dict[str, Any] = {"business": business_id, "first": period.first, "last": period.last, "step": period.step}
    with connection.cursor() as cursor:
        cursor.execute(BUYERS_BY_STEP, values)
        found = dict(cursor.fetchall())
    return [found.get(number, 0) for number, _step in enumerate(period.steps())]


def top_customers(*, business_id: int, period: Period) -> list[dict[str, Any]]:
    """customer_id, sales_, amount_ of those who spent most."""
    found = _within(CustomerDay.objects.all(), business_id, period).values("customer_id")
    return _top(found.annotate(sales_=Sum("sales"), amount_=Sum("amount")).order_by("-amount_", "customer_id"))


def top_articles(*, business_id: int, period: Period) -> list[dict[str, Any]]:
    """sku, name, category, quantity_, amount_ of what sold best."""
    found = _within(ProductDay.objects.all(), business_id, period).values("sku", "name", "category")
    return _top(found.annotate(quantity_=Sum("quantity"), amount_=Sum("amount")).order_by("-amount_", "sku", "name"))


def top_categories(*, business_id: int, period: Period) -> list[dict[str, Any]]:
    """category, quantity_, amount_ of what sold best; none where tills name none."""
    found = _within(ProductDay.objects.exclude(category=""), business_id, period).values("category")
    return _top(found.annotate(quantity_=Sum("quantity"), amount_=Sum("amount")).order_by("-amount_", "category"))


def top_branches(*, business_id: int, period: Period) -> list[dict[str, Any]]:
    """branch_id, sales_, amount_ of those that sold most."""
    found = _within(DayTotal.objects.filter(branch__isnull=False, sales__gt=0), business_id, period).values("branch_id")
    return _top(found.annotate(sales_=Sum("sales"), amount_=Sum("amount")).order_by("-amount_", "branch_id"))


def first_day(business_id: int) -> date | None:
    """None before anything was counted."""
    return DayTotal.objects.filter(business_id=business_id).order_by("on").values_list("on", flat=True).first()


def as_of() -> Any:
    """The moment up to which the ledger is counted; None before the first time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT folded_at FROM reports_fold")
        return next(iter(cursor.fetchall()), (None,))[0]


def _within(found: QuerySet[Any], business_id: int, period: Period) -> QuerySet[Any]:
    return found.filter(business_id=business_id, on__range=(period.first, period.last))


def _top(found: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(found[:TOP])
