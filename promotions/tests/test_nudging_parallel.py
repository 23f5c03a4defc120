"""Nights, sign-ins and businesses beside each other draw everybody once, and nobody too often. Real connections."""

from functools import partial

import pytest

from businesses.models import Business
from conftest import Shop, assert_books_agree
from customers.models import Message
from loyalty.churn import scoring
from loyalty.models import Wallet
from loyalty.outcomes import KeyReused
from loyalty.tests.parallel import crew
from promotions.models import Assignment, Coupon, Nudge, SignIn
from promotions.nudging import drawing, measuring, sign_ins
from promotions.tests.conftest import offer
from promotions.tests.nudged import LATER, begin, clock, left, regulars_who_left

__all__ = ["clock", "left"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def scored(shop: Shop) -> Business:
    business = Business.objects.select_related("program").get(pk=shop.business.pk)
    scoring.score(business=business, at=LATER)
    return business


def test_nights_side_by_side_draw_everybody_once(shop: Shop, left: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "AT_ONCE", 3)
    ten = offer(shop, lasts_days=14)
    begin(shop, ten)
    scored(shop)
    with crew(8) as hands:
        drawn = hands.all_at_once([partial(drawing.draw_due, at=LATER)] * 8)
    assert sum(drawn) == len(left) == Assignment.objects.count()
    assert len(hands.backends) == 8
    assert hands.lock_waits > 0
    ten.refresh_from_db()
    assert Nudge.objects.count() == Coupon.objects.count() == Message.objects.count() == ten.issued
    assert_books_agree()


def test_a_day_s_most_holds_for_nights_side_by_side(
    shop: Shop, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "AT_ONCE", 2)
    begin(shop, most_a_day=5)
    scored(shop)
    with crew(6) as hands:
        hands.all_at_once([partial(drawing.draw_due, at=LATER)] * 6)
    assert Assignment.objects.count() == 5


def test_one_sign_in_told_16_times_gives_one_coupon(shop: Shop, left: list[int]) -> None:
    begin(shop, offer(shop, lasts_days=14), control_percent=1)
    business = scored(shop)
    wallets = [Wallet.objects.get(customer=each) for each in left[:6]]
    with crew(16) as hands:
        for number, mine in enumerate(wallets):
            call = partial(sign_ins.record, business=business, wallet=mine, key=f"k{number}", at=LATER)
            answers = hands.all_at_once([call] * 16)
            assert len({str(each.body) for each in answers}) == 1
            assert sum(each.replayed for each in answers) == 15
    assert Assignment.objects.count() == SignIn.objects.count() == 6
    assert Coupon.objects.count() == Nudge.objects.count() <= 6
    assert hands.lock_waits > 0


def test_one_key_for_two_customers_at_once_is_one_of_them(shop: Shop, left: list[int]) -> None:
    begin(shop, offer(shop, lasts_days=14), control_percent=1)
    business = scored(shop)
    wallets = [Wallet.objects.get(customer=each) for each in left[:2]]
    with crew(8) as hands:
        calls = [
            partial(sign_ins.record, business=business, wallet=wallets[n % 2], key="k", at=LATER) for n in range(8)
        ]
        answers = hands.all_at_once(calls)
    assert sum(isinstance(each, KeyReused) for each in answers) == 4
    assert SignIn.objects.count() == 1


def test_a_night_beside_sign_ins_draws_nobody_twice(
    shop: Shop, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "AT_ONCE", 2)
    begin(shop, offer(shop, lasts_days=14), control_percent=1)
    business = scored(shop)
    signing = [
        partial(sign_ins.record, business=business, wallet=Wallet.objects.get(customer=each), key=f"k{each}", at=LATER)
        for each in left
    ]
    with crew(len(left) + 2) as hands:
        answers = hands.all_at_once([partial(drawing.draw_due, at=LATER)] * 2 + signing)
    assert [each for each in answers if isinstance(each, Exception)] == []
    assert Assignment.objects.count() == len(left)
    assert Nudge.objects.count() == Coupon.objects.count()


def test_businesses_side_by_side_keep_the_cap_of_the_platform(shop: Shop, left: list[int], new_shop: object) -> None:
    """Six of them, all with the same customers: each of whom hears from three."""
    shops = [new_shop(f"shop-{number}") for number in range(5)]  # type: ignore[operator]
    for each in shops:
        regulars_who_left(each)
    running = [begin(each, control_percent=1, texts={"en": "Come back!"}) for each in (shop, *shops)]
    for each in (shop, *shops):
        scored(each)
    with crew(6) as hands:
        answers = hands.all_at_once([partial(drawing.draw_of, each, at=LATER) for each in running])
    assert [each for each in answers if isinstance(each, Exception)] == []
    heard = [Nudge.objects.filter(customer=each).count() for each in left]
    assert max(heard) == 3
    assert hands.lock_waits > 0


def test_measuring_side_by_side_counts_everybody_once(shop: Shop, left: list[int]) -> None:
    begin(shop, horizon_days=7)
    scored(shop)
    drawing.draw_due(at=LATER)
    over = Assignment.objects.latest("until_at").until_at
    with crew(6) as hands:
        assert sum(hands.all_at_once([partial(measuring.measure_due, at=over)] * 6)) == len(left)
    assert not Assignment.objects.filter(measured_at=None).exists()
