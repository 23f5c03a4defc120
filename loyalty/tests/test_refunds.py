"""Refunds of parts, by amount and by lines, and of sales that points paid for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.models import Program
from conftest import Shop, assert_books_agree
from loyalty import ledger, outcomes, sweeps
from loyalty.models import Entry, Lot, Membership, Operation, Pending, Purchase, PurchaseLine, Refund
from loyalty.outcomes import AlreadyReversed, KeyReused, NotEnoughPoints, RefundTooLarge
from loyalty.purchases import TooManyPoints
from loyalty.tests.conftest import buy, cancel, redeem, refund, wallet
from loyalty.tests.parallel import crew
from loyalty.tests.test_earning_rules import rule

pytestmark = pytest.mark.django_db

BREAD, WINE, CHEESE = (
    {"sku": "bread", "category": "Bakery", "quantity": "2", "unit_price": "5"},
    {"sku": "wine", "category": "Drinks", "unit_price": "60"},
    {"sku": "cheese", "category": "Dairy", "unit_price": "30"},
)


@pytest.fixture(autouse=True)
def books_agree() -> Any:
    yield
    assert_books_agree()


def line(posted: outcomes.Posted, sku: str) -> int:
    return PurchaseLine.objects.get(purchase=posted.id, sku=sku).pk


def pieces(posted: outcomes.Posted, **skus: str | int) -> dict[int, Decimal]:
    return {line(posted, sku): Decimal(quantity) for sku, quantity in skus.items()}


# --- By amount --------------------------------------------------------------------------------------------


def test_a_part_takes_back_its_part_of_the_points(shop: Shop) -> None:
    sale = buy(shop, "24.80")
    posted = refund(shop, sale, amount=Decimal(10))
    assert (posted.points, posted.amount, posted.balance_after) == (-10, 10, 14)  # ⌊24 × 14.80 / 24.80⌋ stay
    membership = Membership.objects.get()
    assert (membership.visits, membership.spend) == (1, Decimal("14.80"))


def test_parts_make_the_whole_and_not_a_point_more(shop: Shop) -> None:
    sale = buy(shop, "24.80")
    taken = [refund(shop, sale, amount=Decimal(part)).points for part in ("0.30", "0.30", "0.30", "9.10", "14.80")]
    assert taken == [-1, 0, 0, -9, -14]
    assert (wallet().balance, wallet().lifetime) == (0, 0)
    assert Membership.objects.get().visits == 0
    assert Purchase.objects.get().share_refunded == 1
    with pytest.raises(AlreadyReversed):
        refund(shop, sale)


def test_what_is_left_is_refunded_by_naming_nothing(shop: Shop) -> None:
    sale = buy(shop, 100)
    refund(shop, sale, amount=Decimal(30))
    posted = refund(shop, sale)
    assert (posted.points, posted.amount) == (-70, 70)


@pytest.mark.parametrize("rounding", ["floor", "half_up", "ceiling"])
def test_what_stays_is_rounded_by_the_programmes_rule(shop: Shop, rounding: str) -> None:
    program = shop.business.program
    program.rounding = rounding
    program.save()
    sale = buy(shop, 10)
    refund(shop, sale, amount=Decimal("3.5"))  # 6.5 stay
    assert wallet().balance == {"floor": 6, "half_up": 7, "ceiling": 7}[rounding]


def test_an_exact_third_stays_exact(shop: Shop) -> None:
    sale = buy(shop, 30)
    for left in (20, 10, 0):
        refund(shop, sale, amount=Decimal(10))
        assert wallet().balance == left


def test_more_than_is_left_is_refused_and_stored(shop: Shop) -> None:
    sale = buy(shop, 50)
    refund(shop, sale, amount=Decimal(20))
    for _ in range(2):
        with pytest.raises(RefundTooLarge) as refused:
            refund(shop, sale, amount=Decimal("30.01"), key="too much")
    assert (refused.value.fact["left"], refused.value.posted.replayed) == ("30.00", True)
    assert wallet().balance == 30


def test_the_same_key_with_another_part_is_another_input(shop: Shop) -> None:
    sale = buy(shop, 50)
    first = refund(shop, sale, amount=Decimal(20), key="k")
    again = refund(shop, sale, amount=Decimal("20.00"), key="k")
    assert again == first._replace(outcome="replayed")
    with pytest.raises(KeyReused):
        refund(shop, sale, amount=Decimal(21), key="k")
    with pytest.raises(KeyReused):
        refund(shop, sale, key="k")


def test_a_refund_cannot_be_refunded(shop: Shop) -> None:
    sale = buy(shop, 50)
    posted = refund(shop, sale, amount=Decimal(20))
    with pytest.raises(DatabaseError, match="no accepted purchase"), transaction.atomic():
        refund(shop, posted)


def test_spent_points_of_a_part_are_owed_and_collected(shop: Shop) -> None:
    sale = buy(shop, 100)
    redeem(shop, 90)
    posted = refund(shop, sale, amount=Decimal(50))
    assert (posted.points, posted.owed_delta, posted.balance_after) == (-10, 40, 0)
    posted = refund(shop, sale)
    assert (posted.points, posted.owed_delta) == (0, 50)
    assert wallet().owed == 90
    assert buy(shop, 100).balance_after == 10


def test_after_expiry_a_part_is_owed_and_other_lots_pay(shop: Shop) -> None:
    program = shop.business.program
    program.points_last_months = 1
    program.save()
    old = datetime(2026, 1, 5, 9, tzinfo=UTC)
    sale = buy(shop, 40, at=old)
    buy(shop, 5)
    sweeps.expire_due()
    posted = refund(shop, sale, amount=Decimal(10))
    assert (posted.points, posted.owed_delta) == (-5, 5)


def test_a_free_sale_is_refunded_once(shop: Shop) -> None:
    sale = buy(shop, 0)
    assert refund(shop, sale).points == 0
    with pytest.raises(AlreadyReversed):
        refund(shop, sale)


def test_history_of_refunds_is_never_edited(shop: Shop) -> None:
    refund(shop, buy(shop, 50), amount=Decimal(20))
    for statement in ("UPDATE loyalty_refund SET amount = 1", "DELETE FROM loyalty_refund"):
        with pytest.raises(DatabaseError, match="is history"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match="is history"), transaction.atomic():
        Purchase.objects.update(paid_with_points=1)


# --- By lines ---------------------------------------------------------------------------------------------


def test_a_line_takes_back_the_points_that_it_earned(shop: Shop) -> None:
    rule(shop, "multiply", 3, categories=["Drinks"])
    sale = buy(shop, 100, lines=[BREAD, WINE, CHEESE])
    assert sale.points == 220
    posted = refund(shop, sale, pieces=pieces(sale, wine=1))
    assert (posted.amount, posted.points) == (60, -180)
    posted = refund(shop, sale, pieces=pieces(sale, bread=1))
    assert (posted.amount, posted.points) == (5, -5)
    posted = refund(shop, sale, pieces=pieces(sale, bread=1, cheese=1))
    assert (posted.amount, posted.points, posted.balance_after) == (35, -35, 0)
    assert Membership.objects.get().visits == 0


def test_what_earned_nothing_takes_nothing(shop: Shop) -> None:
    rule(shop, "exclude", 0, categories=["Drinks"])
    sale = buy(shop, 100, lines=[BREAD, WINE, CHEESE])
    assert sale.points == 40
    assert refund(shop, sale, pieces=pieces(sale, wine=1)).points == 0
    assert refund(shop, sale, pieces=pieces(sale, cheese=1)).points == -30


def test_a_bonus_is_of_what_its_rule_looks_at(shop: Shop) -> None:
    rule(shop, "bonus", 20, categories=["Dairy"])
    sale = buy(shop, 100, lines=[BREAD, WINE, CHEESE])
    assert refund(shop, sale, pieces=pieces(sale, wine=1)).points == -60
    assert refund(shop, sale, pieces=pieces(sale, cheese=1)).points == -50


def test_more_pieces_than_were_bought_are_refused(shop: Shop) -> None:
    sale = buy(shop, 100, lines=[BREAD, WINE, CHEESE])
    refund(shop, sale, pieces=pieces(sale, bread=1))
    with pytest.raises(RefundTooLarge) as refused:
        refund(shop, sale, pieces=pieces(sale, bread=2))
    assert refused.value.fact["left"] == "95.00"


def test_a_discount_on_the_whole_sale_makes_lines_smaller_and_the_last_takes_the_rest(shop: Shop) -> None:
    thirds = [{"sku": sku, "unit_price": "5"} for sku in "abc"]
    sale = buy(shop, 10, lines=thirds)
    amounts = [refund(shop, sale, pieces=pieces(sale, **{sku: 1})).amount for sku in "abc"]
    assert amounts == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]
    assert wallet().balance == 0


def test_what_no_line_explains_stays(shop: Shop) -> None:
    sale = buy(shop, 110, lines=[BREAD, WINE, CHEESE])  # 10 for postage
    posted = refund(shop, sale, pieces=pieces(sale, bread=2, wine=1, cheese=1))
    assert (posted.amount, posted.balance_after) == (100, 10)
    assert Membership.objects.get().visits == 1


def test_after_a_part_by_amount_each_line_is_smaller(shop: Shop) -> None:
    sale = buy(shop, 100, lines=[BREAD, WINE, CHEESE])
    refund(shop, sale, amount=Decimal(50))
    posted = refund(shop, sale, pieces=pieces(sale, wine=1))
    assert (posted.amount, posted.points, posted.balance_after) == (30, -30, 20)
    posted = refund(shop, sale, pieces=pieces(sale, bread=2, cheese=1))
    assert (posted.amount, posted.points, posted.balance_after) == (20, -20, 0)


def test_lines_whose_shares_nobody_kept_are_worth_what_they_cost(shop: Shop) -> None:
    sale = buy(shop, 100, lines=[BREAD, WINE, CHEESE])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE loyalty_purchaseline SET share = NULL")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert refund(shop, sale, pieces=pieces(sale, wine=1)).points == -60


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.decimals("0.01", 40, places=2)), min_size=1, max_size=5),
    st.decimals("0.01", 200, places=2),
    st.randoms(use_true_random=False),
)
def test_however_it_is_taken_apart_nothing_is_left_and_nothing_too_much(
    lines: list[tuple[int, Decimal]], postage: Decimal, chance: Any
) -> None:
    with transaction.atomic():
        shop = _new_shop()
        sent = [{"sku": f"s{n}", "quantity": str(q), "unit_price": str(p)} for n, (q, p) in enumerate(lines)]
        total = sum((q * p for q, p in lines), postage)
        sale = buy(shop, total, lines=sent)
        left = [f"s{n}" for n, (q, _) in enumerate(lines) for _ in range(q)]
        chance.shuffle(left)
        while left and wallet().balance > 0:
            if chance.random() < 0.3:
                standing = Purchase.objects.get()
                part = ((standing.amount - standing.refunded) / 3).quantize(Decimal("0.01"))
                if part:
                    refund(shop, sale, amount=part)
            refund(shop, sale, pieces=pieces(sale, **{left.pop(): 1}))
            assert 0 <= wallet().balance <= sale.points
        standing = Purchase.objects.get()
        if standing.refunded < standing.amount:
            refund(shop, sale)
        assert (wallet().balance, wallet().owed, wallet().lifetime) == (0, 0, 0)
        assert_books_agree()
        transaction.set_rollback(True)


def _new_shop() -> Shop:
    return Shop(Program.objects.create(slug="h", name="H", currency="AZN", join_code="HH"), "h")


# --- What points paid for ---------------------------------------------------------------------------------


@pytest.fixture
def worth_a_tenth(shop: Shop) -> Shop:
    program = shop.business.program
    program.point_value = Decimal("0.1")
    program.save()
    return shop


def test_points_pay_a_part_and_that_part_earns_none(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 100)
    sale = buy(shop, "24.80", points=48)
    assert (sale.points, sale.spent, sale.paid, sale.balance_after) == (20, 48, Decimal("4.80"), 72)
    assert {"rule": "paid_with_points", "operation": "exclude", "value": "4.80"} in (sale.trail or [])
    kinds = list(Entry.objects.filter(operation=sale.id).order_by("id").values_list("kind", "points", "balance_after"))
    assert kinds == [("redeem", -48, 52), ("earn", 20, 72)]
    assert Membership.objects.get().spend == Decimal("124.80")


def test_a_repeat_of_it_says_the_same(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 100)
    first = buy(shop, 20, points=50, key="k")
    program = shop.business.program
    program.point_value = Decimal("0.5")
    program.save()
    assert buy(shop, 20, points=50, key="k") == first._replace(outcome="replayed")
    with pytest.raises(KeyReused):
        buy(shop, 20, points=51, key="k")


def test_fewer_points_than_that_refuse_the_sale_whole(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 10)
    for _ in range(2):
        with pytest.raises(NotEnoughPoints) as refused:
            buy(shop, 20, points=11, key="k")
    assert refused.value.fact == {"code": "not_enough_points", "available": 10, "needed": 11}
    assert (wallet().balance, Purchase.objects.count()) == (10, 1)


def test_points_worth_more_than_the_sale_are_an_error(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 1000)
    with pytest.raises(TooManyPoints) as most:
        buy(shop, "9.99", points=100)
    assert most.value.most == 99
    assert Operation.objects.count() == 1
    assert buy(shop, "9.90", points=99).points == 0


def test_a_refund_gives_the_points_back_that_paid(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 100)
    sale = buy(shop, 20, points=100)
    assert sale.balance_after == 10
    half = refund(shop, sale, amount=Decimal(10))
    assert (half.points, half.spent, half.balance_after) == (-5, -50, 55)
    rest = refund(shop, sale)
    assert (rest.points, rest.spent, rest.balance_after) == (-5, -50, 100)


def test_points_that_come_back_pay_what_the_refund_takes(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 100)
    sale = buy(shop, 20, points=100)
    redeem(shop, 10)
    posted = refund(shop, sale)
    assert (posted.points, posted.spent, posted.owed_delta, posted.balance_after) == (-10, -100, 0, 90)


def test_points_that_come_back_pay_debts_first(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    first = buy(shop, 100)
    sale = buy(shop, 10, points=100)
    refund(shop, first)
    assert wallet().owed == 100
    posted = refund(shop, sale, amount=Decimal(5))
    assert (posted.spent, posted.owed_delta, posted.balance_after) == (-50, -50, 0)
    assert wallet().owed == 50


def test_what_was_drawn_last_comes_back_first(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    program = shop.business.program
    program.points_last_months = 1
    program.save()
    now = timezone.now()
    buy(shop, 30, at=now)
    program.points_last_months = 2
    program.save()
    buy(shop, 30, at=now)
    sale = buy(shop, 10, points=50, at=now)
    refund(shop, sale, amount=Decimal(5))
    assert list(Lot.objects.order_by("expires_at", "id").values_list("remaining", flat=True))[:2] == [5, 30]


def test_where_a_lot_has_expired_what_comes_back_lasts_fourteen_days(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    program = shop.business.program
    program.points_last_months = 1
    program.save()
    buy(shop, 30, at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    with ledger.clock_at(datetime(2026, 3, 2, 9, tzinfo=UTC)):
        sale = buy(shop, 3, points=30, at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    later = datetime(2026, 6, 1, 9, tzinfo=UTC)
    with ledger.clock_at(later):
        for back in (10, 20):
            posted = refund(shop, sale, amount=Decimal(back) / 10)
            assert posted.spent == -back
    lots = Lot.objects.filter(open=True).values_list("credit", "expires_at").order_by("credit")
    assert list(lots) == [(10, later + timedelta(days=14)), (20, later + timedelta(days=14))]


def test_a_part_paid_elsewhere_is_cleared_and_its_refund_too(
    worth_a_tenth: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = new_shop("other")
    buy(worth_a_tenth, 100)
    sale = buy(other, 20, points=100)
    refund(other, sale, amount=Decimal(5))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(points * point_value) FROM loyalty_draw WHERE business_id <> issuer_id")
        assert cursor.fetchone()[0] == Decimal("7.5")
    refund(other, sale)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(points * point_value) FROM loyalty_draw WHERE business_id <> issuer_id")
        assert cursor.fetchone()[0] == 0


# --- Points that wait -------------------------------------------------------------------------------------


def test_a_part_of_what_waits_is_taken_from_the_promise(shop: Shop) -> None:
    program = shop.business.program
    program.pending_days = 3
    program.save()
    sale = buy(shop, 100, at=timezone.now())
    posted = refund(shop, sale, amount=Decimal(40))
    assert (posted.points, posted.pending, wallet().pending) == (0, -40, 60)
    with ledger.clock_at(sale.occurred_at + timedelta(days=4)):
        sweeps.mature_due()
        assert (wallet().balance, wallet().pending) == (60, 0)
        assert refund(shop, sale, amount=Decimal(30)).balance_after == 30


def test_a_promise_of_which_nothing_is_left_is_settled(shop: Shop) -> None:
    program = shop.business.program
    program.pending_days = 3
    program.save()
    sale = buy(shop, 100, at=timezone.now())
    refund(shop, sale, amount=Decimal(40))
    last = refund(shop, sale)
    assert Pending.objects.get().settled_by_id == last.id
    assert wallet().pending == 0


# --- At once ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_parallel_parts_never_exceed_the_whole(shop: Shop) -> None:
    sale = buy(shop, 100)

    def part(number: int) -> bool:
        try:
            refund(shop, sale, amount=Decimal(30), key=f"part {number}")
        except RefundTooLarge:
            return False
        return True

    with crew(8) as hands:
        assert sum(hands.all_at_once([partial(part, n) for n in range(8)])) == 3
    assert (wallet().balance, sum(Refund.objects.values_list("amount", flat=True))) == (10, 90)


@pytest.mark.django_db(transaction=True)
def test_the_last_points_pay_for_one_of_many_sales(worth_a_tenth: Shop) -> None:
    shop = worth_a_tenth
    buy(shop, 100)

    def spend(number: int) -> bool:
        try:
            buy(shop, 10, points=100, key=f"sale {number}")
        except NotEnoughPoints:
            return False
        return True

    with crew(8) as hands:
        assert sum(hands.all_at_once([partial(spend, n) for n in range(8)])) == 1
    assert wallet().balance == 0


def test_a_cancelled_redemption_still_gives_all_back(shop: Shop) -> None:
    buy(shop, 50)
    assert cancel(shop, redeem(shop, 20)).balance_after == 50
