"""The trail of a purchase in the reader's words: why exactly this many points."""

from decimal import Decimal

from django.utils.translation import gettext as _

from businesses import money, shown
from loyalty.earning import Step
from loyalty.rules import Rules


def sentences(trail: list[Step], rules: Rules) -> list[str]:
    """One sentence per step that did something."""
    said = [_sentence(step, rules) for step in trail]
    return [sentence for sentence in said if sentence]


def _sentence(step: Step, rules: Rules) -> str:
    value, rule = step["value"], step["rule"]
    if rule == "amount":
        return _("The sale was %(amount)s.") % {"amount": _money(value, rules)}
    if rule == "minimum_spend":
        return _("Sales below %(amount)s earn no points.") % {"amount": _money(value, rules)}
    if rule == "earn_rate":
        return _("Each %(unit)s earns %(rate)s points.") % {"unit": _money("1", rules), "rate": _number(value)}
    if rule.startswith("tier:"):
        name = rules.tier_name(int(rule.removeprefix("tier:"))) or _("The tier")
        return _("%(tier)s multiplies them by %(factor)s.") % {"tier": name, "factor": _number(value)}
    if rule == "points_cap":
        return _("At most %(points)s points are given for one sale.") % {"points": shown.number(int(value))}
    if rule == "rounding":
        words = {"floor": _("Rounded down"), "half_up": _("Rounded"), "ceiling": _("Rounded up")}[step["operation"]]
        return _("%(rounded)s: %(points)s points.") % {"rounded": words, "points": shown.number(int(value))}
    return ""


def _money(value: str, rules: Rules) -> str:
    return money.show_amount(Decimal(value), rules.currency, shown.language())


def _number(value: str) -> str:
    return shown.decimal(Decimal(value))
