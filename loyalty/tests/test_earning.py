"""How many points a sale earns, and why."""

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from businesses.models import Rounding
from loyalty.earning import Earned, Given, Multiplier, Rule, Situation, Terms, earn, is_birthday

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


# --- Rules -------------------------------------------------------------------------------------------------

FRIDAY = datetime(2026, 11, 20, 18, 10)  # by the business's clock


def rule(number: int, kind: str, value: str | int = 0, **what: object) -> Rule:
    return Rule(id=number, kind=kind, value=Decimal(value), **what)


def earned(
    amount: str, *rules: Rule, gold: str = "", lines: list[dict[str, str]] | None = None, **now: object
) -> Earned:
    return earn(
        amount=Decimal(amount),
        terms=TERMS,
        multipliers=[Multiplier("tier:1", Decimal(gold))] if gold else [],
        rules=rules,
        situation=Situation(**({"local": FRIDAY} | now)),
        lines=lines,
    )


def points(amount: str, *rules: Rule, **rest: object) -> int:
    return earned(amount, *rules, **rest).points


BASKET = [
    {"category": "Dairy", "sku": "milk", "unit_price": "2", "quantity": "3"},
    {"category": "bakery ", "sku": "loaf", "unit_price": "4"},
    {"category": "Wine", "sku": "red", "unit_price": "12", "discount": "2"},
]  # 6 + 4 + 10


def test_bases_add_multipliers_multiply_and_it_is_rounded_once() -> None:
    """24.80 on a Friday evening by a Gold customer: (1 + 0.5) × 1.5 = 2.25 for each unit, 55.8, rounded down."""
    extra, friday = rule(1, "extra", "0.5"), rule(2, "multiply", "1.5", weekdays=frozenset({4}))
    found = earned("24.80", extra, gold="1.5")
    assert found.points == 55
    assert points("24.80", extra, friday, gold="1.5") == 83  # 83.7
    assert points("24.80", friday, gold="1.5") == 55  # 55.8


def test_the_trail_tells_what_each_rule_added() -> None:
    found = earned("24.80", rule(3, "multiply", 2), rule(4, "bonus", 5), rule(5, "extra", "0.5"), gold="1.5")
    assert [(step["rule"], step["operation"], step["value"], step.get("points")) for step in found.trail] == [
        ("amount", "start", "24.80", None),
        ("earn_rate", "multiply", "1", None),
        ("rule:5", "extra", "0.5", "+12.4"),
        ("tier:1", "multiply", "1.5", None),
        ("rule:3", "multiply", "2", "+55.8"),
        ("rule:4", "bonus", "5", "+5"),
        ("rounding", "floor", "116", None),
    ]


def test_a_rule_of_a_category_looks_at_its_lines_alone() -> None:
    assert points("20", rule(1, "multiply", 3, categories=frozenset({"bakery"})), lines=BASKET) == 20 + 2 * 4
    assert points("20", rule(1, "extra", 2, skus=frozenset({"milk"})), lines=BASKET) == 20 + 2 * 6
    assert points("20", rule(1, "bonus", 7, categories=frozenset({"wine"})), lines=BASKET) == 27
    assert points("20", rule(1, "bonus", 7, categories=frozenset({"tea"})), lines=BASKET) == 20
    assert points("20", rule(1, "multiply", 3, categories=frozenset({"bakery"}))) == 20  # a sale without lines


def test_what_is_excluded_earns_nothing_and_no_rule_counts_it() -> None:
    wine = rule(1, "exclude", categories=frozenset({"wine"}))
    assert points("20", wine, lines=BASKET) == 10
    assert points("20", wine, rule(2, "multiply", 2), lines=BASKET) == 20
    assert points("20", wine, rule(2, "bonus", 9, categories=frozenset({"wine"})), lines=BASKET) == 10
    assert points("20", rule(1, "exclude", discounted=True), lines=BASKET) == 10
    assert points("20", rule(1, "exclude"), rule(2, "bonus", 9), lines=BASKET) == 0  # the whole sale


