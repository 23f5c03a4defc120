"""How many points a sale earns: pure arithmetic, no database, no clock.

A sale is seen as parts: its lines, and what no line explains. Rules may take parts away; then

    points = round(Σ parts × (rate + extras) × multipliers + bonuses)

rounded once by the programme's rule, then capped; below the minimum spend nothing is earned. Of rules that stand
alone the one of the highest priority is taken, and nothing else but the rate. Every step is kept as the trail that
answers "why this many?".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from businesses.models import Rounding

ROUNDINGS = {
    Rounding.FLOOR: ROUND_FLOOR,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.CEILING: ROUND_CEILING,
}
EXACT = Context(prec=60)  # an amount × a rate × several factors has more digits than the usual 28
ZERO = Decimal(0)
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
    points_cap_day: int | None = None


@dataclass(frozen=True)
class Part:
    """A part of a sale that rules look at: a line, or what no line explains."""

    amount: Decimal
    category: str = ""
    sku: str = ""
    discounted: bool = False


@dataclass(frozen=True)
class Given:
    """What a rule has given to a customer: on the day of the sale, and ever."""

    today: Decimal = ZERO
    ever: Decimal = ZERO


@dataclass(frozen=True)
class Situation:
    """What rules ask of a sale and its customer. `local` is its moment by the business's clock."""

    local: datetime
    tier_id: int | None = None
    first_purchase: bool = False
    first_in_category: bool = False
    birthday: date | None = None
    given_today: int = 0
    given: Mapping[int, Given] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A rule in force, see `EarningRule`. Categories and articles are folded, see `folded`."""

    id: int
    kind: str
    value: Decimal
    categories: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    discounted: bool = False
    minimum_spend: Decimal = ZERO
    starts_on: date | None = None
    ends_on: date | None = None
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    until_time: time | None = None
    tiers: frozenset[int] = frozenset()
    occasion: str = ""
    most_per_purchase: int | None = None
    most_per_day: int | None = None
    most_per_customer: int | None = None
    exclusive: bool = False
    priority: int = 0
    public_id: str = ""

    @property
    def step(self) -> str:
        """Its name in a trail. Trails leave the building, so the id is a public one."""
        return f"rule:{self.public_id or self.id}"

    @property
    def asks_past(self) -> bool:
        """Whether it depends on what the customer did before."""
        return bool(self.occasion) or self.capped

    @property
    def capped(self) -> bool:
        return self.most_per_day is not None or self.most_per_customer is not None

    @property
    def of_lines(self) -> bool:
        """Whether it looks at some lines of a sale only."""
        return bool(self.categories or self.skus or self.discounted)

    def applies(self, situation: Situation) -> bool:
        """Whether now, and to this customer."""
        return (
            self._by_the_clock(situation.local)
            and (not self.tiers or situation.tier_id in self.tiers)
            and (not self.occasion or OCCASIONS[self.occasion](situation))
        )

    def _by_the_clock(self, local: datetime) -> bool:
        day = local.date()
        if self.from_time is not None and self.until_time is not None:
            at = local.time()
            if self.from_time < self.until_time:
                open_now = self.from_time <= at < self.until_time
            else:  # over midnight: the small hours belong to the evening before
                open_now = at >= self.from_time or at < self.until_time
                if at < self.until_time:
                    day -= timedelta(days=1)
            if not open_now:
                return False
        return (
            (self.starts_on is None or self.starts_on <= day)
            and (self.ends_on is None or day <= self.ends_on)
            and (not self.weekdays or day.weekday() in self.weekdays)
        )

    def matches(self, part: Part) -> bool:
        return (
            (not self.categories or folded(part.category) in self.categories)
            and (not self.skus or folded(part.sku) in self.skus)
            and (not self.discounted or part.discounted)
        )

    def room(self, given: Given) -> Decimal | None:
        """How many points it may still give in this sale; None: any number."""
        rooms = [
            Decimal(most) - before
            for most, before in (
                (self.most_per_purchase, ZERO),
                (self.most_per_day, given.today),
                (self.most_per_customer, given.ever),
            )
            if most is not None
        ]
        return max(ZERO, min(rooms)) if rooms else None


OCCASIONS: dict[str, Callable[[Situation], bool]] = {
    "first_purchase": lambda now: now.first_purchase,
    "first_in_category": lambda now: now.first_in_category,
    "birthday": lambda now: is_birthday(now.birthday, now.local.date()),
}


def is_birthday(birthday: date | None, day: date) -> bool:
    """Whoever was born on 29 February has their birthday on the 28th in other years: never later than they think."""
    if birthday is None:
        return False
    born = (birthday.month, birthday.day)
    if born == (2, 29) and (day + timedelta(days=1)).month == 3:
        return day.month == 2  # the last day of February, whichever it is
    return born == (day.month, day.day)


def folded(name: str) -> str:
    """Names of categories and articles are compared as people read them: without the case, or blanks around them."""
    return name.strip().casefold()


@dataclass(frozen=True)
class Earned:
    points: int
    trail: list[Step]


def earn(
    *,
    amount: Decimal,
    terms: Terms,
    multipliers: Sequence[Multiplier] = (),
    rules: Sequence[Rule] = (),
    situation: Situation | None = None,
    lines: Sequence[Mapping[str, Any]] | None = None,
) -> Earned:
    """The points for `amount` ≥ 0 and the steps that lead to them, in order: {rule, operation, value}, and `points`
    for what a rule added. Rules need a `situation`. Lines are as the till sent them: quantity, unit_price, discount ….
    """
    trail = [step("amount", "start", amount)]
    if amount < terms.minimum_spend:
        return Earned(0, [*trail, step("minimum_spend", "require", terms.minimum_spend)])
    with localcontext(EXACT):
        exact = _exact(_parts(amount, lines), terms, multipliers, rules, situation, trail)
    points = int(exact.to_integral_value(rounding=ROUNDINGS[Rounding(terms.rounding)]))
    trail.append(step("rounding", terms.rounding, points))
    if terms.points_cap is not None and points > terms.points_cap:
        points = terms.points_cap
        trail.append(step("points_cap", "cap", points))
    if terms.points_cap_day is not None and situation is not None:
        left = max(0, terms.points_cap_day - situation.given_today)
        if points > left:
            points = left
            trail.append(step("points_cap_day", "cap", points))
    return Earned(points, trail)


def _exact(
    parts: list[Part],
    terms: Terms,
    multipliers: Sequence[Multiplier],
    rules: Sequence[Rule],
    situation: Situation | None,
    trail: list[Step],
) -> Decimal:
    """The points before they are rounded."""
    now = [rule for rule in rules if situation is not None and rule.applies(situation)]
    parts = _without_excluded(parts, now, trail)
    points = [part.amount * terms.rate for part in parts]
    trail.append(step("earn_rate", "multiply", terms.rate))
    now = [rule for rule in now if _finds_enough(rule, parts)]
    alone = [rule for rule in now if rule.exclusive]
    if alone:
        now, multipliers = [min(alone, key=lambda rule: (-rule.priority, rule.id))], ()
    given = situation.given if situation is not None else {}

    def add(rule: Rule, more: list[Decimal]) -> list[Decimal]:
        room = rule.room(given.get(rule.id, Given()))
        if room is not None and sum(more) > room:
            more = _scaled(more, room)
        trail.append(step(rule.step, rule.kind, rule.value) | {"points": _signed(sum(more, ZERO))})
        return [each + new for each, new in zip(points, more, strict=True)]

    for rule in _of_kind(now, "extra"):
        points = add(rule, [part.amount * rule.value if rule.matches(part) else ZERO for part in parts])
    for multiplier in multipliers:
        points = [each * multiplier.factor for each in points]
        trail.append(step(multiplier.rule, "multiply", multiplier.factor))
    for rule in _of_kind(now, "multiply"):
        found = [rule.matches(part) for part in parts]
        points = add(rule, [each * (rule.value - 1) if it else ZERO for each, it in zip(points, found, strict=True)])
    for rule in _of_kind(now, "bonus"):
        points = add(rule, [rule.value, *[ZERO] * (len(parts) - 1)])
    return sum(points, ZERO)


def _of_kind(rules: list[Rule], kind: str) -> list[Rule]:
    return sorted((rule for rule in rules if rule.kind == kind), key=lambda rule: (-rule.priority, rule.id))


def _finds_enough(rule: Rule, parts: list[Part]) -> bool:
    """Whether the sale holds what the rule looks for, and enough of it."""
    if rule.kind == "exclude":
        return False  # has been heard already
    found = [part.amount for part in parts if rule.matches(part)]
    return sum(found) > 0 and sum(found) >= rule.minimum_spend


def _parts(amount: Decimal, lines: Sequence[Mapping[str, Any]] | None) -> list[Part]:
    """Together they are `amount`, whatever the lines come to: what these lack (postage) is a part of its own, and a
    discount on the whole sale makes each of them smaller."""
    parts = [part for part in map(_part, lines or ()) if part.amount > 0]  # less than nothing is a discount on all
    total = sum((part.amount for part in parts), ZERO)
    if not total:
        return [Part(amount)]
    if total < amount:
        return [*parts, Part(amount - total)]
    amounts = _scaled([part.amount for part in parts], amount)
    return [
        Part(smaller, part.category, part.sku, part.discounted) for smaller, part in zip(amounts, parts, strict=True)
    ]


def _part(line: Mapping[str, Any]) -> Part:
    quantity, discount = Decimal(line.get("quantity", 1)), Decimal(line.get("discount", 0))
    return Part(
        amount=quantity * Decimal(line["unit_price"]) - discount,
        category=line.get("category", ""),
        sku=line.get("sku", ""),
        discounted=discount > 0,
    )


def _scaled(amounts: list[Decimal], total: Decimal) -> list[Decimal]:
    """In the same proportion, and together exactly `total`: the largest takes what division leaves over."""
    whole = sum(amounts)
    if whole == total:
        return amounts
    scaled = [amount * total / whole for amount in amounts]
    largest = scaled.index(max(scaled))
    scaled[largest] += total - sum(scaled)
    return scaled


def _without_excluded(parts: list[Part], rules: list[Rule], trail: list[Step]) -> list[Part]:
    for rule in (rule for rule in rules if rule.kind == "exclude"):
        gone = sum((part.amount for part in parts if rule.matches(part)), ZERO)
        if gone > 0 and gone >= rule.minimum_spend:
            trail.append(step(rule.step, "exclude", _short(gone)))
            parts = [part for part in parts if not rule.matches(part)]
    return parts or [Part(ZERO)]


def step(rule: str, operation: str, value: Decimal | int) -> Step:
    return {
        "rule": rule,
        "operation": operation,
        "value": format(value, "f") if isinstance(value, Decimal) else str(value),
    }


def _signed(points: Decimal) -> str:
    return format(_short(points), "+f")


def _short(value: Decimal) -> Decimal:
    """To three decimals: what was divided has no end."""
    return (
        value.quantize(Decimal("0.001")).normalize()
        if value != value.to_integral_value()
        else value.to_integral_value()
    )
