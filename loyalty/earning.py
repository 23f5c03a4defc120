"""How many points a sale earns: pure arithmetic, no database, no clock.

A sale is seen as parts: its lines, and what no line explains. Rules may take parts away; then

    points = round(Σ parts × (rate + extras) × multipliers + bonuses)

rounded once by the programme's rule, then capped; below the minimum spend nothing is earned. Of rules that stand
alone the one of the highest priority is taken, and nothing else but the rate. Every step is kept as the trail that
answers "why this many?".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
TWENTIETH = Decimal(1).scaleb(-20)  # the decimals that a share is kept with
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


NOTHING_GIVEN = Given()


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
    name: str = ""
    origin: str = "rule"

    @property
    def step(self) -> str:
        """Its name in a trail. Trails leave the building, so the id is a public one."""
        return f"{self.origin}:{self.public_id or self.id}"

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
class Deal:
    """What coupons make of a sale: `discount` off its amount, `off` of each of its lines, and its `parts` as they cost
    then, the lines first. `steps` say why; `boosts` give points beside the rules, whatever these say."""

    discount: Decimal = ZERO
    off: Sequence[Decimal] = ()
    parts: Sequence[Part] = ()
    steps: Sequence[Step] = ()
    boosts: Sequence[Rule] = ()


NO_DEAL = Deal()


@dataclass(frozen=True)
class Earned:
    """`shares` are what each line, in the till's order, has of the points: 0 to 1."""

    points: int
    trail: list[Step]
    shares: Sequence[Decimal] = ()


def earn(
    *,
    amount: Decimal,
    terms: Terms,
    multipliers: Sequence[Multiplier] = (),
    rules: Sequence[Rule] = (),
    situation: Situation | None = None,
    lines: Sequence[Mapping[str, Any]] | None = None,
    paid_with_points: Decimal = ZERO,
    deal: Deal = NO_DEAL,
) -> Earned:
    """The points for `amount` ≥ 0 and the steps that lead to them, in order: {rule, operation, value}, and `points`
    for what a rule added. Rules need a `situation`. Lines are as the till sent them: quantity, unit_price, discount ….
    What was paid with points earns none, nor does what a `deal` takes off the amount.
    """
    trail = [step("amount", "start", amount), *deal.steps]
    cost = amount - deal.discount
    if cost < terms.minimum_spend:
        return Earned(0, [*trail, step("minimum_spend", "require", terms.minimum_spend)])
    with localcontext(EXACT):
        sale = _Sale(list(deal.parts) or parts(amount, lines), trail)
        if paid_with_points:
            sale.leave_out_paid(paid_with_points)
        _count(sale, terms, multipliers, rules, situation)
        for boost in deal.boosts:
            if sale.found(boost) > 0:
                sale.add(boost, NOTHING_GIVEN)
        exact = sum(sale.points, ZERO)
        shares = _shares(sale, exact, cost, len(lines)) if lines else ()
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
    return Earned(points, trail, shares)


class _Sale:
    """A sale while its points are counted: its parts, the points of each so far, not rounded, and the steps."""

    def __init__(self, parts: list[Part], trail: list[Step]) -> None:
        self.parts = parts
        self.trail = trail
        self.points: list[Decimal] = []

    def leave_out_paid(self, paid: Decimal) -> None:
        """Of each part the same share was paid with points."""
        self.trail.append(step("paid_with_points", "exclude", paid))
        amounts = [part.amount for part in self.parts]
        self._resize(scaled(amounts, sum(amounts, ZERO) - paid))

    def leave_out(self, rule: Rule) -> None:
        gone = self.found(rule)
        if gone > 0 and gone >= rule.minimum_spend:
            self.trail.append(step(rule.step, "exclude", _short(gone)))
            self._resize([ZERO if rule.matches(part) else part.amount for part in self.parts])

    def _resize(self, amounts: list[Decimal]) -> None:
        self.parts = [replace(part, amount=amount) for part, amount in zip(self.parts, amounts, strict=True)]

    def found(self, rule: Rule) -> Decimal:
        """How much of it the rule looks at."""
        return sum((part.amount for part in self.parts if rule.matches(part)), ZERO)

    def multiply(self, multiplier: Multiplier) -> None:
        self.points = [each * multiplier.factor for each in self.points]
        self.trail.append(step(multiplier.rule, "multiply", multiplier.factor))

    def add(self, rule: Rule, given: Given) -> None:
        """What a rule gives, as much of it as it may give still."""
        more = self._more(rule)
        room = rule.room(given)
        if room is not None and sum(more) > room:
            more = scaled(more, room)
        named = {"name": rule.name} if rule.name else {}
        self.trail.append(step(rule.step, rule.kind, rule.value) | named | {"points": _signed(sum(more, ZERO))})
        self.points = [each + new for each, new in zip(self.points, more, strict=True)]

    def _more(self, rule: Rule) -> list[Decimal]:
        found = [part.amount if rule.matches(part) else ZERO for part in self.parts]
        if rule.kind == "extra":
            return [amount * rule.value for amount in found]
        if rule.kind == "multiply":
            return [
                each * (rule.value - 1) if amount else ZERO for each, amount in zip(self.points, found, strict=True)
            ]
        return scaled(found, rule.value)  # a bonus is for all that the rule looks at


