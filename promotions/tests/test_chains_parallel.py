"""A chain's budget and its sides hold however many come at the same moment. Real connections."""

from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from conftest import Shop, assert_books_agree
from loyalty.models import SharedCost
from loyalty.outcomes import Posted
from loyalty.tests.conftest import refund
from loyalty.tests.parallel import crew
from promotions import chains, sharing
from promotions.models import Coupon, CouponUse
from promotions.tests.conftest import agreed, promises_agree, proposed, sell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def phone(number: int) -> str:
    return f"+99450{number:07}"


def test_a_budget_is_never_promised_twice_by_32_at_once(shop: Shop, new_shop: object) -> None:
    tea = new_shop("tea")  # type: ignore[operator]
    with crew(32) as hands:
        for round_ in range(5):
            chain = agreed(shop, tea, budget=Decimal(17))  # three of five
            calls = [partial(sell, shop, 40, phone=phone(round_ * 100 + n)) for n in range(32)]
            results = hands.all_at_once(calls)
            assert all(isinstance(each, Posted) for each in results)
            assert Coupon.objects.filter(offer=chain.offer).count() == 3
            chains.withdraw(chain=chain, staff=tea.staff, at=timezone.now())
    assert hands.lock_waits > 0
    promises_agree()
    assert_books_agree()


def test_one_customer_at_16_tills_at_once_gets_one(shop: Shop, new_shop: object) -> None:
    agreed(shop, new_shop("tea"))  # type: ignore[operator]
    with crew(16) as hands:
        for round_ in range(5):
            hands.all_at_once([partial(sell, shop, 40, phone=phone(round_))] * 16)
            assert Coupon.objects.count() == round_ + 1
    promises_agree()
    assert_books_agree()


def test_of_two_answers_at_once_the_first_one_counts(shop: Shop, new_shop: object) -> None:
    tea = new_shop("tea")  # type: ignore[operator]
    with crew(8) as hands:
        for _round in range(5):
            chain = proposed(shop, tea)
            answers = [chains.accept, chains.decline] * 4
            calls = [partial(answer, chain=chain, staff=tea.staff, at=timezone.now()) for answer in answers]
            results = hands.all_at_once(calls)
            assert len([each for each in results if isinstance(each, chains.NotWaiting)]) == 7
            chain.refresh_from_db()
            assert (chain.accepted_at is None) != (chain.declined_at is None)


def test_there_and_back_with_refunds_and_settling_never_waits_in_a_circle(shop: Shop, new_shop: object) -> None:
    """Sales at each use coupons of the one and bring coupons of the other: their locks cross."""
    tea = new_shop("tea")  # type: ignore[operator]
    pair = {
        place: agreed(giver, taker, every_days=1, budget=Decimal(9000))
        for place, giver, taker in (("tea", shop, tea), ("nar", tea, shop))
    }
    for number in range(16):
        sell(shop if number % 2 else tea, 40, phone=phone(number))

    def live(number: int) -> str:
        if number == 16:
            sharing.settle_all(at=timezone.now())
            return "done"
        here = tea if number % 2 else shop
        held = Coupon.objects.filter(status="issued", customer__phone=phone(number), offer__business=here.business)
        codes = [str(each.code) for each in held]
        posted = sell(here, 60, *codes, phone=phone(number))
        if number % 3:
            refund(here, posted)
        return "done"

    with crew(17) as hands:
        for _round in range(4):
            assert hands.all_at_once([partial(live, number) for number in range(17)]) == ["done"] * 17
    for chain in pair.values():
        chain.offer.refresh_from_db()
        uses = CouponUse.objects.filter(offer=chain.offer, returned_by=None)
        assert chain.offer.cost == sum(each.discount for each in uses)
    owed = sum(SharedCost.objects.values_list("amount", flat=True))
    assert owed == sum(
        sharing.part(pair[use.offer.business.slug], use.discount) for use in CouponUse.objects.filter(returned_by=None)
    )
    promises_agree()
    assert_books_agree()
