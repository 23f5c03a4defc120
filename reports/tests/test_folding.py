"""Sums by day are those of the ledger, whoever writes meanwhile, and also after a restore."""

import random
import threading
import time
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections

from conftest import NOON, Shop, assert_books_agree
from loyalty.outcomes import Refused
from loyalty.tests.conftest import adjust, buy, cancel, redeem, refund
from loyalty.tests.parallel import crew
from reports import folding
from reports.models import CustomerDay, DayTotal, Fold, ProductDay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
DAY = date(2026, 3, 3)


def phone(number: int) -> str:
    return f"+99450{number:07}"


def totals(**filters: Any) -> dict[str, Any]:
    found = DayTotal.objects.filter(on=DAY, **filters).values("sales", "amount", "newcomers", "issued", "spent")
    return found.get()


def everything() -> list[list[tuple[Any, ...]]]:
    return [
        sorted(model.objects.values_list(*[f.attname for f in model._meta.fields if f.name != "id"]), key=str)
        for model in (DayTotal, CustomerDay, ProductDay)
    ]


def counted_anew() -> list[list[tuple[Any, ...]]]:
    """As somebody finds it who counts all days from nothing."""
    Fold.objects.all().delete()
    for model in (DayTotal, CustomerDay, ProductDay):
        model.objects.all().delete()
    folding.fold()
    return everything()


def sale(shop: Shop, amount: int, **more: Any) -> Any:
    return buy(shop, amount, at=NOON, **more)


def test_a_day_is_the_sum_of_what_stands(shop: Shop) -> None:
    first, second = sale(shop, 40), sale(shop, 10, phone=phone(2))
    sale(shop, 5)
    refund(shop, sale(shop, 7, phone=phone(3)))  # whole: counts nowhere
    refund(shop, first, amount=Decimal(15))
    redeem(shop, 8)
    cancel(shop, redeem(shop, 3))
    assert folding.fold() == 2  # points are used by the clock, today
    assert totals(branch=shop.branch) == {"sales": 3, "amount": Decimal(40), "newcomers": 2, "issued": 40, "spent": 0}
    assert list(DayTotal.objects.exclude(on=DAY).values_list("sales", "spent")) == [(0, 8)]
    by_customer = CustomerDay.objects.filter(on=DAY).values_list("customer", "sales", "amount")
    assert sorted(by_customer) == [(first.customer_id, 2, Decimal(30)), (second.customer_id, 1, Decimal(10))]


def test_a_refund_of_today_changes_the_day_of_its_sale(shop: Shop) -> None:
    long_ago = buy(shop, 20, at=NOON - timedelta(days=90))
    folding.fold()
    assert DayTotal.objects.get(on=DAY - timedelta(days=90)).amount == 20
    refund(shop, long_ago)
    assert folding.fold() >= 1
    assert DayTotal.objects.get(on=DAY - timedelta(days=90)).sales == 0


def test_articles_are_what_was_not_brought_back(shop: Shop) -> None:
    def line(sku: str, quantity: int, price: int) -> dict[str, Any]:
        named = {"sku": sku, "name": sku, "category": "Dairy"}
        return named | {"quantity": Decimal(quantity), "unit_price": Decimal(price)}

    bought = sale(shop, 10, lines=[line("milk", 4, 2), line("curd", 1, 2)])
    first = bought_lines(bought)[0]
    refund(shop, bought, pieces={first: Decimal(1)})
    halved = sale(shop, 6, lines=[line("milk", 3, 2)])
    refund(shop, halved, amount=Decimal(3))
    folding.fold()
    found = {row.sku: (row.quantity, row.amount) for row in ProductDay.objects.all()}
    assert found == {"milk": (Decimal("4.5"), Decimal(9)), "curd": (Decimal(1), Decimal(2))}


def bought_lines(posted: Any) -> list[int]:
    from loyalty.models import PurchaseLine

    return list(PurchaseLine.objects.filter(purchase_id=posted.id).order_by("position").values_list("pk", flat=True))


def test_nothing_new_is_no_work(shop: Shop) -> None:
    sale(shop, 40)
    assert folding.fold() == 1
    assert folding.fold() == 0


def test_a_sale_that_commits_after_a_later_one_was_folded_is_not_forgotten(shop: Shop) -> None:
    held, go, done = threading.Event(), threading.Event(), threading.Event()

    def slow_till() -> None:
        from django.db import transaction

        with transaction.atomic():
            sale(shop, 3, phone=phone(1), key="slow")
            held.set()
            go.wait(20)
        connections.close_all()
        done.set()

    sale(shop, 1, phone=phone(1), key="before")
    folding.fold()
    threading.Thread(target=slow_till).start()
    assert held.wait(20)
    sale(shop, 5, phone=phone(2), key="quick")
    for _ in range(3):
        folding.fold()
    assert totals()["amount"] == 6
    go.set()
    assert done.wait(20)
    assert folding.fold() == 1
    assert totals()["amount"] == 9


@pytest.mark.slow
def test_while_many_write_nothing_is_lost_or_doubled(shop: Shop) -> None:
    rng, over, folds = random.Random(5), threading.Event(), []

    def fold_all_the_time() -> None:
        while not over.is_set():
            folds.append(folding.fold())
        connections.close_all()

    def act(number: int) -> object:
        who, day = phone(rng.randint(1, 12)), NOON - timedelta(days=rng.randint(0, 5))
        posted = buy(shop, rng.randint(1, 50), phone=who, key=f"sale-{number}", at=day)
        try:
            return redeem(shop, 5, phone=who) if number % 3 else refund(shop, posted)
        except Refused as refused:
            return refused

    folders = [threading.Thread(target=fold_all_the_time) for _ in range(2)]
    for each in folders:
        each.start()
    with crew(8) as hands:
        for turn in range(25):
            hands.all_at_once([partial(act, turn * 8 + n) for n in range(8)])
    over.set()
    for each in folders:
        each.join()
    folding.fold()
    found = everything()
    assert len([each for each in folds if each]) > 5
    assert len(found[0]) >= 6
    assert found == counted_anew()
    assert_books_agree()


def test_a_restored_database_is_counted_whole_and_goes_on(shop: Shop) -> None:
    """There transaction ids begin anew, below those of the rows that were restored."""
    sale(shop, 40)
    folding.fold()
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE loyalty_operation DISABLE TRIGGER USER")
        cursor.execute("UPDATE loyalty_operation SET xid = '999999999999'")
        cursor.execute("ALTER TABLE loyalty_operation ENABLE TRIGGER USER")
    Fold.objects.update(system="another", snapshot="999999999990:999999999999:", base_id=10**9)
    DayTotal.objects.all().delete()
    assert folding.fold() == 1
    assert everything() == before
    sale(shop, 2)
    assert folding.fold() == 1
    assert totals()["amount"] == 42
    for _ in range(200):  # until all transactions of the whole server are over that ran at the first fold
        if folding.fold() == 0:
            break
        time.sleep(0.1)
    assert folding.fold() == 0
    sale(shop, 3)
    assert folding.fold() == 1
    assert totals()["amount"] == 45


def test_points_given_by_hand_are_points_given(shop: Shop) -> None:
    sale(shop, 10)
    adjust(shop, 25)
    folding.fold()
    assert sum(DayTotal.objects.values_list("issued", flat=True)) == 35
