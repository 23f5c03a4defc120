"""When points expire: the moment of each lot by the programme's policy, and wallets that were idle for too long."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from businesses.models import ExpiryKind, Program
from businesses.tests.conftest import owner
from conftest import NOON, Shop
from loyalty import history, ledger, sweeps
from loyalty.expiry import Expiry
from loyalty.models import Entry, Lot, Operation, OperationKind, Wallet
from loyalty.outcomes import NotEnoughPoints
from loyalty.tests.conftest import adjust, buy, cancel, redeem, refund, wallet
from loyalty.tests.parallel import crew
from loyalty.tests.test_points_page import sign_in, text

__all__ = ["owner"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

BAKU = ZoneInfo("Asia/Baku")
DAY = timedelta(days=1)


def policy(shop: Shop, kind: str, months: int | None, day: int | None = None, month: int | None = None) -> None:
    Program.objects.filter(pk=shop.business.program_id).update(
        expiry_kind=kind, points_last_months=months, expires_on_day=day, expires_in_month=month
    )


def at(moment: datetime) -> Any:
    return ledger.clock_at(moment)


@pytest.mark.parametrize(
    ("kind", "months", "fixed", "earned_at", "gone_at"),
    [
        ("months", None, (), "2026-03-03T12:00+00:00", None),
        ("months", 12, (), "2026-03-03T12:00+00:00", "2027-03-03T12:00+00:00"),
        ("months", 1, (), "2026-01-31T12:00+00:00", "2026-02-28T12:00+00:00"),
        ("month_end", 12, (), "2026-03-03T12:00+00:00", "2027-04-01T00:00+04:00"),
        ("month_end", 1, (), "2026-12-31T19:59+00:00", "2027-02-01T00:00+04:00"),  # 23:59 in Baku
        ("month_end", 1, (), "2026-12-31T20:00+00:00", "2027-03-01T00:00+04:00"),  # the new year has begun there
        ("yearly", 0, (31, 12), "2026-03-03T12:00+00:00", "2027-01-01T00:00+04:00"),
        ("yearly", 12, (31, 12), "2026-03-03T12:00+00:00", "2028-01-01T00:00+04:00"),
        ("yearly", 0, (3, 3), "2026-03-03T12:00+00:00", "2026-03-04T00:00+04:00"),  # that very day
        ("yearly", 0, (2, 3), "2026-03-03T12:00+00:00", "2027-03-03T00:00+04:00"),
        ("yearly", 0, (29, 2), "2026-03-03T12:00+00:00", "2027-03-01T00:00+04:00"),
        ("yearly", 0, (29, 2), "2027-03-03T12:00+00:00", "2028-03-01T00:00+04:00"),
        ("inactivity", 6, (), "2026-03-03T12:00+00:00", None),
    ],
)
def test_a_lot_has_the_moment_of_the_policy(
    kind: str, months: int | None, fixed: tuple[int, ...], earned_at: str, gone_at: str | None
) -> None:
    day, month = fixed or (None, None)
    found = Expiry(kind, months, month, day).of_lot(datetime.fromisoformat(earned_at), BAKU)
    assert found == (datetime.fromisoformat(gone_at) if gone_at else None)


def test_days_end_at_midnight_also_when_the_clock_is_put_forward() -> None:
    found = Expiry("month_end", 1).of_lot(datetime(2026, 2, 10, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert found == datetime(2026, 4, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert found.astimezone(UTC) == datetime(2026, 3, 31, 22, tzinfo=UTC)  # in winter it would be 23


def test_what_was_earned_under_another_policy_keeps_its_moment(shop: Shop) -> None:
    policy(shop, "months", 12)
    with at(NOON):
        buy(shop, 10, at=NOON)
        policy(shop, "month_end", 1)
        buy(shop, 10, at=NOON)
    assert list(Lot.objects.order_by("id").values_list("expires_at", flat=True)) == [
        datetime(2027, 3, 3, 12, tzinfo=UTC),
        datetime(2026, 4, 30, 20, tzinfo=UTC),
    ]


# --- Idle wallets ------------------------------------------------------------------------------------------


@pytest.fixture
def idle(shop: Shop) -> Shop:
    """A programme whose wallets expire six months after the last purchase or reward; 40 points of NOON."""
    policy(shop, ExpiryKind.INACTIVITY, 6)
    with at(NOON):
        buy(shop, 40, at=NOON)
    return shop


GONE = datetime(2026, 9, 3, 12, tzinfo=UTC)


def test_a_wallet_in_which_nothing_happens_expires_whole_and_once(idle: Shop) -> None:
    with at(GONE - DAY):
        assert sweeps.expire_idle() == 0
    with at(GONE):
        assert sweeps.expire_due() == 0  # its lots have no moment of their own
        assert sweeps.expire_idle() == 40
        assert sweeps.expire_idle() == 0
    expiry = Operation.objects.get(kind=OperationKind.EXPIRY)
    assert (expiry.points, expiry.occurred_at, wallet().balance) == (-40, GONE, 0)
    assert expiry.trail[0]["rule"] == "inactivity"


@pytest.mark.parametrize(
    "deed",
    [
        lambda shop: buy(shop, 5, at=NOON + 90 * DAY),
        lambda shop: redeem(shop, 5),
        lambda shop: adjust(shop, 5),
    ],
)
def test_who_comes_keeps_all_of_it(idle: Shop, deed: Callable[[Shop], object]) -> None:
    with at(NOON + 90 * DAY):
        deed(idle)
    left = wallet().balance
    with at(GONE + 88 * DAY):
        assert sweeps.expire_idle() == 0
    with at(GONE + 90 * DAY):
        assert sweeps.expire_idle() == left


def test_a_sale_that_earns_nothing_is_a_visit_too(idle: Shop) -> None:
    idle.business.minimum_spend = 20
    idle.business.save()
    with at(NOON + 90 * DAY):
        assert buy(idle, 5, at=NOON + 90 * DAY).points == 0
    with at(GONE):
        assert sweeps.expire_idle() == 0


def test_a_refund_is_no_visit(idle: Shop) -> None:
    with at(NOON):
        bought = buy(idle, 5, at=NOON)
    with at(NOON + 90 * DAY):
        refund(idle, bought)
    with at(GONE):
        assert sweeps.expire_idle() == 40


def test_it_makes_no_difference_whether_the_night_s_task_has_run(idle: Shop) -> None:
    """A purchase or a redemption first takes what is over, under the same lock."""
    with at(GONE):
        with pytest.raises(NotEnoughPoints) as refused:
            redeem(idle, 5)
        assert refused.value.fact["available"] == 0
        late = buy(idle, 7, at=GONE)
    assert (late.points, late.balance_after) == (7, 7)
    assert Entry.objects.order_by("id").values_list("kind", "points", "balance_after").last() == ("earn", 7, 7)


def test_a_purchase_after_too_long_begins_anew(idle: Shop) -> None:
    with at(GONE):
        assert buy(idle, 7, at=GONE).balance_after == 7
    assert wallet().balance == 7


def test_points_of_a_cancelled_reward_whose_wallet_expired_meanwhile_last_for_a_while(idle: Shop) -> None:
    with at(NOON):
        spent = redeem(idle, 30)
    with at(GONE):
        assert sweeps.expire_idle() == 10
    with at(GONE + DAY):
        cancel(idle, spent)
        assert wallet().balance == 30
        given_back = Lot.objects.get(open=True)
        assert given_back.expires_at == GONE + 15 * DAY


def test_lots_with_a_moment_of_their_own_go_when_it_comes_first(shop: Shop) -> None:
    policy(shop, "months", 3)
    with at(NOON):
        buy(shop, 10, at=NOON)
    policy(shop, ExpiryKind.INACTIVITY, 6)
    with at(NOON + 80 * DAY):
        buy(shop, 20, at=NOON + 80 * DAY)
    with at(NOON + 100 * DAY):
        assert sweeps.expire_due() == 10
    with at(NOON + 300 * DAY):
        assert sweeps.expire_idle() == 20


def test_other_programmes_are_left_alone(idle: Shop, new_shop: Callable[..., Shop]) -> None:
    program = Program.objects.create(slug="o", name="O", currency="AZN", join_code="O", points_last_months=6)
    other = new_shop("other", program=program)
    with at(NOON):
        buy(other, 9, at=NOON, phone="+994501112233")
    with at(GONE):
        assert sweeps.expire_idle() == 40


def test_everybody_reads_when_an_idle_wallet_expires(idle: Shop, client: Client) -> None:
    mine = Wallet.objects.select_related("program").get()
    assert history.expiring(wallet=mine, rules=idle.rules) == [{"points": 40, "at": GONE}]
    assert [lot.gone_at for lot in history.why(wallet=mine, rules=idle.rules).lots] == [GONE]
    Wallet.objects.update(active_at=timezone.now())
    sign_in(client)
    page = text(client.get(f"/points/{mine.public_id}/expiry/"))
    assert "After 6 months without a purchase or a reward they expire." in page
    assert "40" in page


def test_beside_a_confidential_business_nobody_reads_when_the_customer_last_came(
    idle: Shop, new_shop: Callable[..., Shop], owner: Client
) -> None:
    """The day on which an idle wallet expires is that of the last visit, also to the clinic, and some months."""
    clinic = new_shop("clinic", confidential=True)
    with at(NOON + 30 * DAY):
        buy(clinic, 5, at=NOON + 30 * DAY)
    mine = Wallet.objects.select_related("program").get()
    assert history.expiring(wallet=mine, rules=idle.rules) == []
    assert [lot.gone_at for lot in history.why(wallet=mine, rules=idle.rules).lots] == [None]
    page = text(owner.get(f"/customers/{mine.public_id}/"))
    assert "given on" in page
    assert "expires" not in page
    assert len(history.expiring(wallet=mine, rules=clinic.rules)) == 1  # which knows no other such business


@pytest.mark.django_db(transaction=True)
def test_the_sweep_beside_purchases_expires_once(idle: Shop) -> None:
    """Whoever comes first, the 40 points of long ago are gone once, and what is earned now stays."""
    Wallet.objects.update(active_at=NOON)
    with crew(4) as hands:
        hands.all_at_once([sweeps.expire_idle, lambda: buy(idle, 5), sweeps.expire_idle, lambda: buy(idle, 5)])
    assert wallet().balance == 10
    assert Operation.objects.filter(kind=OperationKind.EXPIRY).count() == 1


# --- The policy itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"expiry_kind": "yearly"},
        {"expiry_kind": "yearly", "expires_in_month": 13, "expires_on_day": 1},
        {"expiry_kind": "months", "expires_in_month": 12, "expires_on_day": 31},
        {"expiry_kind": "months", "points_last_months": 0},
        {"expiry_kind": "inactivity", "points_last_months": 0},
    ],
)
def test_the_database_refuses_half_a_policy(program: Program, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Program.objects.filter(pk=program.pk).update(**wrong)