def test_lines_that_come_to_more_or_less_than_the_sale_are_its_parts_all_the_same() -> None:
    double = rule(1, "multiply", 2, categories=frozenset({"wine"}))
    assert points("25", double, lines=BASKET) == 25 + 10  # 5 of postage
    assert points("10", double, lines=BASKET) == 10 + 5  # half price on everything
    assert points("10", double, lines=[*BASKET, {"name": "coupon", "unit_price": "-10"}]) == 10 + 5
    thirds = [{"category": "Dairy", "unit_price": "1"}] * 3
    assert points("1", rule(1, "extra", 299), lines=thirds) == 300  # nothing is lost in dividing


def test_of_rules_that_stand_alone_the_first_gives_and_nothing_else_but_the_rate() -> None:
    both = [rule(1, "multiply", 5, exclusive=True, priority=1), rule(2, "multiply", 3, exclusive=True, priority=2)]
    assert points("10", *both, rule(3, "bonus", 50), gold="2") == 30
    assert points("10", both[0], rule(4, "multiply", 2, exclusive=True, priority=1)) == 50  # the older of equals
    not_today = rule(5, "multiply", 9, exclusive=True, priority=9, weekdays=frozenset({0}))
    assert points("10", not_today, rule(3, "bonus", 50), gold="2") == 70
    assert points("20", rule(6, "exclude", discounted=True), both[0], lines=BASKET) == 50  # what is excluded stays so


def test_a_minimum_is_of_what_the_rule_looks_at() -> None:
    wine = rule(1, "bonus", 7, categories=frozenset({"wine"}), minimum_spend=Decimal(10))
    assert points("20", wine, lines=BASKET) == 27
    assert points("20", replace(wine, minimum_spend=Decimal("10.01")), lines=BASKET) == 20


@pytest.mark.parametrize(
    ("caps", "before", "given"),
    [
        ({"most_per_purchase": 30}, Given(), 30),
        ({"most_per_day": 50}, Given(Decimal(40), Decimal(90)), 10),
        ({"most_per_day": 50}, Given(Decimal(50), Decimal(50)), 0),
        ({"most_per_day": 50}, Given(Decimal(60), Decimal(60)), 0),  # it was more before
        ({"most_per_customer": 100}, Given(Decimal(0), Decimal(95)), 5),
        ({"most_per_purchase": 30, "most_per_day": 50, "most_per_customer": 99}, Given(), 30),
        ({"most_per_purchase": 300}, Given(), 100),
    ],
)
def test_a_rule_gives_no_more_than_it_may(caps: dict[str, int], before: Given, given: int) -> None:
    double = rule(1, "multiply", 2, **caps)
    assert points("100", double, given={1: before}) == 100 + given
    assert points("100", double, rule(2, "bonus", 1), given={1: before}) == 101 + given


def test_a_customer_earns_no_more_than_so_many_points_a_day() -> None:
    strict = terms(points_cap_day=50)
    for before, expected in ((0, 50), (20, 30), (50, 0), (90, 0)):
        found = earn(amount=Decimal(70), terms=strict, situation=Situation(local=FRIDAY, given_today=before))
        assert found.points == expected
        assert found.trail[-1] == {"rule": "points_cap_day", "operation": "cap", "value": str(expected)}


