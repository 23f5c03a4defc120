"""The friend's first purchase completes a referral, once, and its refund takes back what it brought."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Business
from conftest import Shop
from customers.models import Customer
from loyalty import purchases
from loyalty.models import Entry, Operation
from loyalty.sales import Sale
from loyalty.tests.conftest import buy, redeem, refund
from promotions import coupons
from promotions.models import Coupon, CouponStatus
from promotions.models import Source as CouponSource
from promotions.tests.conftest import offer, sell
from referrals import awards, completing
from referrals.models import Award, AwardState, Reason, Referral, ReferralPause, ReferralTerms, State
from referrals.tests.conftest import FRIEND, LEYLA, OTHER, balance, bring, join

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books", "terms")]

AtOnce = Callable[[], Any]


def test_the_first_purchase_gives_points_to_both(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA, "Leyla Aliyeva")
    brought = bring(shop)
    with at_once():
        posted = buy(shop, 12, phone=FRIEND)
    brought.refresh_from_db()
    assert (brought.state, brought.sale_id, brought.won_by) == (State.COMPLETED, posted.id, shop.business)
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (62, 50)
    assert {entry.kind for entry in Entry.objects.filter(wallet__customer__phone=LEYLA)} == {"bonus"}
    (told,) = posted.effects
    assert told["effect"] == "referral_completed"
    assert (told["inviter"], told["points"], told["inviter_points"]) == ("Leyla A.", 50, 50)


def test_a_repeat_of_the_sale_hears_the_same_and_gives_nothing_more(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        first = buy(shop, 12, phone=FRIEND, key="till-1")
    with at_once():
        again = buy(shop, 12, phone=FRIEND, key="till-1")
    assert again.effects == first.effects
    assert again.replayed
    assert balance(shop, LEYLA) == 50


def test_a_purchase_below_the_minimum_waits_for_the_next(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        assert buy(shop, "9.99", phone=FRIEND).effects == ()
    assert balance(shop, LEYLA) == 0
    with at_once():
        buy(shop, 10, phone=FRIEND)
    assert balance(shop, LEYLA) == 50


def test_what_coupons_take_off_does_not_count_towards_the_minimum(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    offer(shop, code="TEN")
    with at_once():
        assert [each["effect"] for each in sell(shop, 11, "TEN", phone=FRIEND).effects] == ["coupon_used"]
    assert balance(shop, LEYLA) == 0


def test_a_second_purchase_gives_nothing(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        buy(shop, 12, phone=FRIEND)
        buy(shop, 12, phone=FRIEND)
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (74, 50)


@pytest.mark.parametrize("coupons_run", [False, True])
def test_a_sale_that_nobody_waits_for_costs_what_it_cost_before(shop: Shop, coupons_run: bool) -> None:
    """Also where referrals are on and others are waited for."""
    if coupons_run:
        offer(shop, code="TEN")
    bring(shop, OTHER)

    codes = ("TEN",) if coupons_run else ()

    def asked() -> list[str]:
        for _warm in range(2):
            sell(shop, 20, *codes, phone=FRIEND)
        with CaptureQueriesContext(connection) as queries:
            sell(shop, 20, *codes, phone=FRIEND)
        return [query["sql"][:40] for query in queries if "SAVEPOINT" not in query["sql"]]

    on = asked()
    ReferralTerms.objects.update(is_on=False)
    assert on == asked()


def test_a_sale_to_somebody_nobody_knows_costs_two_statements_and_the_key(shop: Shop) -> None:
    rules = shop.rules
    buy(shop, 1, phone=LEYLA)
    with CaptureQueriesContext(connection) as queries:
        purchases.record(
            rules=rules,
            actor=shop.actor,
            who=purchases.Who("phone", "+994509998877"),
            sale=Sale(Decimal(20)),
            key="new",
            at=timezone.now(),
        )
    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    # Django's own test transaction aside: the facts, the post, and who serves (shop.actor is read before).
    assert len(statements) == 2, statements


def test_a_whole_refund_takes_both_thanks_back_and_the_next_purchase_gives_them_again(
    shop: Shop, at_once: AtOnce
) -> None:
    join(shop, LEYLA)
    brought = bring(shop)
    with at_once():
        posted = buy(shop, 12, phone=FRIEND)
    with at_once():
        back = refund(shop, posted)
    assert back.effects[0]["effect"] == "referral_reopened"
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (0, 0)
    brought.refresh_from_db()
    assert (brought.state, brought.won_by, brought.sale_id) == (State.PENDING, None, None)
    with at_once():
        buy(shop, 15, phone=FRIEND)
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (65, 50)


def test_a_part_that_comes_back_takes_nothing(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        posted = buy(shop, 12, phone=FRIEND)
    with at_once():
        refund(shop, posted, amount=Decimal(11))
    assert balance(shop, LEYLA) == 50


def test_thanks_that_were_spent_are_owed_after_a_refund(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        posted = buy(shop, 12, phone=FRIEND)
    redeem(shop, 30, phone=LEYLA)
    with at_once():
        refund(shop, posted)
    wallet = join(shop, LEYLA)
    assert (wallet.balance, wallet.owed) == (0, 30)


def test_a_refund_before_anything_was_given_gives_nothing(shop: Shop) -> None:
    """The sale was cut short behind its commit: the sweep comes after the refund."""
    join(shop, LEYLA)
    bring(shop)
    refund(shop, buy(shop, 12, phone=FRIEND))
    awards.settle_due()
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (0, 0)
    assert set(Award.objects.values_list("state", flat=True)) == {AwardState.TAKEN_BACK}


def test_the_sweep_gives_what_was_cut_short_and_gives_it_once(shop: Shop) -> None:
    join(shop, LEYLA)
    bring(shop)
    buy(shop, 12, phone=FRIEND)
    assert balance(shop, LEYLA) == 0
    for _again in range(2):
        awards.settle_due()
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (62, 50)


def test_an_award_that_fails_keeps_no_other_from_being_given(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    join(shop, LEYLA)
    bring(shop)
    buy(shop, 12, phone=FRIEND)
    first = Award.objects.order_by("pk").first()
    settle = awards.settle

    def breaks(*, award_id: int, at: Any) -> None:
        if first and award_id == first.pk:
            raise RuntimeError("broken")
        settle(award_id=award_id, at=at)

    monkeypatch.setattr(awards, "settle", breaks)
    awards.settle_due()
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (12, 50)


def test_coupons_are_given_too_and_taken_back_unless_used(shop: Shop, at_once: AtOnce) -> None:
    ReferralTerms.objects.update(
        inviter_offer=offer(shop, name="Coffee", lasts_days=30),
        friend_offer=offer(shop, name="Cake", lasts_days=30),
        inviter_points=0,
        friend_points=0,
    )
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        posted = buy(shop, 12, phone=FRIEND)
    held = Coupon.objects.order_by("offer__name")
    assert [(each.offer.name, each.source) for each in held] == [
        ("Cake", CouponSource.REFERRAL),
        ("Coffee", CouponSource.REFERRAL),
    ]
    sell(shop, 5, str(held[1].code), phone=LEYLA)
    with at_once():
        refund(shop, posted)
    assert [each.status for each in held.all()] == [CouponStatus.CANCELLED, CouponStatus.REDEEMED]
    assert [each.offer.issued for each in held.select_related("offer").all()] == [0, 1]


def test_a_coupon_of_which_none_is_left_keeps_no_points_back(shop: Shop, at_once: AtOnce) -> None:
    used_up = offer(shop, name="Coffee", lasts_days=30, total_limit=1)
    join(shop, OTHER)
    coupons.issue(offer=used_up, wallet=join(shop, OTHER), source=CouponSource.PROMOTION, at=timezone.now())
    ReferralTerms.objects.update(inviter_offer=used_up)
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        buy(shop, 12, phone=FRIEND)
    assert balance(shop, LEYLA) == 50
    withheld = Award.objects.get(offer=used_up)
    assert (withheld.state, withheld.why) == (AwardState.WITHHELD, "limit_reached")


def test_above_the_cap_of_a_month_only_the_friend_is_thanked(shop: Shop, at_once: AtOnce) -> None:
    ReferralTerms.objects.update(most_per_month=1)
    join(shop, LEYLA)
    for phone in (FRIEND, OTHER):
        bring(shop, phone)
        with at_once():
            posted = buy(shop, 12, phone=phone)
    assert (balance(shop, OTHER), balance(shop, LEYLA)) == (62, 50)
    assert posted.effects[0]["inviter_points"] == 0


def test_who_is_blocked_gets_no_thanks_and_the_friend_does(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    Customer.objects.filter(phone=LEYLA).update(blocked_at=timezone.now())
    with at_once():
        buy(shop, 12, phone=FRIEND)
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (62, 0)
    assert Award.objects.get(customer__phone=LEYLA).why == "customer_blocked"


@pytest.mark.parametrize("why", ["late", "off", "paused", "confidential"])
def test_what_does_not_count_completes_nothing(shop: Shop, at_once: AtOnce, why: str) -> None:
    join(shop, LEYLA)
    brought = bring(shop)
    if why == "late":
        Referral.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    elif why == "off":
        ReferralTerms.objects.update(is_on=False)
    elif why == "paused":
        ReferralPause.objects.create(business=shop.business, staff=shop.staff, at=timezone.now())
    else:
        Business.objects.update(confidential=True)
    with at_once():
        assert buy(shop, 12, phone=FRIEND).effects == ()
    brought.refresh_from_db()
    assert (brought.state, balance(shop, LEYLA)) == (State.PENDING, 0)


def test_a_sale_of_the_days_before_completes_nothing(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    bring(shop)
    with at_once():
        buy(shop, 12, phone=FRIEND, at=timezone.now() - timedelta(days=1))
    assert balance(shop, LEYLA) == 0


# --- By staff ---------------------------------------------------------------------------------------------


def by_staff(shop: Shop, brought: Referral, points: int | None = None) -> Referral:
    return completing.by_staff(
        referral=brought, business=shop.business, points=points, staff=shop.staff, at=timezone.now()
    )


def test_staff_complete_it_once_with_points_within_the_cap(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    brought = bring(shop)
    with pytest.raises(completing.TooManyPoints):
        by_staff(shop, brought, points=101)
    join(shop, FRIEND)
    with at_once():
        by_staff(shop, brought, points=100)
    brought.refresh_from_db()
    with pytest.raises(completing.NotPending):
        by_staff(shop, brought)
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (100, 100)
    assert (brought.state, brought.staff, brought.sale_id) == (State.COMPLETED, shop.staff, None)


def test_staff_complete_with_what_the_row_says_and_not_what_they_read(shop: Shop) -> None:
    """Another finished it while the page was open."""
    join(shop, LEYLA)
    join(shop, FRIEND)
    stale = bring(shop)
    by_staff(shop, Referral.objects.get())
    with pytest.raises(completing.NotPending):
        by_staff(shop, stale)
    assert Award.objects.count() == 2


def test_nobody_is_thanked_for_a_friend_who_has_not_joined(shop: Shop) -> None:
    join(shop, LEYLA)
    brought = bring(shop)
    with pytest.raises(completing.NotBrought) as refused:
        by_staff(shop, brought)
    assert refused.value.code == "not_a_member"


def test_what_is_rejected_is_completed_by_nothing(shop: Shop, at_once: AtOnce) -> None:
    join(shop, LEYLA)
    brought = bring(shop)
    completing.reject(referral=brought, note="They are one family.", staff=shop.staff, at=timezone.now())
    with at_once():
        buy(shop, 12, phone=FRIEND)
    brought.refresh_from_db()
    assert (brought.state, brought.reason, brought.note) == (State.REJECTED, Reason.STAFF, "They are one family.")
    with pytest.raises(completing.NotPending):
        completing.reject(referral=brought, note="Again", staff=shop.staff, at=timezone.now())


# --- The database -----------------------------------------------------------------------------------------


def test_the_database_knows_one_standing_referral_of_a_friend(shop: Shop) -> None:
    brought = bring(shop)
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.create(
            program=shop.business.program,
            inviter_id=join(shop, OTHER).customer_id,
            friend_id=brought.friend_id,
            source="api",
            made_at=timezone.now(),
            ends_at=timezone.now(),
        )


@pytest.mark.parametrize("change", ["inviter_id = friend_id", "friend_id = friend_id + 1", "program_id = 0"])
def test_who_brought_whom_is_history(shop: Shop, change: str) -> None:
    bring(shop)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE referrals_referral SET {change}")


def test_no_award_is_given_by_another_sale(shop: Shop) -> None:
    join(shop, LEYLA)
    bring(shop)
    buy(shop, 12, phone=FRIEND)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_award SET points = points + 1")
    assert Operation.objects.filter(kind="bonus").count() == 0


def test_coupons_are_swept_twice_and_given_once(shop: Shop) -> None:
    """Two sweeps have read the same award as due; the second finds it given."""
    ReferralTerms.objects.update(friend_offer=offer(shop, name="Cake", lasts_days=30), friend_points=0)
    join(shop, LEYLA)
    bring(shop)
    buy(shop, 12, phone=FRIEND)
    due = list(Award.objects.values_list("pk", flat=True))
    for award_id in due * 2:
        awards.settle(award_id=award_id, at=timezone.now())
    assert Coupon.objects.count() == 1
    assert balance(shop, LEYLA) == 50
