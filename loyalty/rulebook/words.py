"""A rule in plain words. Its parts stand for themselves, so that they read well in a row in every language."""

from collections.abc import Iterator
from decimal import Decimal

from babel.dates import format_time, get_day_names
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from loyalty.models import EarningRule, Occasion, RuleKind
from loyalty.rules import Rules


def head(rule: EarningRule, currency: str) -> str:
    """What it gives: “2 times the points”."""
    value, count = shown.decimal(rule.value), _count(rule.value)
    match rule.kind:
        case RuleKind.EXTRA:
            more = ngettext(
                "%(points)s point more for each %(unit)s", "%(points)s points more for each %(unit)s", count
            )
            return more % {"points": value, "unit": _unit(currency)}
        case RuleKind.MULTIPLY:
            return _("%(factor)s times the points") % {"factor": value}
        case RuleKind.BONUS:
            return ngettext("%(points)s point more", "%(points)s points more", count) % {"points": value}
    return _("No points")


def conditions(rule: EarningRule, currency: str, tiers: list[str]) -> list[str]:
    """On what, when, for whom, and at most how much; empty for a rule that always counts.

    `tiers` are the names of those that it asks for.
    """
    return [*_on_what(rule, currency), *_when(rule), *_for_whom(rule, tiers), *_at_most(rule)]


def base(rules: Rules) -> str:
    """What every sale earns before any rule."""
    terms = rules.terms
    rate = {"points": shown.decimal(terms.rate), "unit": _unit(rules.currency)}
    said = [
        ngettext("%(points)s point for each %(unit)s", "%(points)s points for each %(unit)s", _count(terms.rate)) % rate
    ]
    if terms.minimum_spend:
        said.append(_("from %(amount)s on") % {"amount": _amount(terms.minimum_spend, rules.currency)})
    if terms.points_cap is not None:
        said.append(_("at most %(points)s points per purchase") % {"points": shown.number(terms.points_cap)})
    if terms.points_cap_day is not None:
        said.append(
            _("at most %(points)s points per customer and day") % {"points": shown.number(terms.points_cap_day)}
        )
    return "; ".join(said)


def _on_what(rule: EarningRule, currency: str) -> Iterator[str]:
    if rule.categories:
        yield _("on %(names)s") % {"names": ", ".join(rule.categories)}
    if rule.skus:
        yield _("on articles %(names)s") % {"names": ", ".join(rule.skus)}
    if rule.discounted:
        yield _("on what is sold at a discount")
    if rule.minimum_spend:
        yield _("from %(amount)s on") % {"amount": _amount(rule.minimum_spend, currency)}


def _when(rule: EarningRule) -> Iterator[str]:
    if rule.weekdays:
        names = get_day_names("wide", "stand-alone", shown.language())
        yield ", ".join(names[day] for day in sorted(rule.weekdays))
    if rule.from_time is not None and rule.until_time is not None:
        yield "–".join(format_time(at, "HH:mm", locale=shown.language()) for at in (rule.from_time, rule.until_time))
    days = {name: shown.short_day(day) for name, day in (("first", rule.starts_on), ("last", rule.ends_on)) if day}
    if len(days) == 2:
        yield _("from %(first)s until %(last)s") % days
    elif rule.starts_on:
        yield _("from %(first)s on") % days
    elif rule.ends_on:
        yield _("until %(last)s") % days


def _for_whom(rule: EarningRule, tiers: list[str]) -> Iterator[str]:
    if tiers:
        yield _("for %(tiers)s") % {"tiers": ", ".join(tiers)}
    if rule.occasion:
        yield str(Occasion(rule.occasion).label)


def _at_most(rule: EarningRule) -> Iterator[str]:
    for most, said in (
        (rule.most_per_purchase, _("at most %(points)s points per purchase")),
        (rule.most_per_day, _("at most %(points)s points per customer and day")),
        (rule.most_per_customer, _("at most %(points)s points per customer")),
    ):
        if most is not None:
            yield said % {"points": shown.number(most)}
    if rule.exclusive:
        yield _("nothing else is added")


def _count(points: Decimal) -> int:
    """For the grammar: a fraction is said as two are."""
    return int(points) if points == int(points) else 2


def _unit(currency: str) -> str:
    return _amount(Decimal(1), currency)


def _amount(amount: Decimal, currency: str) -> str:
    return money.show_amount(amount, currency, shown.language())