def _count(
    sale: _Sale, terms: Terms, multipliers: Sequence[Multiplier], rules: Sequence[Rule], situation: Situation | None
) -> None:
    now = [rule for rule in rules if situation is not None and rule.applies(situation)]
    for rule in now:
        if rule.kind == "exclude":
            sale.leave_out(rule)
    sale.points = [part.amount * terms.rate for part in sale.parts]
    sale.trail.append(step("earn_rate", "multiply", terms.rate))
    now = [rule for rule in now if rule.kind != "exclude" and 0 < sale.found(rule) >= rule.minimum_spend]
    alone = [rule for rule in now if rule.exclusive]
    if alone:
        now, multipliers = [min(alone, key=_rank)], ()
    given = situation.given if situation is not None else {}
    for rule in _of_kind(now, "extra"):
        sale.add(rule, given.get(rule.id, NOTHING_GIVEN))
    for multiplier in multipliers:
        sale.multiply(multiplier)
    for rule in [*_of_kind(now, "multiply"), *_of_kind(now, "bonus")]:
        sale.add(rule, given.get(rule.id, NOTHING_GIVEN))


def _rank(rule: Rule) -> tuple[int, int]:
    return -rule.priority, rule.id


def _of_kind(rules: list[Rule], kind: str) -> list[Rule]:
    return sorted((rule for rule in rules if rule.kind == kind), key=_rank)


def _shares(sale: _Sale, exact: Decimal, amount: Decimal, lines: int) -> list[Decimal]:
    """What each line has of the points; where there are none, of the amount."""
    if exact:
        return [(points / exact).quantize(TWENTIETH) for points in sale.points[:lines]]
    return [(part.amount / amount).quantize(TWENTIETH) if amount else ZERO for part in sale.parts[:lines]]


def parts(amount: Decimal, lines: Sequence[Mapping[str, Any]] | None) -> list[Part]:
    """One for each line, and one for what they lack (postage). Together they are `amount`, whatever the lines come to:
    a discount on the whole sale makes each of them smaller."""
    found = [part_of(line) for line in lines or ()]
    total = sum((part.amount for part in found), ZERO)
    if total < amount or not found:
        return [*found, Part(amount - total)]
    amounts = scaled([part.amount for part in found], amount)
    return [replace(part, amount=smaller) for part, smaller in zip(found, amounts, strict=True)]


def part_of(line: Mapping[str, Any]) -> Part:
    quantity, discount = Decimal(line.get("quantity", 1)), Decimal(line.get("discount", 0))
    return Part(
        amount=max(ZERO, quantity * Decimal(line["unit_price"]) - discount),  # less than nothing is a discount on all
        category=line.get("category", ""),
        sku=line.get("sku", ""),
        discounted=discount > 0,
    )


def scaled(amounts: list[Decimal], total: Decimal) -> list[Decimal]:
    """In the same proportion, and together exactly `total`: the largest takes what division leaves over."""
    whole = sum(amounts)
    if whole == total:
        return amounts
    found = [amount * total / whole for amount in amounts]
    largest = found.index(max(found))
    found[largest] += total - sum(found)
    return found


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
