"""A period in words and pictures: for the page, and plain for a spreadsheet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from businesses.models import Branch, Business
from customers import people
from loyalty.models import Wallet
from reports import figures, forecast
from reports.figures import Course
from reports.periods import Length, Period

HEAD = ("Day", "Sales", "Amount", "Currency", "New customers", "Points given", "Points used")
Number = int | Decimal
TICKS = 5  # names below a chart: more would run into each other on a phone


@dataclass(frozen=True)
class Measure:
    """What a picture shows: money as Decimal, all else in whole numbers."""

    title: str
    unit: str
    now: Number
    before: Number
    values: Sequence[Number]


def page(business: Business, length: Length, today: date) -> dict[str, Any]:
    """The context of templates/reports/page.html."""
    period = Period.up_to(today, length)
    now = figures.course(business_id=business.pk, period=period)
    before = figures.sums(business_id=business.pk, period=period.before)
    buyers_before = figures.buyers(business.pk, period.before)
    first = figures.first_day(business.pk)
    whole = first is not None and first <= period.before.first
    measures = [
        Measure(_("Sales"), _("Amount"), now.sums.amount, before.amount, [step.amount for step in now.steps]),
        Measure(_("Customers who bought"), _("Customers"), now.buyers, buyers_before, now.buyers_by_step),
        Measure(_("Points given"), _("Points"), now.sums.issued, before.issued, [step.issued for step in now.steps]),
        Measure(_("Points used"), _("Points"), now.sums.spent, before.spent, [step.spent for step in now.steps]),
    ]
    return {
        "charts": [
            *(_chart(each, period, length, whole, business.program.currency) for each in measures),
            *_forecast(business, today),
        ],
        "stats": _stats(now, business.program.currency),
        "tables": list(_tables(business, period)),
    }


def cells(business: Business, period: Period) -> Iterator[list[str]]:
    """The columns of HEAD, the oldest day first."""
    currency = business.program.currency
    for day, sums in figures.by_day(business_id=business.pk, period=period):
        amount = money.plain(sums.amount, currency)
        yield [day.isoformat(), *map(str, (sums.sales, amount, currency, sums.newcomers, sums.issued, sums.spent))]


def _stats(now: Course, currency: str) -> list[dict[str, str]]:
    returning = now.buyers - now.sums.newcomers
    average = now.sums.amount / now.sums.sales if now.sums.sales else None
    return [
        {"label": _("Number of sales"), "value": shown.number(now.sums.sales)},
        {
            "label": _("Average sale"),
            "value": money.show_amount(average, currency, shown.language()) if average is not None else "–",
        },
        {"label": _("New customers"), "value": shown.number(now.sums.newcomers)},
        {
            "label": _("Had bought before"),
            "value": shown.percent(max(0, returning) / now.buyers if now.buyers else None),
        },
    ]


def _chart(measure: Measure, period: Period, length: Length, whole: bool, currency: str) -> dict[str, Any]:
    """In whole units; the table below has them exact. `whole`: all the days before are days of business."""
    steps = list(period.steps())
    every = -(-len(steps) // TICKS)
    drawn = charts.columns(
        [
            (_label(first, last), shown.day_of_year(first) if number % every == 0 else "", max(0, round(value)))
            for number, ((first, last), value) in enumerate(zip(steps, measure.values, strict=True))
        ]
    )
    exact = [
        replace(column, said=_said(value, currency))
        for column, value in zip(drawn.columns, measure.values, strict=True)
    ]
    note, way = change(measure.now, measure.before, length) if whole else ("", "")
    return {
        "title": measure.title,
        "unit": measure.unit,
        "figure": _said(measure.now, currency),
        "note": note,
        "way": way,
        "columns": replace(drawn, columns=exact),
    }


def _forecast(business: Business, today: date) -> Iterator[dict[str, Any]]:
    """The picture of the next four weeks, where enough is known."""
    found, currency = forecast.of(business_id=business.pk, today=today), business.program.currency
    if found is None:
        return
    drawn = charts.columns(
        [
            (shown.full_day(day), shown.day_of_year(day) if number % 7 == 0 else "", round(amount))
            for number, (day, amount) in enumerate(found.days)
        ]
    )
    exact = [
        replace(column, said=_said(amount, currency))
        for column, (_day, amount) in zip(drawn.columns, found.days, strict=True)
    ]
    limits = {"low": _said(found.low, currency), "high": _said(found.high, currency)}
    yield {
        "title": _("Sales of the next 28 days, as the last 28 went"),
        "unit": _("Amount"),
        "figure": _said(found.total, currency),
        "note": _("Between %(low)s and %(high)s, 19 times out of 20") % limits,
        "columns": replace(drawn, columns=exact),
    }


def change(now: Number, before: Number, length: Length) -> tuple[str, str]:
    """“+18 % against the 30 days before”, and whether that is up or down."""
    words: dict[str, Any] = {"days": int(length)}
    if not before:
        return (
            ngettext("Nothing in the %(days)s day before", "Nothing in the %(days)s days before", length) % words,
            "",
        )
    percent = round(100 * (now - before) / before)
    if percent == 0:
        return ngettext("As in the %(days)s day before", "As in the %(days)s days before", length) % words, ""
    words["percent"] = shown.signed(int(percent))
    said = ngettext(
        "%(percent)s %% against the %(days)s day before", "%(percent)s %% against the %(days)s days before", length
    )
    return said % words, "up" if percent > 0 else "down"


def _tables(business: Business, period: Period) -> Iterator[dict[str, Any]]:
    """Those that have a line: {title, count: its head, rows}."""
    tables = (
        (_("Best customers"), _("Sales"), _customers(business, period)),
        (_("Best articles"), _("Quantity"), _articles(business, period)),
        (_("Best categories"), _("Quantity"), _categories(business, period)),
        (_("Best branches"), _("Sales"), _branches(business, period)),
    )
    for title, count, rows in tables:
        if rows:
            yield {"title": title, "count": count, "rows": rows}


def _customers(business: Business, period: Period) -> list[dict[str, Any]]:
    rows = figures.top_customers(business_id=business.pk, period=period)
    customers = [row["customer_id"] for row in rows]
    persons = people.in_lists(program_id=business.program_id, customer_ids=customers)
    wallets = Wallet.objects.filter(program_id=business.program_id, customer_id__in=customers)
    ids = dict(wallets.values_list("customer_id", "public_id"))
    shown_rows = []
    for row in rows:
        person, url = persons[row["customer_id"]], reverse("customer", args=[ids[row["customer_id"]]])
        shown_rows.append(_row(row, person.name, "sales_", business, person.phone, url))
    return shown_rows


def _articles(business: Business, period: Period) -> list[dict[str, Any]]:
    rows = figures.top_articles(business_id=business.pk, period=period)
    return [
        _row(row, row["name"] or row["sku"] or _("Without a name"), "quantity_", business, row["category"])
        for row in rows
    ]


def _categories(business: Business, period: Period) -> list[dict[str, Any]]:
    rows = figures.top_categories(business_id=business.pk, period=period)
    return [_row(row, row["category"], "quantity_", business) for row in rows]


def _branches(business: Business, period: Period) -> list[dict[str, Any]]:
    """Nothing where there is one alone."""
    rows = figures.top_branches(business_id=business.pk, period=period)
    names = dict(Branch.objects.filter(pk__in=[row["branch_id"] for row in rows]).values_list("pk", "name"))
    return [_row(row, names[row["branch_id"]], "sales_", business) for row in rows] if len(rows) > 1 else []


def _row(
    row: dict[str, Any], name: str, count: str, business: Business, detail: str = "", url: str = ""
) -> dict[str, Any]:
    amount = money.show_amount(row["amount_"], business.program.currency, shown.language())
    return {"name": name, "detail": detail, "url": url, "count": _count(row[count]), "amount": amount}


def _count(value: Any) -> str:
    return shown.decimal(value.normalize()) if isinstance(value, Decimal) else shown.number(value)


def _said(value: Number, currency: str) -> str:
    return money.show_amount(value, currency, shown.language()) if isinstance(value, Decimal) else shown.number(value)


def _label(first: date, last: date) -> str:
    return shown.full_day(first) if first == last else f"{shown.short_day(first)} – {shown.short_day(last)}"
