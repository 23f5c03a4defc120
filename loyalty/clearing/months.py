"""Clearing as one business may see it. A month tells what the business owes and is owed; by whom, only as far as that
says nothing of a customer or of a confidential business (docs/decisions/0013-what-clearing-tells.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from businesses.models import Business
from loyalty.clearing import positions
from loyalty.clearing.positions import FEW, Debt
from loyalty.rules import Rules

MONTHS = 12
LAST_ZONE = timedelta(hours=12)  # a day ends last at UTC−12


@dataclass(frozen=True)
class Sum:
    """`coupons` is the part of the amount that is not for points."""

    points: int = 0
    amount: Decimal = Decimal(0)
    coupons: Decimal = Decimal(0)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.points - other.points, self.amount - other.amount, self.coupons - other.coupons)


@dataclass(frozen=True)
class Side:
    """What is owed to the business and what it owes; None where too few customers stand behind it."""

    owed: Sum | None = Sum()
    owes: Sum | None = Sum()

    @property
    def balance(self) -> Sum | None:
        return None if self.owed is None or self.owes is None else self.owed - self.owes


@dataclass(frozen=True)
class Month:
    """`partners` by name, `others` are the rest of `total` together; None where nobody stands alone or all do."""

    first: date
    total: Side
    partners: list[tuple[str, Side]]
    others: Side | None
    runs: bool

    @property
    def is_empty(self) -> bool:
        return self.total == Side()


def last(*, business: Business, rules: Rules, at: datetime) -> list[Month]:
    """The months of the last year, the one that runs now last."""
    this = at.astimezone(ZoneInfo(rules.time_zone)).date().replace(day=1)
    firsts = [this - relativedelta(months=before) for before in reversed(range(MONTHS))]
    debts = positions.of_business(
        business_id=business.pk,
        currency=rules.currency,
        since=firsts[0],
        until=this + relativedelta(months=1),
    )
    names = dict(Business.objects.filter(program=business.program_id).exclude(pk=business.pk).values_list("pk", "name"))
    return [
        _month(business, names, rules, first, [debt for debt in debts if debt.month == first], at=at)
        for first in firsts
    ]


def _month(
    business: Business, names: dict[int, str], rules: Rules, first: date, debts: list[Debt], *, at: datetime
) -> Month:
    runs = first >= (at.astimezone(UTC) - LAST_ZONE).date().replace(day=1)
    of_partner: dict[int, list[Debt]] = {}
    for debt in debts:
        of_partner.setdefault(debt.is_owed if debt.owes == business.pk else debt.owes, []).append(debt)
    apart = set() if runs or rules.discreet else _apart(business.pk, of_partner)
    if not apart:
        # Of a programme whose only other business is confidential every figure would be that one's.
        alone = rules.discreet and len(names) < 2
        return Month(first, Side(None, None) if alone else _with_enough(business.pk, debts), [], None, runs)
    together = [debt for partner, theirs in of_partner.items() if partner not in apart for debt in theirs]
    partners = sorted((names[partner], _side(business.pk, of_partner[partner])) for partner in apart)
    others = _side(business.pk, together) if together else None
    return Month(first, _side(business.pk, debts), partners, others, runs)


def _apart(business_id: int, of_partner: dict[int, list[Debt]]) -> set[int]:
    """The partners that may stand alone. The rest stand together, and what they come to must not give away any of
    them: on each side one has customers enough, of points as of coupons, and another is there because it has not."""
    fewest = {partner: min(debt.customers for debt in theirs) for partner, theirs in of_partner.items()}
    order = sorted(fewest, key=lambda partner: (-fewest[partner], partner))
    apart = [partner for partner in order if fewest[partner] >= FEW]
    while apart:
        rest = [debt for partner in order[len(apart) :] for debt in of_partner[partner]]
        if all(_has_enough(side) for side in _sides(business_id, rest).values()):
            break
        apart.pop()
    return set(apart)


def _with_enough(business_id: int, debts: list[Debt]) -> Side:
    """The sums of a month of which nothing else is said, without a side of too few customers."""
    sides = _sides(business_id, debts)
    enough = {side: _has_enough(theirs) for side, theirs in sides.items()}
    if not all(enough.values()):
        found = positions.customers(business_id=business_id, month=debts[0].month)
        enough = {side: enough[side] or found.get(side, 0) >= FEW for side in sides}
    total = _side(business_id, debts)
    owed, owes = (enough[is_owed, False] and enough[is_owed, True] for is_owed in (True, False))
    return Side(total.owed if owed else None, total.owes if owes else None)


def _sides(business_id: int, debts: Iterable[Debt]) -> dict[tuple[bool, bool], list[Debt]]:
    """What the business is owed (True) and what it owes (False), each for points (False) and for coupons (True)."""
    sides: dict[tuple[bool, bool], list[Debt]] = {(owed, kind): [] for owed in (False, True) for kind in (False, True)}
    for debt in debts:
        sides[debt.is_owed == business_id, debt.for_coupons].append(debt)
    return sides


def _has_enough(debts: list[Debt]) -> bool:
    return not debts or any(debt.customers >= FEW for debt in debts)


def _side(business_id: int, debts: Iterable[Debt]) -> Side:
    sides = _sides(business_id, debts)
    owed, owes = (_sum(sides[is_owed, False], sides[is_owed, True]) for is_owed in (True, False))
    return Side(owed, owes)


def _sum(of_points: list[Debt], of_coupons: list[Debt]) -> Sum:
    points = sum((debt.amount for debt in of_points), Decimal(0))
    coupons = sum((debt.amount for debt in of_coupons), Decimal(0))
    return Sum(sum(debt.points for debt in of_points), points + coupons, coupons)
