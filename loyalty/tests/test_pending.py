"""Points that wait some days before they can be spent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from businesses import api_keys, shown
from businesses.models import Program
from businesses.tests.conftest import owner
from conftest import NOON, Shop
from loyalty import disputes, ledger, pending, sweeps
from loyalty.models import Entry, Lot, Operation, OperationKind, Pending
from loyalty.outcomes import AlreadyReversed, NotEnoughPoints
from loyalty.tests.conftest import PHONE, adjust, buy, cancel, redeem, refund, wallet
from loyalty.tests.parallel import crew
from loyalty.tests.test_points_page import sign_in, text

__all__ = ["owner"]  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

DAY = timedelta(days=1)
DUE = NOON + 14 * DAY


def at(moment: datetime) -> Any:
    return ledger.clock_at(moment)


@pytest.fixture
def waiting(shop: Shop) -> Shop:
    """Points wait for 14 days."""
    Program.objects.update(pending_days=14, points_last_months=12)
    return shop


def test_what_a_sale_earns_waits_and_then_arrives(waiting: Shop) -> None:
    with at(NOON):
        sale = buy(waiting, 40, at=NOON)
        assert (sale.points, sale.pending, sale.balance_after) == (0, 40, 0)
        assert (wallet().balance, wallet().pending, wallet().lifetime) == (0, 40, 0)
    with at(DUE - DAY):
        sweeps.mature_due()
        assert (wallet().balance, wallet().pending) == (0, 40)
    with at(DUE):
        sweeps.mature_due()
        sweeps.mature_due()
    assert (wallet().balance, wallet().pending, wallet().lifetime) == (40, 0, 40)
    arrived = Operation.objects.get(kind=OperationKind.MATURITY)
    assert (arrived.points, arrived.occurred_at, arrived.business) == (40, DUE, waiting.business)


def test_they_expire_as_if_they_had_been_there_from_the_day_they_were_earned(waiting: Shop) -> None:
    with at(NOON):
        buy(waiting, 40, at=NOON)
    with at(DUE):
        sweeps.mature_due()
    assert Lot.objects.get().expires_at == datetime(2027, 3, 3, 12, tzinfo=UTC)


def test_a_retry_hears_the_same(waiting: Shop) -> None:
    with at(NOON):
        first = buy(waiting, 40, at=NOON, key="one")
    with at(DUE):
        sweeps.mature_due()
        again = buy(waiting, 40, at=NOON, key="one")
    assert again == first._replace(outcome="replayed")


def test_nobody_spends_what_waits_and_everybody_what_is_due_whether_the_task_has_run_or_not(waiting: Shop) -> None:
    with at(NOON):
        buy(waiting, 40, at=NOON)
    with at(DUE - DAY), pytest.raises(NotEnoughPoints):
        redeem(waiting, 1)
    with at(DUE):
        assert redeem(waiting, 30).balance_after == 10


def test_what_waited_so_long_that_it_is_over_is_over(waiting: Shop) -> None:
    Program.objects.update(points_last_months=1, pending_days=40)
    with at(NOON):
        buy(waiting, 40, at=NOON)
    with at(NOON + 41 * DAY):
        sweeps.mature_due()
    assert (wallet().balance, wallet().lifetime) == (0, 40)


def test_a_refund_while_they_wait_takes_the_promise_back(waiting: Shop) -> None:
    with at(NOON):
        buy(waiting, 5, at=NOON)
        sale = buy(waiting, 40, at=NOON)
    with at(DUE - DAY):
        back = refund(waiting, sale)
        assert (back.points, back.pending, back.owed_delta, back.balance_after) == (0, -40, 0, 0)
        with pytest.raises(AlreadyReversed):
            refund(waiting, sale)
    with at(DUE):
        sweeps.mature_due()
    assert (wallet().balance, wallet().pending) == (5, 0)


def test_a_refund_after_they_came_takes_them_from_their_own_lot(waiting: Shop) -> None:
    with at(NOON):
        sale = buy(waiting, 40, at=NOON)
    with at(NOON + DAY):
        other = buy(waiting, 7, at=NOON + DAY)
    with at(DUE + 2 * DAY):
        sweeps.mature_due()
        back = refund(waiting, sale)
        assert (back.points, back.pending, back.balance_after) == (-40, None, 7)
        refund(waiting, other)
    assert wallet().balance == 0


def test_a_refund_that_finds_them_due_first_gives_and_then_takes_them(waiting: Shop) -> None:
    with at(NOON):
        sale = buy(waiting, 40, at=NOON)
    with at(DUE):
        back = refund(waiting, sale)
    assert (back.points, back.balance_after) == (-40, 0)
    kinds = Operation.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["purchase", "maturity", "refund"]


def test_what_was_spent_meanwhile_is_owed_and_paid_when_the_next_arrive(waiting: Shop) -> None:
    with at(NOON):
        sale = buy(waiting, 40, at=NOON)
    with at(DUE):
        redeem(waiting, 40)
        assert refund(waiting, sale).owed_delta == 40
        buy(waiting, 50, at=DUE)
        assert (wallet().owed, wallet().pending) == (40, 50)
    with at(DUE + 14 * DAY):
        sweeps.mature_due()
    assert (wallet().balance, wallet().owed, wallet().pending) == (10, 0, 0)


def test_an_adjustment_and_a_cancellation_settle_first(waiting: Shop) -> None:
    with at(NOON):
        buy(waiting, 40, at=NOON)
    with at(DUE):
        assert adjust(waiting, -40).balance_after == 0
        buy(waiting, 9, at=DUE)
    with at(DUE + 14 * DAY):
        cancel(waiting, redeem(waiting, 9))
    assert wallet().balance == 9


def test_a_day_s_cap_counts_what_waits(waiting: Shop) -> None:
    waiting.business.points_cap_day = 25
    waiting.business.save()
    with at(NOON):
        assert [buy(waiting, 20).pending, buy(waiting, 20).pending, buy(waiting, 20).pending] == [20, 5, None]


def test_a_late_sale_that_has_waited_already_earns_at_once(waiting: Shop) -> None:
    with at(NOON):
        sale = buy(waiting, 40, at=NOON - 15 * DAY)
    assert (sale.points, sale.pending) == (40, None)


def test_a_promise_is_history(waiting: Shop) -> None:
    with at(NOON):
        buy(waiting, 40, at=NOON)
    for change in ({"points": 50}, {"due_at": NOON}, {"issuer": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Pending.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pending.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_settle_once(waiting: Shop) -> None:
    """Sweeps, redemptions and a refund beside each other, at a moment when everything is due."""
    long_ago = NOON - 60 * DAY
    sales = []
    for n in range(5):
        with at(long_ago + n * timedelta(minutes=1)):
            sales.append(buy(waiting, 10, at=long_ago))
    with crew(6) as hands:
        hands.all_at_once(
            [
                sweeps.mature_due,
                sweeps.mature_due,
                lambda: redeem(waiting, 20),
                lambda: redeem(waiting, 20),
                lambda: refund(waiting, sales[0]),
                lambda: buy(waiting, 3),
            ]
        )
    assert Operation.objects.filter(kind=OperationKind.MATURITY).count() == 5
    assert Entry.objects.filter(kind="earn").count() == 5
    assert (wallet().balance, wallet().pending) == (0, 3)


# --- What people read of them ------------------------------------------------------------------------------


def test_the_till_hears_what_is_promised(waiting: Shop, client: Client) -> None:
    _key, secret = api_keys.create(business=waiting.business, name="Till", scopes=["read", "earn"])
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
    body = {"phone": PHONE, "amount": "40"}
    sold = client.post("/api/v1/purchases", body, "application/json", headers=headers).json()
    assert (sold["points"], sold["pending"], sold["balance"]) == (0, 40, 0)
    url = f"/api/v1/customers/{sold['customer']}/balance"
    assert client.get(url, headers=headers).json()["pending"] == 40
    headers["Idempotency-Key"] = "two"
    back = client.post(f"/api/v1/purchases/{sold['id']}/refunds", {}, "application/json", headers=headers).json()
    assert (back["points"], back["pending"], back["owed"]) == (0, 40, 0)
    assert client.get(url, headers=headers).json()["pending"] == 0


def test_beside_a_confidential_business_nobody_hears_what_the_others_promised(
    waiting: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True)
    with at(NOON):
        buy(waiting, 40, at=NOON)
        buy(clinic, 500, at=NOON)
    assert pending.known_to(wallet=wallet(), rules=waiting.rules) == 40
    assert pending.known_to(wallet=wallet(), rules=clinic.rules) == 540


def test_a_till_that_looks_the_customer_up_reads_what_waits(waiting: Shop, new_shop: Callable[..., Shop]) -> None:
    other = new_shop("other")
    with at(NOON):
        Program.objects.update(pending_days=0)
        buy(waiting, 7, at=NOON)
        Program.objects.update(pending_days=14)
        first, second = buy(waiting, 40, at=NOON, reference="R-1"), buy(other, 30, at=NOON, reference="R-2")
        redeem(waiting, 5)
        till, beside = ask(waiting, first.customer), ask(other, first.customer)
    last = [(line["business"], line["points"], line["pending"], line["amount"]) for line in till["last"]]
    assert last == [
        ("Nar", -5, 0, None), ("elsewhere", 0, 30, None), ("Nar", 0, 40, "40.00"), ("Nar", 7, 0, "7.00"),
    ]  # fmt: skip
    assert [line["points"] for line in till["results"]] == [-5, 7]
    assert [(line["operation"], line["points"], line["amount"], line["reference"]) for line in till["pending"]] == [
        (str(second.public_id), 30, None, None),
        (str(first.public_id), 40, "40.00", "R-1"),
    ]
    assert datetime.fromisoformat(till["pending"][1]["due_at"]) == DUE
    assert (till["pending"][0]["key"], beside["pending"][1]["key"]) == (None, None)
    with at(DUE):
        sweeps.mature_due()
        came = ask(waiting, first.customer)
    assert (came["pending"], [line["pending"] for line in came["last"]]) == ([], [0] * 4)
    assert sorted(line["points"] for line in came["results"]) == [-5, 7, 30, 40]


def test_beside_a_confidential_business_a_till_reads_only_what_it_promised_itself(
    waiting: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True)
    with at(NOON):
        sale = buy(waiting, 40, at=NOON)
        buy(clinic, 500, at=NOON)
        till, inside = ask(waiting, sale.customer), ask(clinic, sale.customer)
    for found in ("last", "pending"):
        assert len(till[found]) == 1
        assert "500" not in str(till[found])
        assert len(inside[found]) == 2


def ask(shop: Shop, customer: Any) -> dict[str, Any]:
    """What a lookup and the entries say to the shop's till."""
    _key, secret = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    till = Client(headers={"Authorization": f"Bearer {secret}"})
    found = till.post("/api/v1/customers/lookup", {"phone": PHONE}, "application/json").json()
    return found | till.get(f"/api/v1/customers/{customer}/entries").json()


