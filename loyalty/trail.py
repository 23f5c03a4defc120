"""The trail of a purchase in the reader's words: why exactly this many points."""

from decimal import Decimal

from django.utils.translation import gettext as _

from businesses import money, shown
from loyalty.earning import Step
from loyalty.models import EarningRule, RuleKind
from loyalty.rules import Rules


def sentences(trail: list[Step], rules: Rules) -> list[str]:
    """One sentence per step that did something."""
    names = _names(trail)
    said = [_sentence(step, rules, names) for step in trail]
    return [sentence for sentence in said if sentence]


def _names(trail: list[Step]) -> dict[str, str]:
    """Of the rules that gave or took, also of those that have ended since."""
    ids = [step["rule"].removeprefix("rule:") for step in trail if step["rule"].startswith("rule:")]
    found = EarningRule.objects.filter(public_id__in=ids).values_list("public_id", "name") if ids else ()
    return {f"rule:{public_id}": name for public_id, name in found}


def _sentence(step: Step, rules: Rules, names: dict[str, str]) -> str:
    value, rule = step["value"], step["rule"]
    if rule == "amount":
        return _("The sale was %(amount)s.") % {"amount": _money(value, rules)}
    if rule == "paid_with_points":
        return _("What points paid for earns none: %(amount)s.") % {"amount": _money(value, rules)}
    if rule == "minimum_spend":
        return _("Sales below %(amount)s earn no points.") % {"amount": _money(value, rules)}
    if rule == "earn_rate":
        return _("Each %(unit)s earns %(rate)s points.") % {"unit": _money("1", rules), "rate": _number(value)}
    if rule.startswith("tier:"):
        name = _tier(rule, rules) or _("The tier")
        return _("%(tier)s multiplies them by %(factor)s.") % {"tier": name, "factor": _number(value)}
    if rule.startswith("rule:"):
        return _of_rule(step, rules, names.get(rule, ""))
    if rule.startswith("offer:"):
        return _of_offer(step, rules)
    if rule.startswith("points_cap"):
        return _capped(step)
    return _of_nothing(step)


def _of_nothing(step: Step) -> str:
    """A step that no rule of the business made."""
    if step["rule"] == "import":
        return _("Brought along from earlier records: what was bought before earns no points here.")
    if step["rule"] == "rounding":
        words = {"floor": _("Rounded down"), "half_up": _("Rounded"), "ceiling": _("Rounded up")}[step["operation"]]
        return _("%(rounded)s: %(points)s points.") % {"rounded": words, "points": shown.number(int(step["value"]))}
    return ""


def _capped(step: Step) -> str:
    points = {"points": shown.number(int(step["value"]))}
    if step["rule"] == "points_cap_day":
        return _("At most so many are given in a day: %(points)s were left.") % points
    return _("At most %(points)s points are given for one sale.") % points


def _tier(rule: str, rules: Rules) -> str:
    """Trails of the first months name it by its number."""
    steps = {name: tier.name for pk, tier in rules.tiers.items() for name in (tier.step, f"tier:{pk}")}
    return steps.get(rule, "")


def _of_rule(step: Step, rules: Rules, name: str) -> str:
    operation = step["operation"]
    if operation == RuleKind.EXCLUDE:
        said = {"name": name, "amount": _money(step["value"], rules)}
        return _("“%(name)s”: %(amount)s of it earn nothing.") % said
    if not Decimal(step["points"]):
        return _("“%(name)s” has given all that it may.") % {"name": name}
    return _added(step, rules, name)


def _of_offer(step: Step, rules: Rules) -> str:
    """A coupon's; its step keeps the name, which never changes."""
    if step["operation"] == "discount":
        said = {"name": step["name"], "amount": _money(step["value"], rules)}
        return _("“%(name)s” takes %(amount)s off.") % said
    return _added(step, rules, step["name"])


def _added(step: Step, rules: Rules, name: str) -> str:
    operation, added = step["operation"], Decimal(step["points"])
    said = {
        "name": name,
        "added": ("+" if added > 0 else "") + _number(step["points"]),
        "value": _number(step["value"]),
    }
    if operation == RuleKind.EXTRA:
        return _("“%(name)s” adds %(value)s points for each %(unit)s: %(added)s.") % {
            **said,
            "unit": _money("1", rules),
        }
    if operation == RuleKind.MULTIPLY:
        return _("“%(name)s” multiplies by %(value)s: %(added)s.") % said
    return _("“%(name)s” is a bonus: %(added)s.") % said


def _money(value: str, rules: Rules) -> str:
    return money.show_amount(Decimal(value), rules.currency, shown.language())


def _number(value: str) -> str:
    return shown.decimal(Decimal(value))