@pytest.mark.parametrize(
    ("when", "local", "applies"),
    [
        ({"weekdays": {4}}, "2026-11-20T18:10", True),
        ({"weekdays": {5, 6}}, "2026-11-20T18:10", False),
        ({"from_time": "17:00", "until_time": "19:00"}, "2026-11-20T17:00", True),
        ({"from_time": "17:00", "until_time": "19:00"}, "2026-11-20T18:59:59", True),
        ({"from_time": "17:00", "until_time": "19:00"}, "2026-11-20T19:00", False),
        ({"from_time": "22:00", "until_time": "02:00"}, "2026-11-20T23:00", True),
        ({"from_time": "22:00", "until_time": "02:00"}, "2026-11-20T02:00", False),
        ({"from_time": "22:00", "until_time": "02:00", "weekdays": {4}}, "2026-11-21T01:00", True),  # Friday's night
        ({"from_time": "22:00", "until_time": "02:00", "weekdays": {4}}, "2026-11-20T01:00", False),  # Thursday's
        ({"from_time": "22:00", "until_time": "02:00", "ends_on": "2026-11-20"}, "2026-11-21T01:00", True),
        ({"starts_on": "2026-11-20", "ends_on": "2026-11-20"}, "2026-11-20T00:00", True),
        ({"starts_on": "2026-11-21"}, "2026-11-20T23:59", False),
        ({"ends_on": "2026-11-19"}, "2026-11-20T00:00", False),
    ],
)
def test_a_rule_keeps_the_hours_of_the_business(when: dict[str, Any], local: str, applies: bool) -> None:
    read = {"weekdays": frozenset, "from_time": time.fromisoformat, "until_time": time.fromisoformat}
    what = {name: read.get(name, date.fromisoformat)(value) for name, value in when.items()}
    now = Situation(local=datetime.fromisoformat(local))
    assert rule(1, "bonus", 1, **what).applies(now) is applies


@pytest.mark.parametrize(
    ("born", "day", "birthday"),
    [
        ("1990-05-04", "2026-05-04", True),
        ("1990-05-04", "2026-05-05", False),
        ("1992-02-29", "2028-02-29", True),
        ("1992-02-29", "2028-02-28", False),
        ("1992-02-29", "2027-02-28", True),
        ("1992-02-29", "2027-03-01", False),
        ("1992-02-28", "2028-02-29", False),
    ],
)
def test_a_birthday_comes_every_year(born: str, day: str, birthday: bool) -> None:
    assert is_birthday(date.fromisoformat(born), date.fromisoformat(day)) is birthday
    now = {"local": datetime.fromisoformat(day), "birthday": date.fromisoformat(born)}
    assert points("10", rule(1, "bonus", 100, occasion="birthday"), **now) == (110 if birthday else 10)


def test_who_never_told_a_birthday_has_none() -> None:
    assert points("10", rule(1, "bonus", 100, occasion="birthday")) == 10


def test_first_purchases_and_tiers() -> None:
    welcome, gold = rule(1, "bonus", 100, occasion="first_purchase"), rule(2, "bonus", 7, tiers=frozenset({3}))
    new = rule(3, "bonus", 40, occasion="first_in_category")
    assert points("10", welcome, gold, new) == 10
    assert points("10", welcome, gold, new, first_purchase=True, first_in_category=True) == 150
    assert points("10", welcome, gold, new, tier_id=3) == 17


RULES = st.builds(
    Rule,
    id=st.integers(1, 9),
    kind=st.sampled_from(["extra", "multiply", "bonus"]),
    value=st.decimals(min_value=1, max_value=20, places=3),
    categories=st.sampled_from([frozenset(), frozenset({"dairy"}), frozenset({"wine", "bakery"})]),
    most_per_purchase=st.one_of(st.none(), st.integers(0, 50)),
    exclusive=st.booleans(),
    priority=st.integers(0, 3),
)


@given(AMOUNTS, st.lists(RULES, max_size=6, unique_by=lambda each: each.id))
def test_rules_that_give_never_take_and_the_trail_adds_up(amount: Decimal, rules: list[Rule]) -> None:
    found = earned(str(amount), *rules, lines=BASKET)
    assert found.points >= points(str(amount))
    added = sum(Decimal(step["points"]) for step in found.trail if "points" in step)
    assert abs(amount + added - found.points) < 1 + Decimal("0.001") * len(rules)
    for each in rules:
        given_by_it = sum(Decimal(s["points"]) for s in found.trail if s["rule"] == f"rule:{each.id}")
        assert each.most_per_purchase is None or given_by_it <= each.most_per_purchase
