"""Months of clearing in words: for the page and for the export. Whatever `months` hides is hidden in both alike."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from loyalty.clearing.months import Month, Side, Sum
from loyalty.clearing.positions import FEW
from loyalty.rules import Rules

HEAD = (
    "Month",
    "Partner",
    "We are owed, points",
    "We are owed, amount",
    "We owe, points",
    "We owe, amount",
    "Balance, amount",
    "Currency",
    "We are owed, for coupons",
    "We owe, for coupons",
)
ALL, OTHERS = "All partners", "Others together"
TOO_FEW = f"fewer than {FEW} customers"


def page(months: list[Month], chosen: Month, rules: Rules) -> dict[str, Any]:
    """The context of templates/clearing/page.html, that of its address aside."""
    return {
        "month": shown.month(chosen.first),
        "figures": _figures(chosen.total, rules),
        "partners": [{"name": name, **_cells(side, rules)} for name, side in chosen.partners],
        "others": _cells(chosen.others, rules) if chosen.others else None,
        "runs": chosen.runs,
        "discreet": rules.discreet,
        "values": _values(chosen.total, rules),
        "charts": [
            _chart(_("We are owed"), months, [month.total.owed for month in months], rules),
            _chart(_("We owe"), months, [month.total.owes for month in months], rules),
        ],
        "few": FEW,
    }


def cells(months: list[Month], rules: Rules) -> Iterator[list[str]]:
    """The columns of HEAD, the newest month first: figures are plain, so that every spreadsheet reads them."""
    for month in reversed(months):
        if month.is_empty:
            continue
        rows = [(shown.neutral(name), side) for name, side in month.partners]
        rows += [(OTHERS, month.others)] if month.others else []
        for name, side in [*rows, (ALL, month.total)]:
            coupons = [_plain_coupons(part, rules) for part in (side.owed, side.owes)]
            yield [month.first.strftime("%Y-%m"), name, *_plain(side, rules), rules.currency, *coupons]


def _figures(total: Side, rules: Rules) -> list[dict[str, Any]]:
    """Three sums, each with what it means."""
    balance = total.balance
    coming = balance is not None and balance.amount > 0
    going = balance is not None and balance.amount < 0
    return [
        {"label": _("We are owed"), "figure": _money(total.owed, rules), "note": _spent_here(total.owed, rules)},
        {"label": _("We owe"), "figure": _money(total.owes, rules), "note": _spent_there(total.owes, rules)},
        {
            "label": _("Balance"),
            "figure": _money(balance, rules, signed=True),
            "note": _("Comes to us") if coming else _("Goes to others") if going else "",
            "way": "up" if coming else "",
        },
    ]


def _spent_here(owed: Sum | None, rules: Rules) -> str:
    if owed is None:
        return _("Fewer than %(few)s customers") % {"few": FEW}
    return _and_coupons(_("%(points)s points of others, spent here"), owed, rules)


def _spent_there(owes: Sum | None, rules: Rules) -> str:
    if owes is None:
        return _("Fewer than %(few)s customers") % {"few": FEW}
    return _and_coupons(_("%(points)s points of ours, spent elsewhere"), owes, rules)


def _and_coupons(text: str, of: Sum, rules: Rules) -> str:
    """What it is made of: points, and the shares of coupons of chains."""
    said = [text % {"points": shown.number(of.points)}] if of.points or not of.coupons else []
    if of.coupons:
        amount = money.show_amount(of.coupons, rules.currency, shown.language())
        said.append(_("%(amount)s for coupons") % {"amount": amount})
    return " · ".join(said)


def _cells(side: Side, rules: Rules) -> dict[str, str]:
    return {
        "owed": _money(side.owed, rules),
        "owed_points": _made_of(side.owed, rules),
        "owes": _money(side.owes, rules),
        "owes_points": _made_of(side.owes, rules),
        "balance": _money(side.balance, rules, signed=True),
    }


def _made_of(value: Sum | None, rules: Rules) -> str:
    if value is None:
        return ""
    return _and_coupons(ngettext("%(points)s point", "%(points)s points", value.points), value, rules)


def _values(total: Side, rules: Rules) -> str:
    """What a point was worth, on average where that changed within the month; empty where nothing was spent."""
    sums = [each for each in (total.owed, total.owes) if each is not None]
    points = sum(each.points for each in sums)
    amount = sum((each.amount - each.coupons for each in sums), Decimal(0))
    if points <= 0:
        return ""
    return f"{shown.decimal(round(amount / points, 4))}\u00a0{money.symbol(rules.currency, shown.language())}"


def _money(value: Sum | None, rules: Rules, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    said = money.show_amount(value.amount, rules.currency, shown.language())
    return f"+{said}" if signed and value.amount > 0 else said


def _plain(side: Side, rules: Rules) -> Iterator[str]:
    for part in (side.owed, side.owes):
        yield TOO_FEW if part is None else str(part.points)
        yield TOO_FEW if part is None else money.plain(part.amount, rules.currency)
    yield TOO_FEW if side.balance is None else money.plain(side.balance.amount, rules.currency)


def _plain_coupons(value: Sum | None, rules: Rules) -> str:
    return TOO_FEW if value is None else money.plain(value.coupons, rules.currency)


def _chart(name: str, months: list[Month], sums: list[Sum | None], rules: Rules) -> dict[str, Any]:
    """In whole units of the currency; what is hidden has no column, and its line in the table says so."""
    whole = [max(0, int(each.amount.to_integral_value())) if each else 0 for each in sums]
    ticks = [str(format_date(month.first, "LLL", locale=shown.language())) for month in months]
    drawn = charts.columns(
        [
            (shown.month(month.first), tick if number % 2 else "", value)
            for number, (month, tick, value) in enumerate(zip(months, ticks, whole, strict=True))
        ]
    )
    exact = [replace(column, said=_money(each, rules)) for column, each in zip(drawn.columns, sums, strict=True)]
    return {"title": name, "columns": replace(drawn, columns=exact)}
