"""How many points a sale earns, and why."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from businesses.models import Rounding
from loyalty.earning import Multiplier, Terms, earn

TERMS = Terms(rate=Decimal(1), minimum_spend=Decimal(0), points_cap=None, rounding="floor")


def terms(**changes: object) -> Terms:
    return Terms(**(TERMS.__dict__ | changes))


@pytest.mark.parametrize(
    ("rounding", "amount", "points"),
    [
        ("floor", "24.80", 24),
        ("half_up", "24.50", 25),
        ("half_up", "24.49", 24),
        ("ceiling", "24.01", 25),
        ("ceiling", "24", 24),
    ],
)
def test_the_programmes_rounding_is_applied(rounding: str, amount: str, points: int) -> None:
    assert earn(amount=Decimal(amount), terms=terms(rounding=rounding)).points == points


def test_it_is_rounded_once_after_the_multipliers() -> None:
    gold, weekend = Multiplier("tier:1", Decimal("1.5")), Multiplier("weekend", Decimal("1.5"))
    assert earn(amount=Decimal("1.90"), terms=TERMS, multipliers=[gold]).points == 2  # 2.85, not ⌊1.90⌋ × 1.5
    assert earn(amount=Decimal("10"), terms=TERMS, multipliers=[gold, weekend]).points == 22


def test_below_the_minimum_nothing_at_it_everything() -> None:
    strict = terms(minimum_spend=Decimal(20))
    assert earn(amount=Decimal("19.99"), terms=strict).points == 0
    assert earn(amount=Decimal("20"), terms=strict).points == 20


def test_the_cap_cuts_what_was_rounded() -> None:
    assert earn(amount=Decimal("500.90"), terms=terms(points_cap=100)).points == 100
    assert earn(amount=Decimal("99.90"), terms=terms(points_cap=100)).points == 99
    assert earn(amount=Decimal("5"), terms=terms(points_cap=0)).points == 0


def test_the_trail_tells_every_step_in_order() -> None:
    earned = earn(
        amount=Decimal("24.80"),
        terms=terms(rate=Decimal("2.5"), points_cap=80),
        multipliers=[Multiplier("tier:7", Decimal("1.5"))],
    )
    assert [(step["rule"], step["operation"], step["value"]) for step in earned.trail] == [
        ("amount", "start", "24.80"),
        ("earn_rate", "multiply", "2.5"),
        ("tier:7", "multiply", "1.5"),
        ("rounding", "floor", "93"),
        ("points_cap", "cap", "80"),
    ]


AMOUNTS = st.decimals(min_value=0, max_value=10**8, places=2)
RATES = st.decimals(min_value=0, max_value=100, places=4)


@given(AMOUNTS, RATES, st.sampled_from(list(Rounding)), st.one_of(st.none(), st.integers(0, 10**6)))
def test_points_are_whole_never_negative_and_within_one_of_the_exact_product(
    amount: Decimal, rate: Decimal, rounding: Rounding, cap: int | None
) -> None:
    points = earn(amount=amount, terms=terms(rate=rate, rounding=rounding, points_cap=cap)).points
    exact = amount * rate
    assert isinstance(points, int)
    assert points >= 0
    if cap is not None and points == cap:
        assert exact >= cap - 1
    else:
        assert abs(points - exact) < 1


@given(AMOUNTS, AMOUNTS, RATES)
def test_a_larger_sale_never_earns_less(one: Decimal, other: Decimal, rate: Decimal) -> None:
    low, high = sorted([one, other])
    assert earn(amount=low, terms=terms(rate=rate)).points <= earn(amount=high, terms=terms(rate=rate)).points
