"""The night lowers a tier that is no longer earned: by one step, after a notice, and never twice."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from businesses.models import Program
from conftest import NOON, Shop, assert_books_agree
from customers import consents
from customers.models import Channel, Customer, Message, MessageKind
from loyalty import ledger, outcomes, purchases, reviewing
from loyalty.models import Tier, TierCause, TierChange, Wallet
from loyalty.tests.conftest import PHONE, buy, give_tier, make_tiers, refund, tier, wallet
from loyalty.tests.parallel import crew

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
YEAR_LATER = NOON + 365 * DAY  # what was bought at NOON counts no more


@pytest.fixture
def gold(shop: Shop) -> Shop:
    """Somebody came to Gold in one purchase, and agreed to be written to."""
    make_tiers(shop, ("Bronze", 0), ("Silver", 100), ("Gold", 500))
    buy_at(shop, 600, NOON)
    agree(shop)
    return shop


def agree(shop: Shop) -> None:
    customer = Customer.objects.get(phone=PHONE)
    consents.give(customer_id=customer.pk, business_id=shop.business.pk, channel=Channel.SMS, source="points", at=NOON)


def buy_at(shop: Shop, amount: int, at: datetime) -> outcomes.Posted:
    with ledger.clock_at(at):
        return buy(shop, amount, at=at)


def night(at: datetime) -> set[str]:
    """What was done then."""
    with ledger.clock_at(at):
        done = reviewing.review()
        assert_books_agree()
    return {outcome for outcome, count in done.items() if count}


def said() -> list[str]:
    return list(Message.objects.filter(kind=MessageKind.TIER_ENDING).order_by("pk").values_list("text", flat=True))


def test_it_is_announced_and_lowered_by_one_step_at_a_time(gold: Shop) -> None:
    assert night(YEAR_LATER - DAY) == set()
    assert night(YEAR_LATER) == {"noticed"}
    assert (tier(), wallet().tier_ends_at) == ("Gold", YEAR_LATER + 30 * DAY)
    assert night(YEAR_LATER + 29 * DAY) == {"kept"}
    assert tier() == "Gold"
    assert night(YEAR_LATER + 30 * DAY) == {"lowered"}
    assert (tier(), wallet().tier_ends_at) == ("Silver", None)
    assert night(YEAR_LATER + 31 * DAY) == {"noticed"}
    assert night(YEAR_LATER + 60 * DAY) == {"kept"}
    assert night(YEAR_LATER + 61 * DAY) == {"lowered"}
    assert tier() == "Bronze"
    assert night(YEAR_LATER + 1000 * DAY) == set()
    steps = [
        (row.before and row.before.name, row.after and row.after.name, row.cause)
        for row in TierChange.objects.order_by("pk")
    ]
    assert steps == [(None, "Gold", "purchase"), ("Gold", "Silver", "night"), ("Silver", "Bronze", "night")]
    assert len(said()) == 2


def test_the_message_says_until_when_and_what_keeps_it(gold: Shop) -> None:
    buy_at(gold, 60, NOON + 30 * DAY)
    buy_at(gold, 110, NOON + 200 * DAY)
    night(YEAR_LATER)
    # By then the 60 will have left the 12 months too.
    assert said()[0].startswith("Nar: you have Gold until 2 April. Still needed to keep it: 390\xa0₼. http")
    message = Message.objects.get(kind=MessageKind.TIER_ENDING)
    assert message.send_before == YEAR_LATER + 30 * DAY


@pytest.mark.parametrize("silence", ["no consent", "no phone", "blocked"])
def test_who_may_not_be_written_to_keeps_it_as_long(gold: Shop, silence: str) -> None:
    if silence == "no consent":
        customer = wallet().customer
        consents.withdraw(
            customer_id=customer.pk, business_id=gold.business.pk, channel=Channel.SMS, source="points", at=NOON
        )
    else:
        Customer.objects.update(**{"phone": None} if silence == "no phone" else {"blocked_at": NOON})
    assert night(YEAR_LATER) == {"noticed"}
    assert said() == []
    assert Wallet.objects.get().tier_ends_at == YEAR_LATER + 30 * DAY


def test_a_confidential_business_writes_as_its_programme(gold: Shop, new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", confidential=True)
    buy_at(clinic, 1, NOON + DAY)
    agree(clinic)
    night(YEAR_LATER)
    assert said()[0].startswith("Circle: you have Gold until")


def test_nobody_is_woken_up(gold: Shop) -> None:
    night(YEAR_LATER.replace(hour=22))  # two in the morning in Baku
    assert Message.objects.get(kind=MessageKind.TIER_ENDING).send_after == (YEAR_LATER + DAY).replace(hour=5)


def test_a_purchase_that_earns_it_again_takes_the_notice_back(gold: Shop) -> None:
    night(YEAR_LATER)
    buy_at(gold, 500, YEAR_LATER + DAY)
    assert night(YEAR_LATER + 2 * DAY) == {"kept"}
    assert wallet().tier_ends_at is None
    assert night(YEAR_LATER + 40 * DAY) == set()
    assert tier() == "Gold"
    # The next time it is announced anew.
    assert night(YEAR_LATER + 400 * DAY) == {"noticed"}


def test_it_is_kept_by_a_purchase_on_the_last_day(gold: Shop) -> None:
    night(YEAR_LATER)
    buy_at(gold, 500, YEAR_LATER + 30 * DAY)
    assert night(YEAR_LATER + 31 * DAY) == {"kept"}
    assert tier() == "Gold"


def test_a_refund_brings_it_down_the_same_way(gold: Shop) -> None:
    posted = ledger.Operation.objects.get()
    with ledger.clock_at(NOON + DAY):
        refund(gold, buy_at(gold, 1, NOON))
        assert reviewing.review()["noticed"] == 0
        purchases.refund(rules=gold.rules, actor=gold.actor, operation_id=posted.pk, key="back")
    assert tier() == "Gold"
    assert night(NOON + 2 * DAY) == {"noticed"}
    assert night(NOON + 32 * DAY) == {"lowered"}
    assert tier() == "Silver"


def test_the_night_twice_says_and_does_it_once(gold: Shop) -> None:
    night(YEAR_LATER)
    assert night(YEAR_LATER) == {"kept"}
    assert len(said()) == 1
    assert night(YEAR_LATER + 50 * DAY) == {"lowered"}
    assert night(YEAR_LATER + 50 * DAY) == {"noticed"}  # of the next step, and no more than that
    assert tier() == "Silver"


def test_nights_that_were_missed_are_made_up_for_without_skipping_the_notice(gold: Shop) -> None:
    assert night(YEAR_LATER + 300 * DAY) == {"noticed"}
    assert tier() == "Gold"
    assert night(YEAR_LATER + 900 * DAY) == {"lowered"}
    assert tier() == "Silver"


def test_the_days_of_notice_are_the_programmes(gold: Shop) -> None:
    Program.objects.update(tier_notice_days=7)
    night(YEAR_LATER)
    assert night(YEAR_LATER + 6 * DAY) == {"kept"}
    assert night(YEAR_LATER + 7 * DAY) == {"lowered"}


def test_where_the_lowest_tier_has_to_be_earned_there_is_none_below(shop: Shop) -> None:
    make_tiers(shop, ("Silver", 100))
    buy_at(shop, 100, NOON)
    night(YEAR_LATER)
    night(YEAR_LATER + 30 * DAY)
    assert tier() is None


def test_one_step_down_is_never_to_a_tier_by_invitation(gold: Shop) -> None:
    Tier.objects.filter(name="Silver").update(invitation_only=True)
    night(YEAR_LATER)
    night(YEAR_LATER + 30 * DAY)
    assert tier() == "Bronze"


def test_what_was_given_by_hand_is_kept_until_its_day(gold: Shop) -> None:
    Wallet.objects.update(tier_kept_until=YEAR_LATER + 90 * DAY)
    assert night(YEAR_LATER) == {"kept"}
    assert night(YEAR_LATER + 59 * DAY) == {"kept"}
    assert night(YEAR_LATER + 60 * DAY) == {"noticed"}
    assert wallet().tier_ends_at == YEAR_LATER + 90 * DAY
    assert night(YEAR_LATER + 90 * DAY) == {"lowered"}


def test_tiers_that_ask_for_less_are_reached_in_the_night_and_new_ones_too(gold: Shop) -> None:
    buy_at(gold, 1, NOON)
    Tier.objects.create(program=gold.business.program, name="Platinum", position=4, threshold=601)
    assert night(NOON + DAY) == {"raised"}
    assert tier() == "Platinum"
    assert TierChange.objects.latest("pk").cause == TierCause.NIGHT


def test_where_tiers_are_given_by_hand_alone_the_night_leaves_them(gold: Shop) -> None:
    Program.objects.update(tier_basis="")
    give_tier(Tier.objects.get(name="Silver"))
    assert night(YEAR_LATER + 100 * DAY) == set()
    assert tier() == "Silver"


def test_it_goes_through_all_wallets_stretch_by_stretch(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tiers(shop, ("Silver", 100))
    monkeypatch.setattr(reviewing, "WALLETS_AT_ONCE", 3)
    monkeypatch.setattr(reviewing, "LOCKED_AT_ONCE", 2)
    for n in range(10):
        with ledger.clock_at(NOON):
            buy(shop, 100, phone=f"+9945012300{n:02}", at=NOON)
    with ledger.clock_at(YEAR_LATER):
        assert reviewing.review()["noticed"] == 10


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_do_it_once(shop: Shop) -> None:
    make_tiers(shop, ("Bronze", 0), ("Silver", 100))
    for n in range(20):
        with ledger.clock_at(NOON):
            buy(shop, 100, phone=f"+9945012300{n:02}", at=NOON)
    Wallet.objects.update(tier_ends_at=YEAR_LATER)

    def late() -> dict[str, int]:
        with ledger.clock_at(YEAR_LATER + DAY):
            return reviewing.review()

    with crew(3) as hands:
        done: list[dict[str, Any]] = hands.all_at_once([late] * 3)
    assert sum(each["lowered"] for each in done) == 20
    assert TierChange.objects.filter(cause=TierCause.NIGHT).count() == 20


@pytest.mark.django_db(transaction=True)
def test_a_purchase_beside_the_night_keeps_the_tier(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The night found a tier to lower; the purchase that earns it again comes before the wallet is locked."""
    make_tiers(shop, ("Bronze", 0), ("Silver", 100))
    buy_at(shop, 100, NOON)
    Wallet.objects.update(tier_ends_at=YEAR_LATER)
    review_some = reviewing._review

    def after_a_purchase(wallets: list[int]) -> list[str]:
        till = threading.Thread(target=lambda: (buy_at(shop, 100, YEAR_LATER), connections.close_all()))
        till.start()
        till.join()
        return review_some(wallets)

    monkeypatch.setattr(reviewing, "_review", after_a_purchase)
    assert night(YEAR_LATER + DAY) == {"kept"}
    assert tier() == "Silver"
