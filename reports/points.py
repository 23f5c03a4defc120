"""What became of the points a business gave, in words and pictures."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from businesses.models import Business
from reports import economy
from reports.models import Economy

MONTHS = 12


def page(business: Business, today: date) -> dict[str, Any]:
    """The context of templates/reports/points.html; `stats` is missing before anything was counted."""
    found = economy.of(business.pk)
    if found is None:
        return {}
    program = business.program
    told = _money(economy.liability(found, program), business)
    return {
        "stats": [
            {"label": _("Not used yet"), "value": shown.number(found.outstanding), "unit": _("points")},
            {"label": _("Worth in full"), "value": _money(economy.worth(found.outstanding, program), business)},
            {
                "label": _("Used, of %(points)s points whose time is over") % {"points": shown.number(found.settled)},
                "value": shown.percent(found.redemption_rate),
            },
            {"label": _("Likely to be used"), "value": told},
        ],
        "unknown": found.redemption_rate is None,
        "rows": list(_rows(found, business)),
        "breakage": shown.percent(found.breakage),
        "chart": _chart(business, today) if found.outstanding else None,
        "program": program.name,
    }


def _rows(found: Economy, business: Business) -> Iterator[dict[str, str]]:
    """Where the points went: {name, points, share, worth}."""
    for name, points in (
        (_("Used"), found.redeemed),
        (_("Expired"), found.expired),
        (_("Taken back"), found.reversed),
        (_("Not used yet"), found.outstanding),
        (_("Given"), found.issued),
    ):
        yield {
            "name": name,
            "points": shown.number(points),
            "share": shown.percent(points / found.issued if found.issued else None),
            "worth": _money(economy.worth(points, business.program), business),
        }


def _chart(business: Business, today: date) -> dict[str, Any]:
    """The coming twelve months; what was due before and is not gone yet counts with the first."""
    by_month, first = economy.by_month(business.pk), today.replace(day=1)
    months = [first + relativedelta(months=number) for number in range(MONTHS)]
    due = {month: sum(points for on, points in by_month.items() if on == month) for month in months}
    due[first] += sum(points for on, points in by_month.items() if on is not None and on < first)
    rest = sum(by_month.values()) - sum(due.values())
    note = ngettext("%(count)s point later or never", "%(count)s points later or never", rest)
    return {
        "columns": charts.columns(
            [
                (
                    shown.month(month),
                    str(format_date(month, "LLL", locale=shown.language())) if number % 2 == 0 else "",
                    due[month],
                )
                for number, month in enumerate(months)
            ]
        ),
        "figure": shown.number(sum(due.values())),
        "note": note % {"count": shown.number(rest)} if rest else "",
    }


def _money(amount: Decimal, business: Business) -> str:
    return money.show_amount(amount, business.program.currency, shown.language())
