"""The ledger's promises, one caller at a time. Parallel callers are in test_parallel.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from conftest import Shop
from customers.models import Customer
from loyalty import ledger, outcomes, sweeps
from loyalty.lookup import UnknownCustomer
from loyalty.models import Draw, Entry, Lot, Membership, Operation, Purchase, PurchaseLine, Redemption, Tier, Wallet
from loyalty.outcomes import AlreadyReversed, KeyReused, MomentAhead, NotEnoughPoints, ReferenceUsed
from loyalty.tests.conftest import PHONE, buy, cancel, redeem, refund, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def lasting(shop: Shop, months: int | None) -> None:
    shop.business.program.points_last_months = months
    shop.business.program.save()


def test_a_first_purchase_enrols_the_phone_and_earns(shop: Shop) -> None:
    posted = buy(shop, "24.80")
    assert (posted.points, posted.balance_after, posted.visits, posted.enrolled) == (24, 24, 1, True)
    assert (wallet().balance, wallet().lifetime, wallet().owed) == (24, 24, 0)
    assert posted.customer == wallet().public_id


def test_a_second_purchase_is_not_an_enrolment(shop: Shop) -> None:
    buy(shop, 10)
    posted = buy(shop, 5)
    assert (posted.balance_after, posted.visits, posted.enrolled) == (15, 2, False)
    assert Customer.objects.count() == 1


def test_lines_are_kept_in_the_order_they_came(shop: Shop) -> None:
    lines = [{"sku": "A1", "name": "Tea", "quantity": "2", "unit_price": "1.50"}, {"name": "Bun", "unit_price": "1.00"}]
    posted = buy(shop, 4, lines=lines)
    stored = PurchaseLine.objects.filter(purchase_id=posted.id).order_by("position")
    assert [(line.position, line.sku, line.name, line.quantity, line.unit_price) for line in stored] == [
        (1, "A1", "Tea", 2, Decimal("1.5")),
        (2, "", "Bun", 1, 1),
    ]


def test_the_same_key_and_input_is_the_first_answer_again(shop: Shop) -> None:
    first = buy(shop, 10, key="once")
    again = buy(shop, "10.00", key="once")
    assert again.replayed
    assert not first.replayed
    assert again._replace(outcome="") == first._replace(outcome="")
    assert wallet().balance == 10


def test_a_replay_answers_as_it_did_whatever_has_happened_since(shop: Shop) -> None:
    first = redeem_after_earning(shop, earned=10, spent=7, key="spend")
    again = redeem(shop, 7, key="spend")
    assert again.replayed
    assert again.balance_after == first.balance_after == 3


def redeem_after_earning(shop: Shop, earned: int, spent: int, key: str) -> outcomes.Posted:
    buy(shop, earned)
    return redeem(shop, spent, key=key)


def test_the_same_key_with_other_input_is_refused_and_writes_nothing(shop: Shop) -> None:
    buy(shop, 10, key="once")
    with pytest.raises(KeyReused):
        buy(shop, 11, key="once")
    with pytest.raises(KeyReused):
        buy(shop, 10, key="once", phone="+994509999999")
    with pytest.raises(KeyReused):
        redeem(shop, 10, key="once")
    assert Operation.objects.count() == 1
    assert not Customer.objects.filter(phone="+994509999999").exists()


def test_keys_of_two_businesses_do_not_meet(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = new_shop("other")
    assert buy(shop, 10, key="k").outcome == buy(other, 20, key="k").outcome == "posted"
    assert wallet().balance == 30


def test_a_refused_redemption_is_stored_and_stays_refused_for_its_key(shop: Shop) -> None:
    buy(shop, 10)
    with pytest.raises(NotEnoughPoints) as refused:
        redeem(shop, 11, key="greedy")
    assert refused.value.fact == {"code": "not_enough_points", "available": 10, "needed": 11}
    buy(shop, 100)
    with pytest.raises(NotEnoughPoints) as again:
        redeem(shop, 11, key="greedy")
    assert again.value.posted.replayed
    assert wallet().balance == 110
    assert redeem(shop, 11, key="fresh").balance_after == 99


def test_redeeming_needs_a_wallet_in_this_programme(shop: Shop) -> None:
    with pytest.raises(UnknownCustomer):
        redeem(shop, 1)
    assert not Customer.objects.exists()


def test_redeem_draws_the_soonest_expiry_first_never_expiring_last_then_the_oldest(shop: Shop) -> None:
    lasting(shop, None)
    forever = buy(shop, 10)
    lasting(shop, 24)
    later = buy(shop, 10, at=timezone.now())
    lasting(shop, 1)
    soon = buy(shop, 10, at=timezone.now())
    posted = redeem(shop, 25)
    drawn = Draw.objects.filter(entry__operation_id=posted.id).order_by("id")
    assert [(draw.lot.entry.operation_id, draw.points) for draw in drawn] == [
        (soon.id, 10),
        (later.id, 10),
        (forever.id, 5),
    ]


def test_equal_expiries_are_drawn_oldest_first(shop: Shop) -> None:
    lots = [buy(shop, 10).id for _ in range(3)]
    posted = redeem(shop, 15)
    drawn = Draw.objects.filter(entry__operation_id=posted.id).order_by("id")
    assert [draw.lot.entry.operation_id for draw in drawn] == lots[:2]


def test_due_points_expire_before_a_redemption_can_spend_them(shop: Shop) -> None:
    lasting(shop, 1)
    buy(shop, 10, at=datetime(2025, 1, 1, 9, tzinfo=UTC))
    lasting(shop, None)
    buy(shop, 5)
    with pytest.raises(NotEnoughPoints) as refused:
        redeem(shop, 6)
    assert refused.value.fact["available"] == 5
    assert wallet().balance == 5
    expiry = Entry.objects.get(kind="expire")
    assert (expiry.points, expiry.occurred_at) == (-10, datetime(2025, 2, 1, 9, tzinfo=UTC))


def test_a_due_lot_expires_once_however_often_it_is_swept(shop: Shop) -> None:
    lasting(shop, 1)
    buy(shop, 10, at=datetime(2025, 1, 1, tzinfo=UTC))
    buy(shop, 7, at=timezone.now())
    assert sweeps.expire_due() == 10
    assert sweeps.expire_due() == 0
    assert (wallet().balance, wallet().lifetime) == (7, 17)
    assert Operation.objects.filter(kind="expiry").count() == 1


def test_points_do_not_expire_before_the_databases_clock_says_so(shop: Shop) -> None:
    lasting(shop, 1)
    buy(shop, 10, at=timezone.now())
    assert sweeps.expire_due() == 0
    with ledger.clock_at(timezone.now() + timedelta(days=32)):
        assert sweeps.expire_due() == 10


def test_a_refund_takes_what_is_left_of_its_own_lot_first(shop: Shop) -> None:
    older = buy(shop, 10)
    refunded = buy(shop, 10)
    posted = refund(shop, refunded)
    assert (posted.points, posted.owed_delta, posted.balance_after) == (-10, 0, 10)
    assert Lot.objects.get(entry__operation_id=older.id).remaining == 10
    assert Lot.objects.get(entry__operation_id=refunded.id).remaining == 0
    assert (wallet().lifetime, Purchase.objects.get(pk=refunded.id).refunded) == (10, 10)


def test_a_refund_of_spent_points_takes_other_lots_and_owes_the_rest(shop: Shop) -> None:
    refunded = buy(shop, 100)
    redeem(shop, 100)
    buy(shop, 30)
    posted = refund(shop, refunded)
    assert (posted.points, posted.owed_delta, posted.balance_after) == (-30, 70, 0)
    assert (wallet().owed, wallet().lifetime) == (70, 30)


def test_owed_points_are_collected_by_the_next_earns(shop: Shop) -> None:
    refunded = buy(shop, 100)
    redeem(shop, 100)
    refund(shop, refunded)
    first = buy(shop, 60)
    assert (first.points, first.owed_delta, first.balance_after) == (60, -60, 0)
    second = buy(shop, 60)
    assert (second.points, second.owed_delta, second.balance_after) == (60, -40, 20)
    assert wallet().owed == 0
    assert list(
        Entry.objects.filter(operation_id=second.id).order_by("id").values_list("kind", "points", "owed_delta")
    ) == [
        ("earn", 60, 0),
        ("collect", -40, -40),
    ]


def test_a_refund_of_a_purchase_whose_points_paid_a_debt_owes_it_again(shop: Shop) -> None:
    first = buy(shop, 100)
    redeem(shop, 100)
    refund(shop, first)
    second = buy(shop, 60)
    posted = refund(shop, second)
    assert (posted.points, posted.owed_delta) == (0, 60)
    assert wallet().owed == 100


def test_points_that_come_back_pay_a_debt_first(shop: Shop) -> None:
    """Else the order of two undos would decide whether points of a purchase that is no more can be spent."""
    refunded = buy(shop, 100)
    spent = redeem(shop, 70)
    buy(shop, 10)
    refund(shop, refunded)
    assert (wallet().balance, wallet().owed) == (0, 60)
    posted = cancel(shop, spent)
    assert (posted.points, posted.owed_delta, posted.balance_after) == (70, -60, 10)
    assert (wallet().balance, wallet().owed, wallet().lifetime) == (10, 0, 10)
    entries = Entry.objects.filter(operation_id=posted.id).order_by("id")
    assert list(entries.values_list("kind", "points", "balance_after", "owed_delta")) == [
        ("reverse", 70, 70, 0),
        ("collect", -60, 10, -60),
    ]


def test_a_cancelled_redemption_returns_points_to_the_lots_they_came_from(shop: Shop) -> None:
    earned = [buy(shop, 10).id, buy(shop, 10).id]
    spent = redeem(shop, 15)
    posted = cancel(shop, spent)
    assert (posted.points, posted.balance_after) == (15, 20)
    assert [Lot.objects.get(entry__operation_id=pk).remaining for pk in earned] == [10, 10]
    assert Lot.objects.count() == 2
    assert Redemption.objects.get(pk=spent.id).status == "cancelled"


def test_points_returned_to_an_expired_lot_live_14_days_in_a_new_one(shop: Shop) -> None:
    lasting(shop, 1)
    earned = buy(shop, 10, at=timezone.now())
    spent = redeem(shop, 4)
    later = timezone.now() + timedelta(days=40)
    with ledger.clock_at(later):
        posted = cancel(shop, spent)
    assert (posted.points, posted.balance_after) == (4, 4)
    old, new = Lot.objects.order_by("id")
    assert (old.entry.operation_id, old.remaining) == (earned.id, 0)
    assert (new.credit, new.remaining, new.issuer_id, new.expires_at) == (
        4,
        4,
        shop.business.pk,
        later + timedelta(days=14),
    )


@pytest.mark.parametrize(("act", "undo"), [(buy, refund), (redeem, cancel)])
def test_an_operation_is_reversed_once(
    shop: Shop, act: Callable[..., outcomes.Posted], undo: Callable[..., outcomes.Posted]
) -> None:
    buy(shop, 50)
    posted = act(shop, 10)
    first = undo(shop, posted, key="undo")
    assert undo(shop, posted, key="undo").replayed
    with pytest.raises(AlreadyReversed) as refused:
        undo(shop, posted, key="undo again")
    assert refused.value.fact["id"] == str(first.public_id)
    assert wallet().balance == 50


def test_another_businesss_purchase_cannot_be_refunded_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    posted = buy(shop, 10)
    stranger = new_shop("stranger")
    with pytest.raises(Exception, match="no accepted purchase of business"), transaction.atomic():
        refund(stranger, posted)


def test_a_fully_refunded_purchase_counts_nowhere_in_the_membership(shop: Shop) -> None:
    buy(shop, 10, at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    second = buy(shop, 20, at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    refund(shop, second)
    membership = Membership.objects.get()
    assert (membership.visits, membership.visit_days, membership.spend) == (1, 1, 10)
    assert membership.last_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_two_sales_of_one_day_are_two_visits_on_one_day(shop: Shop) -> None:
    buy(shop, 1, at=datetime(2026, 3, 5, 9, tzinfo=UTC))
    buy(shop, 1, at=datetime(2026, 3, 5, 10, tzinfo=UTC))
    assert (Membership.objects.get().visits, Membership.objects.get().visit_days) == (2, 1)


def test_visit_days_are_local_days_even_when_sales_arrive_late(shop: Shop) -> None:
    buy(shop, 1, at=datetime(2026, 3, 5, 19, tzinfo=UTC))  # 23:00 in Baku
    buy(shop, 1, at=datetime(2026, 3, 5, 21, tzinfo=UTC))  # 01:00 the next day
    buy(shop, 1, at=datetime(2026, 3, 1, 9, tzinfo=UTC))  # posted late
    buy(shop, 1, at=datetime(2026, 3, 1, 11, tzinfo=UTC))  # the same late day
    assert (Membership.objects.get().visits, Membership.objects.get().visit_days) == (4, 3)


def test_a_free_purchase_is_recorded_but_is_no_visit(shop: Shop) -> None:
    posted = buy(shop, 0)
    assert (posted.points, posted.visits) == (0, None)
    assert Purchase.objects.count() == 1
    assert not Membership.objects.exists()
    assert not Entry.objects.exists()


def test_below_the_minimum_spend_a_purchase_is_a_visit_without_points(new_shop: Callable[..., Shop]) -> None:
    posted = buy(new_shop("strict", minimum_spend=Decimal(20)), 10)
    assert (posted.points, posted.visits) == (0, 1)
    assert refund(new_shop_of(posted), posted).points == 0


def new_shop_of(posted: outcomes.Posted) -> Shop:
    business = Purchase.objects.get(pk=posted.id).business
    shop = Shop.__new__(Shop)
    shop.business, shop.branch, shop.staff = business, business.branches.get(), business.staff.get()
    return shop


def test_a_moment_more_than_five_minutes_ahead_is_refused(shop: Shop) -> None:
    with pytest.raises(MomentAhead):
        buy(shop, 10, at=timezone.now() + timedelta(minutes=6))
    assert buy(shop, 10, at=timezone.now() + timedelta(minutes=4)).points == 10


def test_a_reference_is_used_once_per_branch_kind_and_local_day(shop: Shop) -> None:
    day = datetime(2026, 3, 5, 9, tzinfo=UTC)
    first = buy(shop, 10, reference="R-1", at=day)
    with pytest.raises(ReferenceUsed) as refused:
        buy(shop, 12, reference="R-1", at=day)
    assert refused.value.fact["id"] == str(first.public_id)
    assert buy(shop, 10, reference="R-1", at=day + timedelta(days=1)).points == 10
    assert redeem(shop, 5, reference="R-1").points == -5
    with pytest.raises(ReferenceUsed):
        redeem(shop, 5, reference="R-1")
    assert wallet().balance == 15


def test_the_tier_multiplies_and_a_moved_tier_is_noticed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(shop, 10)
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=2, multiplier=Decimal("1.5"))
    Wallet.objects.update(tier=gold)
    posted = buy(shop, "24.80")
    assert (posted.points, posted.tier_id) == (37, gold.pk)
    # The facts are read before the post: let the tier move in between.
    real, moved = ledger.purchase, []

    def move_first(**values: object) -> outcomes.Posted:
        if not moved:
            moved.append(Wallet.objects.update(tier=None))
        return real(**values)

    monkeypatch.setattr(ledger, "purchase", move_first)
    assert buy(shop, "24.80").points == 24


def test_points_of_one_business_are_spent_at_another_and_the_draw_says_who_owes(
    shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = new_shop("other")
    buy(shop, 10)
    spent = redeem(other, 4)
    draw = Draw.objects.get()
    assert (draw.business_id, draw.issuer_id, draw.points, draw.point_value) == (
        other.business.pk,
        shop.business.pk,
        4,
        Decimal("0.01"),
    )
    cancel(other, spent)
    assert sum(draw.points * draw.point_value for draw in Draw.objects.all()) == 0


def test_a_phone_of_another_programme_is_new_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    buy(shop, 10)
    program = type(shop.business.program).objects.create(slug="else", name="Else", currency="AZN", join_code="ELSE")
    posted = buy(new_shop("elsewhere", program=program), 5)
    assert (posted.enrolled, posted.balance_after) == (True, 5)
    assert posted.customer != wallet_of(shop).public_id
    assert Customer.objects.count() == 1


def wallet_of(shop: Shop) -> Wallet:
    return Wallet.objects.get(customer__phone=PHONE, program=shop.business.program)


@pytest.mark.parametrize("table", ["operation", "entry", "draw", "lot", "purchase"])
def test_history_cannot_be_deleted(shop: Shop, table: str) -> None:
    buy(shop, 10)
    redeem(shop, 5)
    with pytest.raises(IntegrityError, match="is history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM loyalty_{table}")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("operation", "points"),
        ("entry", "points"),
        ("entry", "balance_after"),
        ("draw", "points"),
        ("lot", "credit"),
        ("lot", "expires_at"),
        ("lot", "issuer_id"),
        ("purchase", "amount"),
        ("wallet", "customer_id"),
    ],
)
def test_history_cannot_be_edited(shop: Shop, table: str, column: str) -> None:
    buy(shop, 10)
    redeem(shop, 5)
    with pytest.raises(IntegrityError, match="is history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE loyalty_{table} SET {column} = {column}")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE loyalty_wallet SET balance = -1",
        "UPDATE loyalty_wallet SET owed = -1",
        "UPDATE loyalty_lot SET remaining = -1",
        "UPDATE loyalty_lot SET remaining = credit + 1",
        "UPDATE loyalty_purchase SET refunded = amount + 1",
    ],
)
def test_a_constraint_stands_behind_the_code(shop: Shop, change: str) -> None:
    buy(shop, 10)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