def test_staff_read_from_when_they_are_theirs(waiting: Shop, owner: Client) -> None:
    now = timezone.now()
    sale = buy(waiting, 40, at=now)
    receipt = text(owner.get(f"/counter/receipts/{sale.public_id}/"))
    day = shown.day((now + 14 * DAY).astimezone(ZoneInfo("Asia/Baku")).date(), now)
    assert "+40 points added" in receipt
    assert f"theirs from {day}" in receipt
    assert "40 points more are on their way." in receipt
    for page in ("/activity/", f"/customers/{wallet().public_id}/"):
        assert "40" in text(owner.get(page))
    assert f"theirs from {day}" in text(owner.get("/activity/"))
    assert "40 points more are on their way." in text(owner.get(f"/customers/{wallet().public_id}/"))


def test_the_customer_reads_what_comes_when_and_where_it_came_from(waiting: Shop, client: Client) -> None:
    now = timezone.now()
    sale = buy(waiting, 40, at=now)
    sign_in(client)
    home = f"/points/{wallet().public_id}/"
    day = (now + 14 * DAY).astimezone(ZoneInfo("Asia/Baku")).date()
    page = text(client.get(home))
    assert "On their way 40 points more are on their way." in page
    assert f"yours from {shown.day(day, now, month='MMMM')}" in page
    opened = text(client.get(f"{home}history/{sale.public_id}/"))
    assert f"They are yours from {shown.full_day(day)}." in opened
    with at(now + 15 * DAY):
        sweeps.mature_due()
    assert "On their way" not in text(client.get(home))
    arrived = Operation.objects.get(kind=OperationKind.MATURITY)
    assert str(sale.public_id) in client.get(f"{home}history/{arrived.public_id}/").text
    assert disputes.may_be_about(Operation.objects.get(pk=sale.id))
    assert not disputes.may_be_about(arrived)  # what is wrong is wrong with the sale
    assert f"They came on {shown.full_day(day)}." in text(client.get(f"{home}history/{sale.public_id}/"))
