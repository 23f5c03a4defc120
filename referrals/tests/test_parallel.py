"""A friend is brought once and thanked for once, however many tills, people and sweeps are at it. Real connections."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from businesses.models import Program
from conftest import Shop, assert_books_agree
from loyalty.models import Operation
from loyalty.outcomes import Posted
from loyalty.tests.conftest import buy, refund, wallet_of
from loyalty.tests.parallel import crew
from referrals import awards, bringing, completing
from referrals.bringing import NotBrought
from referrals.models import Award, Referral, ReferralTerms, Source, State
from referrals.tests.conftest import LEYLA, balance, bring, join

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def terms(program: Program) -> ReferralTerms:
    return ReferralTerms.objects.create(program=program, most_per_month=1000)


def phone(number: int) -> str:
    return f"+99450{number:07}"


def test_sixteen_first_purchases_at_once_thank_once(shop: Shop) -> None:
    join(shop, LEYLA)
    with crew(16) as hands:
        for round_ in range(5):
            bring(shop, phone(round_))
            results = hands.all_at_once(
                [partial(buy, shop, 10, phone=phone(round_), key=f"{round_}-{n}") for n in range(16)]
            )
            assert {type(each) for each in results} == {Posted}, results
            assert sum(bool(each.effects) for each in results) == 1
            assert balance(shop, phone(round_)) == 16 * 10 + 50
            assert balance(shop, LEYLA) == 50 * (round_ + 1)
    assert hands.lock_waits > 0
    assert_books_agree()


def test_friends_who_buy_at_once_wait_for_nobody_s_wallet(shop: Shop) -> None:
    """Nor is any sale refused because who invited them is busy."""
    join(shop, LEYLA)
    for number in range(16):
        bring(shop, phone(number))
    with crew(16) as hands:
        results = hands.all_at_once([partial(buy, shop, 10, phone=phone(n)) for n in range(16)])
    assert [len(each.effects) for each in results] == [1] * 16
    awards.settle_due()
    assert balance(shop, LEYLA) == 16 * 50
    assert_books_agree()


def test_the_cap_holds_against_sixteen_at_once(shop: Shop) -> None:
    ReferralTerms.objects.update(most_per_month=3)
    join(shop, LEYLA)
    for number in range(16):
        bring(shop, phone(number))
    with crew(16) as hands:
        hands.all_at_once([partial(buy, shop, 10, phone=phone(n)) for n in range(16)])
    awards.settle_due()
    assert balance(shop, LEYLA) == 3 * 50
    assert_books_agree()


def test_sweeps_staff_and_the_till_at_once_thank_once(shop: Shop) -> None:
    join(shop, LEYLA)
    with crew(12) as hands:
        for round_ in range(5):
            join(shop, phone(round_))
            brought = bring(shop, phone(round_))
            by_staff = partial(
                completing.by_staff, referral=brought, business=shop.business, staff=shop.staff, at=timezone.now()
            )
            calls: list[Any] = [by_staff] * 4 + [partial(buy, shop, 10, phone=phone(round_))] * 4
            results = hands.all_at_once(calls + [awards.settle_due] * 4)
            odd = [each for each in results if isinstance(each, Exception)]
            assert all(isinstance(each, completing.NotPending) for each in odd), odd
            awards.settle_due()
            assert balance(shop, LEYLA) == 50 * (round_ + 1)
            assert balance(shop, phone(round_)) == 4 * 10 + 50
    assert_books_agree()


def test_the_same_award_is_given_once_by_twelve_sweeps(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    join(shop, LEYLA)
    monkeypatch.setattr(awards, "_settle_after_commit", lambda ids: list(ids))
    with crew(12) as hands:
        for round_ in range(5):
            bring(shop, phone(round_))
            buy(shop, 10, phone=phone(round_))
            hands.all_at_once([awards.settle_due] * 12)
            assert balance(shop, LEYLA) == 50 * (round_ + 1)
    assert Operation.objects.filter(kind="bonus").count() == 10
    assert_books_agree()


def test_a_refund_beside_the_sweep_leaves_nothing_behind(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given before or never given: taken back either way, and nobody waits for the other for ever."""
    join(shop, LEYLA)
    monkeypatch.setattr(awards, "_settle_after_commit", lambda ids: list(ids))
    with crew(6) as hands:
        for round_ in range(10):
            bring(shop, phone(round_))
            posted = buy(shop, 10, phone=phone(round_))
            results = hands.all_at_once([partial(refund, shop, posted), *[awards.settle_due] * 5])
            assert not [each for each in results if isinstance(each, Exception)], results
            awards.settle_due()
            assert (balance(shop, LEYLA), balance(shop, phone(round_))) == (0, 0)
            assert wallet_of(shop, LEYLA).owed == 0
    assert not Award.objects.exclude(state="taken_back").exists()
    assert_books_agree()


def test_eight_who_bring_each_other_at_once_make_no_circle(shop: Shop) -> None:
    ids = [join(shop, phone(n)).customer_id for n in range(8)]
    calls = [
        partial(
            bringing.bring,
            program_id=shop.business.program_id,
            inviter_id=ids[n],
            friend_id=ids[(n + 1) % 8],
            source=Source.LINK,
            at=timezone.now(),
        )
        for n in range(8)
    ]
    with crew(8) as hands:
        results = hands.all_at_once(calls)
    refused = [each for each in results if isinstance(each, NotBrought)]
    assert [each.code for each in refused] == ["circular"]
    assert Referral.objects.filter(state=State.PENDING).count() == 7
