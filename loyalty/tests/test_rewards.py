"""Rewards and holds through the ledger: what a claim takes, what refuses it, and the way back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from conftest import NOON, Shop
from loyalty import ledger, outcomes, redemptions, rewards, sweeps
from loyalty.lookup import Who
from loyalty.models import Operation, Redemption, Reward, RewardChange, Tier
from loyalty.outcomes import Posted
from loyalty.tests.conftest import PHONE, adjust, buy, cancel, give_tier, redeem, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def offer(shop: Shop, points: int = 100, *, everywhere: bool = False, **values: Any) -> Reward:
    values = {"name": "Flat white", "points": points} | values
    return rewards.make(program=shop.business.program, business=None if everywhere else shop.business, values=values)


def claim(shop: Shop, reward: Reward, *, hold: bool = False, phone: str = PHONE, key: str = "", **more: Any) -> Posted:
    return redemptions.redeem(
        rules=shop.rules,
        actor=shop.actor,
        who=Who("phone", phone),
        wanted=redemptions.of_reward(reward, hold=hold, **more),
        key=key or f"claim-{Operation.objects.count()}",
        at=NOON,
    )


def confirm(shop: Shop, held: Posted, *, key: str = "") -> Posted:
    return redemptions.confirm(
        rules=shop.rules, actor=shop.actor, operation_id=held.id, key=key or f"confirm-{Operation.objects.count()}"
    )


def claimed(reward: Reward) -> int:
    return Reward.objects.get(pk=reward.pk).claimed


def test_a_claim_takes_its_points_and_one_of_the_stock_and_keeps_its_name(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=3)
    claim(shop, coffee)
    rewards.change(reward=coffee, values={"name": "Latte", "points": 120}, at=NOON, staff=shop.staff)
    claim(shop, Reward.objects.get(pk=coffee.pk))
    assert (wallet().balance, claimed(coffee)) == (80, 2)
    kept = Redemption.objects.order_by("pk").values_list("description", "points", "status", "reward_id")
    assert list(kept) == [("Flat white", 100, "confirmed", coffee.pk), ("Latte", 120, "confirmed", coffee.pk)]


def test_the_same_key_is_one_claim_also_after_the_price_has_changed(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=3)
    first = claim(shop, coffee, key="same")
    rewards.change(reward=coffee, values={"points": 120}, at=NOON)
    again = claim(shop, Reward.objects.get(pk=coffee.pk), key="same")
    assert again == first._replace(outcome="replayed")
    assert (wallet().balance, claimed(coffee)) == (200, 1)


def test_who_saw_another_price_is_asked_again(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 120)
    with pytest.raises(outcomes.RewardChanged) as refused:
        claim(shop, coffee, points=100)
    assert refused.value.fact == {"code": "reward_changed", "points": 120}
    assert (wallet().balance, claimed(coffee)) == (300, 0)


def test_what_was_claimed_meanwhile_is_out_of_stock_and_a_retry_hears_the_same(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=1)
    taken = claim(shop, coffee)
    for _ in range(2):
        with pytest.raises(outcomes.OutOfStock):
            claim(shop, coffee, key="late")
    assert (wallet().balance, claimed(coffee)) == (200, 1)
    cancel(shop, taken)
    with pytest.raises(outcomes.OutOfStock):
        claim(shop, coffee, key="late")
    claim(shop, coffee)
    assert claimed(coffee) == 1


def test_too_few_points_leave_the_stock_alone(shop: Shop) -> None:
    buy(shop, 99)
    coffee = offer(shop, 100, stock=1)
    with pytest.raises(outcomes.NotEnoughPoints):
        claim(shop, coffee)
    assert claimed(coffee) == 0


@pytest.mark.parametrize(
    ("period", "before", "after", "counted"),
    [
        # A Tuesday, by Baku's calendar: the day begins at 20:00 of the one before, the week on Monday.
        ("day", datetime(2026, 3, 2, 19, 59, tzinfo=UTC), datetime(2026, 3, 2, 20, tzinfo=UTC), date(2026, 3, 3)),
        ("week", datetime(2026, 3, 1, 19, 59, tzinfo=UTC), datetime(2026, 3, 1, 20, tzinfo=UTC), date(2026, 3, 2)),
        ("month", datetime(2026, 2, 28, 19, 59, tzinfo=UTC), datetime(2026, 2, 28, 20, tzinfo=UTC), date(2026, 3, 1)),
    ],
)
def test_a_limit_counts_within_its_period(
    shop: Shop, period: str, before: datetime, after: datetime, counted: date
) -> None:
    with ledger.clock_at(before):
        buy(shop, 900)
        coffee = offer(shop, 100, limit_per_customer=1, limit_period=period)
        claim(shop, coffee)
        with pytest.raises(outcomes.LimitReached) as refused:
            claim(shop, coffee)
        assert refused.value.fact == {"code": "limit_reached", "limit": 1, "period": period}
    with ledger.clock_at(after):
        claim(shop, coffee)
        with pytest.raises(outcomes.LimitReached):
            claim(shop, coffee)
    (standing,) = rewards.at_business(business=shop.business, wallet=wallet(), on=counted)
    assert standing.missing == "limit"


def test_a_limit_for_ever_counts_what_stands_and_each_customer_alone(shop: Shop) -> None:
    buy(shop, 900)
    buy(shop, 900, phone="+994507654321")
    coffee = offer(shop, 100, limit_per_customer=1)
    with ledger.clock_at(NOON - timedelta(days=900)):
        taken = claim(shop, coffee)
    with pytest.raises(outcomes.LimitReached):
        claim(shop, coffee)
    claim(shop, coffee, phone="+994507654321")
    cancel(shop, taken)
    claim(shop, coffee)
    assert claimed(coffee) == 2


def test_a_reward_for_a_tier_is_refused_below_it(shop: Shop) -> None:
    silver, gold, black = (
        Tier.objects.create(program=shop.business.program, name=name, position=position)
        for position, name in enumerate(("Silver", "Gold", "Black"))
    )
    buy(shop, 900)
    coffee = offer(shop, 100, tier=gold)
    for tier in (None, silver):
        give_tier(tier)
        with pytest.raises(outcomes.TierRequired) as refused:
            claim(shop, coffee)
        assert refused.value.fact["tier"] == "Gold"
    for tier in (gold, black):
        give_tier(tier)
        claim(shop, coffee)


def test_a_reward_is_offered_from_its_first_day_to_its_last_by_the_calendar_of_the_business(shop: Shop) -> None:
    with ledger.clock_at(datetime(2026, 2, 1, tzinfo=UTC)):
        buy(shop, 900)
    coffee = offer(shop, 100, starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 4))
    for outside in (datetime(2026, 3, 2, 19, 59, tzinfo=UTC), datetime(2026, 3, 4, 20, tzinfo=UTC)):
        with ledger.clock_at(outside), pytest.raises(outcomes.RewardEnded):
            claim(shop, coffee)
    for inside in (datetime(2026, 3, 2, 20, tzinfo=UTC), datetime(2026, 3, 4, 19, 59, tzinfo=UTC)):
        with ledger.clock_at(inside):
            claim(shop, coffee)
    assert rewards.at_business(business=shop.business, wallet=wallet(), on=date(2026, 3, 5)) == []


def test_an_archived_reward_is_refused_and_what_is_held_of_it_may_be_collected(shop: Shop) -> None:
    buy(shop, 900)
    coffee = offer(shop, 100)
    held = claim(shop, coffee, hold=True)
    rewards.archive(reward=coffee, at=NOON, staff=shop.staff)
    with pytest.raises(outcomes.RewardEnded):
        claim(shop, coffee)
    with ledger.clock_at(NOON):
        assert confirm(shop, held).refusal is None


def test_another_businesss_reward_is_not_to_be_had_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    buy(shop, 900)
    own, shared = offer(tea, 100), offer(tea, 100, everywhere=True)
    with pytest.raises(Exception, match="not to be had"), transaction.atomic():
        claim(shop, own)
    claim(shop, shared)
    assert Redemption.objects.get().business == shop.business


def test_a_hold_draws_the_points_at_once_and_is_confirmed_once(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=1)
    held = claim(shop, coffee, hold=True)
    row = Redemption.objects.get(pk=held.id)
    assert (row.status, wallet().balance, claimed(coffee)) == ("held", 200, 1)
    assert redemptions.code_in(f" {row.code[:3].lower()}-{row.code[3:]} ") == row.code
    assert redemptions.held(business_id=shop.business.pk, code=row.code) == row
    with ledger.clock_at(row.held_until - timedelta(seconds=1)):
        first = confirm(shop, held, key="same")
        assert confirm(shop, held, key="same") == first._replace(outcome="replayed")
        with pytest.raises(outcomes.AlreadyConfirmed):
            confirm(shop, held, key="other")
    assert (first.kind, first.points, first.balance_after) == ("confirmation", 0, 200)
    row.refresh_from_db()
    assert (row.status, row.confirmed_by_id, wallet().balance) == ("confirmed", first.id, 200)


def test_the_key_of_a_confirmation_names_one_hold(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100)
    one, other = (claim(shop, coffee, hold=True) for _ in range(2))
    with ledger.clock_at(NOON):
        confirm(shop, one, key="same")
        with pytest.raises(outcomes.KeyReused):
            confirm(shop, other, key="same")


def test_a_hold_that_ended_this_second_is_refused_and_released(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=1)
    held = claim(shop, coffee, hold=True)
    with ledger.clock_at(Redemption.objects.get().held_until):
        for _ in range(2):
            with pytest.raises(outcomes.HoldExpired):
                confirm(shop, held, key="same")
        with pytest.raises(outcomes.HoldExpired):
            confirm(shop, held, key="other")
    assert (Redemption.objects.get().status, wallet().balance, claimed(coffee)) == ("cancelled", 300, 0)


def test_the_sweep_releases_what_is_due_once_and_leaves_the_rest(shop: Shop) -> None:
    buy(shop, 900)
    coffee = offer(shop, 100)
    late, taken, back = (claim(shop, coffee, hold=True) for _ in range(3))
    with ledger.clock_at(NOON):
        confirm(shop, taken)
        cancel(shop, back)
        assert sweeps.release_due() == 0
    with ledger.clock_at(NOON + redemptions.HELD_FOR):
        assert sweeps.release_due() == 1
        assert sweeps.release_due() == 0
    assert (wallet().balance, claimed(coffee)) == (800, 1)
    assert Operation.objects.get(reverses_id=late.id).scope == "system"


def test_a_cancelled_hold_gives_back_points_and_stock_and_is_not_confirmed(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=1)
    held = claim(shop, coffee, hold=True)
    cancel(shop, held)
    with ledger.clock_at(NOON), pytest.raises(outcomes.AlreadyReversed):
        confirm(shop, held)
    assert (wallet().balance, claimed(coffee)) == (300, 0)


def test_a_hold_of_another_business_cannot_be_confirmed(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    buy(shop, 300)
    held = claim(shop, offer(shop, 100), hold=True)
    with pytest.raises(Exception, match="no accepted redemption"), transaction.atomic():
        confirm(tea, held)
    assert redemptions.held(business_id=tea.business.pk, code=Redemption.objects.get().code) is None


def test_codes_have_no_lookalikes_and_are_never_taken_for_a_number() -> None:
    assert not set("0O1IL2Z5S8B") - {"L"} & set(redemptions.SIGNS)
    assert [redemptions.code_in(text) for text in ("345679", "AC3D4", "AC3D4E7", "ac3 d4e", "")] == [
        "", "", "", "AC3D4E", "",
    ]  # fmt: skip


def test_the_database_refuses_more_claims_than_there_are(shop: Shop) -> None:
    coffee = offer(shop, 100, stock=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reward.objects.filter(pk=coffee.pk).update(claimed=3)


def test_a_change_is_kept_with_its_author_and_stock_never_falls_below_what_was_claimed(shop: Shop) -> None:
    buy(shop, 300)
    coffee = offer(shop, 100, stock=5)
    claim(shop, coffee)
    claim(shop, coffee)
    with pytest.raises(rewards.FewerThanClaimed):
        rewards.change(reward=coffee, values={"stock": 1}, at=NOON, staff=shop.staff)
    rewards.change(reward=coffee, values={"stock": 2, "points": 100}, at=NOON, staff=shop.staff)
    (change,) = RewardChange.objects.all()
    assert (change.field, change.before, change.after, change.staff) == ("stock", "5", "2", shop.staff)
    assert claimed(coffee) == 2


def test_ready_rewards_come_first_the_dearest_before_the_others_then_the_nearest(shop: Shop) -> None:
    buy(shop, 300)
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1)
    for points, values in ((100, {}), (250, {}), (400, {}), (350, {}), (50, {"tier": gold}), (60, {"stock": 0})):
        offer(shop, points, name=str(points), **values)
    found = rewards.at_business(business=shop.business, wallet=wallet(), on=NOON.date())
    assert [(each.reward.name, each.missing, each.short) for each in found] == [
        ("250", "", 0), ("100", "", 0), ("350", "points", 50), ("400", "points", 100), ("50", "tier", 0),
        ("60", "stock", 0),
    ]  # fmt: skip


def test_what_a_confidential_business_offers_is_known_to_those_who_have_been_there(
    shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True)
    buy(shop, 300)
    offer(clinic, 100, name="Check-up")
    offer(clinic, 100, name="Shared", everywhere=True)

    def known() -> tuple[list[str], list[str]]:
        found = rewards.everywhere(wallet=wallet(), on=NOON.date())
        return sorted(each.reward.name for each in found), [place.name for place in rewards.places(wallet())]

    assert known() == (["Shared"], ["Nar"])
    buy(clinic, 10)
    assert known() == (["Check-up", "Shared"], ["Clinic", "Nar"])


def test_points_spent_on_words_alone_need_no_reward(shop: Shop) -> None:
    buy(shop, 300)
    spent = redeem(shop, 100, hold=True)
    assert Redemption.objects.get(pk=spent.id).status == "held"
    adjust(shop, 5)
