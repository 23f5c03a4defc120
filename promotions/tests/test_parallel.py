"""The last of something is used once, however many want it at the same moment. Real connections."""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest

from conftest import Shop, assert_books_agree
from loyalty.models import Purchase
from loyalty.outcomes import CouponRefused, Posted
from loyalty.tests.conftest import PHONE, buy, refund
from loyalty.tests.parallel import crew
from promotions.models import Coupon, CouponUse, Offer
from promotions.tests.conftest import issued, offer, sell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def phone(number: int) -> str:
    return f"+99450{number:07}"


def outcomes(results: list[object]) -> Counter[str]:
    said = {Posted: lambda each: "sold", CouponRefused: lambda each: each.fact["reason"]}
    return Counter(said.get(type(each), repr)(each) for each in results)


def standing(of: Offer) -> int:
    """The uses that stand, counted in their rows and in the offer alike."""
    of.refresh_from_db()
    uses = CouponUse.objects.filter(offer=of, returned_by=None)
    assert (of.uses, of.cost) == (uses.count(), sum(each.discount for each in uses))
    return of.uses


def test_the_last_use_taken_by_64_at_once_is_used_once(shop: Shop) -> None:
    with crew(64) as hands:
        for round_ in range(8):
            last = offer(shop, code=f"LAST{round_}", total_limit=1)
            calls = [partial(sell, shop, 10, f"LAST{round_}", phone=phone(n)) for n in range(64)]
            assert outcomes(hands.all_at_once(calls)) == {"sold": 1, "limit_reached": 63}
            assert standing(last) == 1
    print(f"64 for the last one × 8 rounds: {len(hands.backends)} backends, {hands.lock_waits} lock waits seen")
    assert len(hands.backends) == 64
    assert hands.lock_waits > 0
    assert Purchase.objects.count() == 8
    assert_books_agree()


def test_one_coupon_shown_at_16_tills_at_once_is_used_once(shop: Shop) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7)
    with crew(16) as hands:
        for round_ in range(10):
            code = str(issued(shop, five).code)
            assert outcomes(hands.all_at_once([partial(sell, shop, 10, code)] * 16)) == {"sold": 1, "used": 15}
            assert standing(five) == round_ + 1
    assert hands.lock_waits > 0
    assert_books_agree()


def test_somebody_new_at_16_tills_at_once_uses_a_code_as_often_as_one_may(shop: Shop) -> None:
    once = offer(shop, code="HELLO", limit_per_customer=1)
    with crew(16) as hands:
        for round_ in range(10):
            results = hands.all_at_once([partial(sell, shop, 10, "HELLO", phone=phone(round_))] * 16)
            assert outcomes(results) == {"sold": 1, "customer_limit": 15}
            assert standing(once) == round_ + 1
    assert hands.lock_waits > 0
    assert_books_agree()


def test_a_budget_holds_against_32_at_once(shop: Shop) -> None:
    with crew(32) as hands:
        for round_ in range(5):
            sparing = offer(shop, code=f"B{round_}", budget=Decimal(10), kind="amount", value=3)
            calls = [partial(sell, shop, 10, f"B{round_}", phone=phone(n)) for n in range(32)]
            assert outcomes(hands.all_at_once(calls)) == {"sold": 3, "budget_spent": 29}
            assert standing(sparing) == 3
    assert_books_agree()


def test_the_last_coupon_that_purchases_bring_goes_to_one_of_32(shop: Shop) -> None:
    last = offer(shop, kind="amount", value=5, given_from=Decimal(1), lasts_days=7, total_limit=1)
    with crew(32) as hands:
        results = hands.all_at_once([partial(sell, shop, 10, phone=phone(n)) for n in range(32)])
    assert outcomes(results) == {"sold": 32}
    last.refresh_from_db()
    assert last.issued == Coupon.objects.count() == 1
    assert_books_agree()


def test_sales_with_several_coupons_and_their_refunds_never_wait_for_each_other_in_a_circle(shop: Shop) -> None:
    offers = [offer(shop, code=f"O{n}", kind="amount", value=1) for n in range(3)]
    offer(shop, kind="bonus", value=5, given_from=Decimal(1), lasts_days=3)

    def sell_and_return(number: int) -> str:
        codes = [each.code for each in (offers if number % 2 else reversed(offers))]
        posted = sell(shop, 10, *codes, phone=phone(number % 5))
        refund(shop, posted)
        return "done"

    with crew(16) as hands:
        for _round in range(6):
            assert hands.all_at_once([partial(sell_and_return, n) for n in range(16)]) == ["done"] * 16
    assert [standing(each) for each in offers] == [0, 0, 0]
    buy(shop, 1, phone=PHONE)
    assert_books_agree()
