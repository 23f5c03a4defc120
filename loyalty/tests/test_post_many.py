"""The bulk road keeps the same books as the single one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Model

from conftest import NOON, Shop, assert_books_agree
from customers import blocking
from customers.models import Customer, ExternalId
from customers.registry import Named, enrol_many
from loyalty import bulk, ledger
from loyalty.bulk import Row
from loyalty.earning import earn
from loyalty.models import Entry, Lot, Membership, Operation, Purchase, PurchaseLine, Tier, Wallet
from loyalty.tests.conftest import PHONE, buy, give_tier, redeem, refund, wallet
from loyalty.tests.parallel import crew

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

OTHER = "+994502222222"
THIRD = "+994503333333"
SALES = [  # phone, amount, hours after noon: a second visit of the day, a free one, a new customer, a day later
    (PHONE, "12.50", 0),
    (OTHER, "3.99", 1),
    (PHONE, "0.40", 2),
    (PHONE, "0.00", 3),
    (OTHER, "100.00", 24),
    (PHONE, "7.77", 30),
    (THIRD, "0.00", 31),
]
LINES = {
    0: [{"sku": "T1", "name": "Tea", "category": "drinks", "quantity": "2", "unit_price": "4.00"}],
    5: [{"name": "Cake", "unit_price": "8.00", "discount": "0.23"}, {"unit_price": "0.00"}],
}


def customer(phone: str) -> int:
    (found,) = enrol_many(business_id=0, people=[Named(phone, None)])
    return found


def row(shop: Shop, amount: str, *, key: str, phone: str = PHONE, at: datetime = NOON, tier: int | None = None) -> Row:
    return Row(
        key=key,
        customer_id=customer(phone),
        branch_id=shop.branch.pk,
        amount=Decimal(amount),
        earned=earn(amount=Decimal(amount), terms=shop.rules.terms, multipliers=shop.rules.multipliers(tier)),
        occurred_at=at,
        tier_id=tier,
    )


def post(shop: Shop, *rows: Row) -> list[str]:
    (outcomes,) = bulk.post_many(rules=shop.rules, scope=f"business:{shop.business.pk}", rows=rows)
    return outcomes


def told(model: type[Model], shop: Shop, phone: str, *columns: str) -> list[tuple[object, ...]]:
    """What the rows of one customer in one programme say, in the order they were written."""
    name = "wallet__program" if model in (Operation, Entry, Lot) else "business__program"
    owned = model.objects.filter(customer__phone=phone, **{name: shop.business.program})
    return list(owned.order_by("pk").values_list(*columns))


def test_the_same_sales_leave_the_same_books_as_the_single_road(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    elsewhere = type(shop.business.program).objects.create(slug="else", name="Else", currency="AZN", join_code="ELSE")
    many = new_shop("many", program=elsewhere)
    moments = [NOON + timedelta(hours=hours) for _phone, _amount, hours in SALES]
    for n, ((phone, amount, _hours), at) in enumerate(zip(SALES, moments, strict=True)):
        buy(shop, amount, phone=phone, at=at, key=f"k{n}", lines=LINES.get(n))
    rows = [
        row(many, amount, phone=phone, at=at, key=f"k{n}")._replace(lines=LINES.get(n))
        for n, ((phone, amount, _hours), at) in enumerate(zip(SALES, moments, strict=True))
    ]
    assert post(many, *rows) == ["posted"] * len(SALES)
    for phone in (PHONE, OTHER, THIRD):
        for model, columns in [
            (Operation, "kind points balance_after owed_delta visits tier enrolled trail local_on occurred_at refusal"),
            (Purchase, "amount refunded local_on occurred_at"),
            (Entry, "kind points balance_after owed_delta occurred_at"),
            (Lot, "credit remaining expires_at"),
            (Membership, "visits visit_days spend first_at last_at first_on last_on"),
        ]:
            assert told(model, many, phone, *columns.split()) == told(model, shop, phone, *columns.split())
    single, at_once = (Wallet.objects.filter(program=each.business.program) for each in (shop, many))
    columns = ("purchase__occurred_at", "position", "sku", "name", "category", "quantity", "unit_price", "discount")
    bulk_lines, single_lines = (
        list(PurchaseLine.objects.filter(purchase__business=each.business).order_by("pk").values_list(*columns))
        for each in (many, shop)
    )
    assert len(single_lines) == 3
    assert bulk_lines == single_lines
    columns = ("customer", "balance", "lifetime", "owed", "tier")
    assert set(at_once.values_list(*columns)) == set(single.values_list(*columns))


def test_a_chunk_sent_again_is_replayed_and_writes_nothing(shop: Shop) -> None:
    rows = [row(shop, "5", key="a"), row(shop, "6", key="b", phone=OTHER)]
    assert post(shop, *rows) == ["posted", "posted"]
    assert post(shop, *rows, row(shop, "7", key="c")) == ["replayed", "replayed", "posted"]
    assert Operation.objects.count() == Purchase.objects.count() == 3
    assert wallet().balance == 12


def test_a_key_with_other_input_is_told_apart_and_the_rest_is_posted(shop: Shop) -> None:
    post(shop, row(shop, "5", key="a"))
    assert post(shop, row(shop, "50", key="a"), row(shop, "6", key="b")) == ["key_reused", "posted"]
    assert wallet().balance == 11


def test_a_key_repeated_in_one_chunk_is_one_operation(shop: Shop) -> None:
    sent = [row(shop, "5", key="a"), row(shop, "5", key="a"), row(shop, "9", key="a"), row(shop, "1", key="b")]
    assert post(shop, *sent) == ["posted", "replayed", "key_reused", "posted"]
    assert wallet().balance == 6
    assert Membership.objects.get().visits == 2


def test_keys_of_the_single_road_and_of_another_scope(shop: Shop) -> None:
    buy(shop, 5, key="a")
    assert post(shop, row(shop, "5", key="a")) == ["key_reused"]
    (outcomes,) = bulk.post_many(rules=shop.rules, scope="business:elsewhere", rows=[row(shop, "5", key="a")])
    assert outcomes == ["posted"]


def owing(shop: Shop, phone: str = PHONE) -> None:
    """40 points refunded after they were spent."""
    bought = buy(shop, 40, phone=phone)
    redeem(shop, 40, phone=phone)
    refund(shop, bought)
    assert (wallet(phone).balance, wallet(phone).owed) == (0, 40)


def test_a_wallet_that_owes_pays_first_and_the_others_go_on(shop: Shop) -> None:
    owing(shop)
    sent = [
        row(shop, "30", key="a"),
        row(shop, "9", key="b", phone=OTHER),
        row(shop, "25", key="c", at=NOON + timedelta(days=1)),
    ]
    assert post(shop, *sent) == ["posted"] * 3
    assert (wallet().balance, wallet().owed, wallet(OTHER).balance) == (15, 0, 9)
    assert list(Entry.objects.filter(kind="collect").order_by("id").values_list("points", flat=True)) == [-30, -10]
    assert post(shop, *sent) == ["replayed"] * 3


def test_who_is_blocked_and_owes_is_left_out_and_the_others_go_on(shop: Shop) -> None:
    owing(shop)
    owing(shop, OTHER)
    blocking.block(customer=Customer.objects.get(phone=PHONE), reason="x", at=NOON)
    sent = [row(shop, "30", key="a"), row(shop, "30", key="b", phone=OTHER), row(shop, "5", key="c", phone=THIRD)]
    assert post(shop, *sent) == ["blocked", "posted", "posted"]
    assert (wallet().owed, wallet(OTHER).owed, wallet(THIRD).balance) == (40, 10, 5)


def test_wallets_that_are_there_use_up_no_ids(shop: Shop) -> None:
    post(shop, row(shop, "5", key="a"), row(shop, "5", key="b", phone=OTHER))
    post(shop, row(shop, "5", key="c"), row(shop, "5", key="d", phone=THIRD))
    first, second, third = (wallet(phone).pk for phone in (PHONE, OTHER, THIRD))
    assert third == max(first, second) + 1


def test_a_key_shared_with_a_wallet_that_owes_is_answered_for_every_row(shop: Shop) -> None:
    owing(shop)
    assert post(shop, row(shop, "9", key="a", phone=OTHER), row(shop, "9", key="a")) == ["posted", "key_reused"]
    assert post(shop, row(shop, "8", key="b"), row(shop, "8", key="b")) == ["posted", "replayed"]
    assert (wallet().owed, wallet(OTHER).balance) == (32, 9)


def test_visits_and_days_are_right_when_sales_arrive_late(shop: Shop) -> None:
    buy(shop, 5, at=NOON)
    buy(shop, 5, at=NOON - timedelta(days=3))
    days = [0, 3, 3, 5, 1]  # two of them known days, one day twice
    rows = [row(shop, "5", key=f"d{n}", at=NOON - timedelta(days=day, hours=n)) for n, day in enumerate(days)]
    assert post(shop, *rows) == ["posted"] * 5
    member = Membership.objects.get()
    assert (member.visits, member.visit_days, member.spend) == (7, 4, Decimal(35))
    assert (member.first_at, member.last_at) == (NOON - timedelta(days=5, hours=3), NOON)


def test_a_refunded_day_counts_again_when_somebody_comes(shop: Shop) -> None:
    refund(shop, buy(shop, 5))
    buy(shop, 5, at=NOON + timedelta(days=2))
    post(shop, row(shop, "5", key="a"))
    assert Membership.objects.get().visit_days == 2


def test_points_of_a_tier_that_moved_are_stale_and_not_posted(shop: Shop) -> None:
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1, multiplier=2)
    buy(shop, 5)
    give_tier(gold)
    assert post(shop, row(shop, "5", key="a"), row(shop, "5", key="b", tier=gold.pk)) == ["stale", "posted"]
    assert wallet().balance == 15
    assert post(shop, row(shop, "5", key="a", tier=gold.pk)) == ["posted"]
    assert wallet().balance == 25


def test_a_moment_ahead_of_the_database_is_refused_on_both_roads(shop: Shop) -> None:
    owing(shop, OTHER)
    with ledger.clock_at(NOON):
        later = NOON + timedelta(minutes=6)
        sent = [row(shop, "5", key="a", at=later), row(shop, "5", key="b", at=later, phone=OTHER)]
        assert post(shop, *sent, row(shop, "5", key="c")) == ["future", "future", "posted"]
    assert wallet().balance == 5


def test_a_branch_of_another_business_is_refused(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    alien = row(shop, "5", key="a")._replace(branch_id=new_shop("other").branch.pk)
    with pytest.raises(Exception, match="not of business"):
        post(shop, alien)


def test_enrolling_many_knows_who_is_known(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    buy(shop, 1)
    known = Customer.objects.get().pk
    business = shop.business.pk
    people = [Named(None, "7"), Named(PHONE, None), Named(OTHER, "8"), Named(None, "7"), Named(OTHER, None)]
    seven, phone, eight, seven_again, other = enrol_many(business_id=business, people=people)
    assert (phone, seven_again, other) == (known, seven, eight)
    assert Customer.objects.count() == ExternalId.objects.count() + 1 == 3
    # The business's own id leads: its customer is not given another phone, nor the phone another customer.
    assert enrol_many(business_id=business, people=[Named(THIRD, "7"), Named(None, "8")]) == [seven, eight]
    assert Customer.objects.get(pk=seven).phone is None
    # Another business's 7 is somebody else.
    assert enrol_many(business_id=new_shop("other").business.pk, people=[Named(None, "7")]) != [seven]
    assert enrol_many(business_id=business, people=[]) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_chunks_beside_single_sales_and_beside_each_other_keep_the_books(shop: Shop) -> None:
    phones = [f"+99450555{n:04}" for n in range(40)]

    def chunk(first: int) -> list[str]:
        people = phones[first:] + phones[:first]  # each in an order of its own
        ids = enrol_many(business_id=shop.business.pk, people=[Named(phone, f"id-{phone}") for phone in people])
        rows = [
            Row(f"chunk-{first}-{n}", one, shop.branch.pk, Decimal(3), earn(amount=Decimal(3), terms=terms), NOON)
            for n, one in enumerate(ids)
        ]
        shared = [Row(f"shared-{n}", ids[0], shop.branch.pk, Decimal(0), rows[0].earned, NOON) for n in range(3)]
        return post(shop, *rows, *shared)

    terms, size = shop.rules.terms, 8
    with crew(size) as hands:
        for _round in range(6):
            calls = [partial(chunk, first) for first in range(0, 40, 10)]
            calls += [partial(buy, shop, 2, phone=phones[n], key=f"single-{_round}-{n}") for n in range(4)]
            results = hands.all_at_once(calls)
            assert not [result for result in results if isinstance(result, Exception)]
            for outcomes in results[:4]:
                assert outcomes[:40] == (["posted"] if _round == 0 else ["replayed"]) * 40
    assert len(hands.backends) == size
    assert hands.lock_waits > 0
    assert Customer.objects.count() == Wallet.objects.count() == ExternalId.objects.count() == 40
    assert Operation.objects.filter(key__startswith="shared").count() == 3
    assert Operation.objects.filter(enrolled=True).count() == 40
    assert_books_agree()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_key_in_chunks_of_different_customers_at_once_is_one_operation(shop: Shop) -> None:
    """Their wallets differ, so nothing but the key's uniqueness stands between them: the losers read it again."""
    with crew(6) as hands:
        for round_ in range(10):
            rows = [row(shop, "5", key=f"same-{round_}", phone=f"+99450555{n:04}") for n in range(6)]
            results = hands.all_at_once([partial(post, shop, each) for each in rows])
            assert sorted(map(str, results)) == ["['key_reused']"] * 5 + ["['posted']"]
    assert len(hands.backends) == 6
    assert Operation.objects.count() == 10
    assert_books_agree()
