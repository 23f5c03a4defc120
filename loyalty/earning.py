"""How many points a sale earns: pure arithmetic, no database, no clock.

points = round(amount × rate × multiplier), rounded once by the programme's rule, then capped; below the minimum
spend nothing is earned. Every step is kept as the trail that answers "why this many?".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from businesses.models import Rounding

ROUNDINGS = {
    Rounding.FLOOR: ROUND_FLOOR,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.CEILING: ROUND_CEILING,
}
Step = dict[str, str]


@dataclass(frozen=True)
class Multiplier:
    """A factor on what is earned, and the rule it comes from (`tier:7`)."""

    rule: str
    factor: Decimal


@dataclass(frozen=True)
class Terms:
    """What a business gives. Amounts are in the programme's currency, `rate` in points per unit of it."""

    rate: Decimal
    minimum_spend: Decimal
    points_cap: int | None
    rounding: str


@dataclass(frozen=True)
class Earned:
    points: int
    trail: list[Step]


def earn(*, amount: Decimal, terms: Terms, multipliers: Sequence[Multiplier] = ()) -> Earned:
    """The points for `amount` ≥ 0 and the steps that lead to them, in order: {rule, operation, value}."""
    trail = [step("amount", "start", amount)]
    if amount < terms.minimum_spend:
        return Earned(0, [*trail, step("minimum_spend", "require", terms.minimum_spend)])
    exact = amount * terms.rate
    trail.append(step("earn_rate", "multiply", terms.rate))
    for multiplier in multipliers:
        exact *= multiplier.factor
        trail.append(step(multiplier.rule, "multiply", multiplier.factor))
    points = int(exact.to_integral_value(rounding=ROUNDINGS[Rounding(terms.rounding)]))
    trail.append(step("rounding", terms.rounding, points))
    if terms.points_cap is not None and points > terms.points_cap:
        points = terms.points_cap
        trail.append(step("points_cap", "cap", points))
    return Earned(points, trail)


def step(rule: str, operation: str, value: Decimal | int) -> Step:
    return {
        "rule": rule,
        "operation": operation,
        "value": format(value, "f") if isinstance(value, Decimal) else str(value),
    }
