"""What businesses owe each other: worked by hand, and against a plain count of the draws."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from businesses.models import Business, Program
from conftest import Shop
from loyalty import ledger, sweeps
from loyalty.clearing import positions
from loyalty.clearing.positions import Debt
from loyalty.lookup import UnknownCustomer
from loyalty.models import ClearingLine, Draw
from loyalty.outcomes import NotEnoughPoints
from loyalty.tests.conftest import adjust, buy, cancel, redeem, refund

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
IN_MARCH, IN_APRIL = datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 4, 10, 9, tzinfo=UTC)


@pytest.fixture
def nar(shop: Shop) -> Shop:
    return shop


@pytest.fixture
def tea(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("tea")


@pytest.fixture
def bay(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("bay")


def debts(program: Program, since: date = date(2026, 1, 1), until: date = date(2027, 1, 1)) -> list[Debt]:
    return positions.of_programme(program_id=program.pk, currency="AZN", since=since, until=until)


def owed(program: Program) -> dict[tuple[date, str, str], tuple[int, str]]:
    """What is not nothing: (month, who owes, whom) → (points, amount)."""
    names = dict(Business.objects.values_list("pk", "slug"))
    return {
        (debt.month, names[debt.owes], names[debt.is_owed]): (debt.points, str(debt.amount))
        for debt in debts(program)
        if debt.points
    }


def change(program: Program, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(program, name, value)
    program.save()


# --- Worked by hand ---------------------------------------------------------------------------------------


def test_whoever_gave_the_points_owes_their_value_to_whoever_took_them(nar: Shop, tea: Shop, program: Program) -> None:
    with ledger.clock_at(IN_MARCH):
        buy(nar, 100)
        redeem(tea, 60)
        redeem(nar, 15)  # one's own points are owed to nobody
    assert owed(program) == {(MARCH, "nar", "tea"): (60, "0.60")}


def test_a_use_of_the_points_of_two_businesses_makes_both_owe(
    nar: Shop, tea: Shop, bay: Shop, program: Program
) -> None:
    with ledger.clock_at(IN_MARCH):
        buy(nar, 100)
        buy(tea, 50)
        redeem(bay, 120)  # the oldest first
    assert owed(program) == {(MARCH, "nar", "bay"): (100, "1.00"), (MARCH, "tea", "bay"): (20, "0.20")}


def test_a_cancelled_use_takes_the_debt_back_at_the_value_it_had_in_the_month_of_the_cancellation(
    nar: Shop, tea: Shop, program: Program
) -> None:
    with ledger.clock_at(IN_MARCH):
        buy(nar, 100)
        spent = redeem(tea, 60)
    change(program, point_value=Decimal("0.05"))
    with ledger.clock_at(IN_APRIL):
        redeem(tea, 10)
        cancel(tea, spent)
    assert owed(program) == {(MARCH, "nar", "tea"): (60, "0.60"), (APRIL, "nar", "tea"): (-50, "-0.10")}


def test_a_use_that_is_cancelled_within_its_month_leaves_nothing_and_nobody_to_count(
    nar: Shop, tea: Shop, program: Program
) -> None:
    with ledger.clock_at(IN_MARCH):
        buy(nar, 100)
        cancel(tea, redeem(tea, 60))
    (debt,) = debts(program)
    assert (debt.points, debt.amount, debt.customers) == (0, Decimal(0), 0)


def test_points_of_another_that_a_refund_takes_count_like_spent_ones(nar: Shop, tea: Shop, program: Program) -> None:
    with ledger.clock_at(IN_MARCH):
        bought = buy(nar, 100)
        buy(tea, 70)
        redeem(nar, 90)  # nar's own
        refund(nar, bought)  # 10 are left of its own, 70 are tea's, 20 stay owed by the customer
    assert owed(program) == {(MARCH, "tea", "nar"): (70, "0.70")}


def test_a_debt_that_is_paid_from_points_given_back_counts_where_that_happened(
    nar: Shop, tea: Shop, program: Program
) -> None:
    with ledger.clock_at(IN_MARCH):
        bought = buy(nar, 100)
        spent = redeem(tea, 80)
        refund(nar, bought)  # 20 are left, 80 are owed
        cancel(tea, spent)  # and paid at once from nar's points, at tea
    assert owed(program) == {(MARCH, "nar", "tea"): (80, "0.80")}


def test_points_that_expire_or_are_corrected_are_owed_to_nobody(nar: Shop, tea: Shop, program: Program) -> None:
    change(program, points_last_months=1)
    with ledger.clock_at(IN_MARCH):
        buy(nar, 100)
        buy(tea, 10)
        adjust(tea, -4)
        spent = redeem(tea, 30)
    with ledger.clock_at(IN_APRIL + timedelta(days=5)):
        assert sweeps.expire_due() == 76
        cancel(tea, spent)  # into a new lot, because the old one has expired
    assert owed(program) == {(MARCH, "nar", "tea"): (30, "0.30"), (APRIL, "nar", "tea"): (-30, "-0.30")}


def test_the_month_is_that_of_the_place_where_the_points_were_spent_also_after_its_clock_was_changed(
    nar: Shop, new_shop: Callable[..., Shop], program: Program
) -> None:
    far = new_shop("far", time_zone="America/New_York")
    with ledger.clock_at(datetime(2026, 3, 31, 20, 30, tzinfo=UTC)):  # 1 April, 00:30 in Baku; still March in New York
        buy(nar, 100)
        buy(far, 100)
        redeem(far, 60)
        redeem(nar, 80)
    assert owed(program) == {(MARCH, "nar", "far"): (60, "0.60"), (APRIL, "far", "nar"): (40, "0.40")}
    Business.objects.update(time_zone="Asia/Tokyo")
    assert set(owed(program)) == {(MARCH, "nar", "far"), (APRIL, "far", "nar")}


def test_an_amount_is_rounded_once_for_two_businesses_and_a_month(nar: Shop, tea: Shop, program: Program) -> None:
    change(program, point_value=Decimal("0.0025"))
    with ledger.clock_at(IN_MARCH):
        buy(nar, 100)
        for _ in range(5):
            redeem(tea, 1)
    assert owed(program) == {(MARCH, "nar", "tea"): (5, "0.01")}  # 0.0125, and not five times nothing


def test_another_programme_sees_nothing_of_it(nar: Shop, tea: Shop) -> None:
    other = Program.objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
    buy(nar, 100)
    redeem(tea, 60)
    assert debts(other) == []


def test_a_line_is_history(nar: Shop, tea: Shop) -> None:
    buy(nar, 100)
    redeem(tea, 60)
    for statement in ("UPDATE loyalty_clearingline SET points = 1", "DELETE FROM loyalty_clearingline"):
        with pytest.raises(DatabaseError, match="history"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_a_purchase_takes_from_its_own_lot_makes_no_line(nar: Shop, tea: Shop) -> None:
    refunded = buy(nar, 100)
    redeem(nar, 100)
    refund(nar, refunded)
    buy(tea, 30)  # which pays 30 of the 100 that are owed
    assert ClearingLine.objects.count() == 0


# --- Against a plain count --------------------------------------------------------------------------------

WHAT = st.tuples(
    st.sampled_from(["buy", "redeem", "undo", "wait", "dearer"]),
    st.integers(0, 2),  # the shop
    st.integers(0, 2),  # the customer
    st.integers(1, 60),  # points, or which of the past to undo
)


def test_it_is_what_a_plain_count_of_the_draws_says(nar: Shop, tea: Shop, bay: Shop, program: Program) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(WHAT, min_size=8, max_size=30))
    def agrees(story: list[tuple[str, int, int, int]]) -> None:
        with transaction.atomic():
            live([nar, tea, bay], program, story)
            assert_clearing_is_counted(program, [nar, tea, bay])
            transaction.set_rollback(True)

    agrees()


def live(shops: list[Shop], program: Program, story: list[tuple[str, int, int, int]]) -> None:
    at, past = datetime(2026, 1, 5, 9, tzinfo=UTC), []
    change(program, points_last_months=1)
    for what, shop, customer, size in story:
        phone = f"+9945011100{customer:02}"
        with ledger.clock_at(at):
            if what == "buy":
                past.append((shops[shop], refund, buy(shops[shop], size, phone=phone)))
            elif what == "redeem":
                with suppress(NotEnoughPoints, UnknownCustomer):
                    past.append((shops[shop], cancel, redeem(shops[shop], size, phone=phone)))
            elif what == "undo" and past:
                where, undo, posted = past.pop(size % len(past))
                undo(where, posted)
            elif what == "dearer":
                change(program, point_value=Decimal(size) / 1000)
        at += timedelta(days=size if what == "wait" else 1)
    with ledger.clock_at(at):
        sweeps.expire_due()


def assert_clearing_is_counted(program: Program, shops: list[Shop]) -> None:
    """As invariant 8 says it, in Python, with the draws alone."""
    points: dict[tuple[date, int, int], int] = defaultdict(int)
    amounts: dict[tuple[date, int, int], Decimal] = defaultdict(Decimal)
    people: dict[tuple[date, int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for draw in Draw.objects.select_related("entry", "business"):
        if draw.entry.kind in ("expire", "adjust") or draw.business_id in (None, draw.issuer_id):
            continue
        month = shops[0].rules.local(draw.entry.occurred_at).date().replace(day=1)
        pair = (month, draw.issuer_id, draw.business_id)
        points[pair] += draw.points
        amounts[pair] += draw.points * draw.point_value
        people[pair][draw.customer_id] += draw.points
    found = debts(program, until=date(2030, 1, 1))
    assert {(each.month, each.owes, each.is_owed): each.points for each in found} == points
    for each in found:
        pair = (each.month, each.owes, each.is_owed)
        assert abs(each.amount - amounts[pair]) <= Decimal("0.005")
        assert each.customers == sum(1 for net in people[pair].values() if net)
    for month in {each.month for each in found}:
        of_month = [each for each in found if each.month == month]
        assert sum(positions.by_business(of_month).values()) == 0
    for shop in shops:  # both sides of a pair read the same
        mine = positions.of_business(
            business_id=shop.business.pk, currency="AZN", since=date(2026, 1, 1), until=date(2030, 1, 1)
        )
        assert set(mine) == {each for each in found if shop.business.pk in (each.owes, each.is_owed)}
