"""The ledger's promises with many real connections at once. Each test also proves that there really were many."""

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial

import pytest
from django.utils import timezone

from conftest import Shop, assert_books_agree
from customers.models import Customer
from loyalty import ledger, redemptions, rewards, sweeps
from loyalty.models import Entry, Operation, Redemption, Reward, Wallet
from loyalty.outcomes import AlreadyReversed, KeyReused, NotEnoughPoints, Posted, ReferenceUsed, Refused
from loyalty.tests.conftest import adjust, buy, cancel, redeem, refund, wallet
from loyalty.tests.parallel import crew

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def phone(number: int) -> str:
    return f"+99450{number:07}"


def outcomes(results: list[object]) -> Counter[str]:
    return Counter(result.outcome if isinstance(result, Posted) else type(result).__name__ for result in results)


def test_48_redemptions_of_one_balance_accept_exactly_what_it_holds(shop: Shop) -> None:
    rng = random.Random(48)
    with crew(48) as hands:
        for round_ in range(50):
            balance, amount = rng.randint(1, 400), rng.randint(5, 40)
            buy(shop, balance, phone=phone(round_))
            results = hands.all_at_once(
                [partial(redeem, shop, amount, phone=phone(round_), key=f"{round_}-{n}") for n in range(48)]
            )
            accepted = min(48, balance // amount)
            assert outcomes(results) == Counter({"posted": accepted, "NotEnoughPoints": 48 - accepted}) - Counter()
            assert wallet(phone(round_)).balance == balance - accepted * amount
    print(f"48 redemptions × 50 rounds: {len(hands.backends)} backends, {hands.lock_waits} lock waits seen")
    assert len(hands.backends) == 48
    assert hands.lock_waits > 0
    assert_books_agree()


def test_one_key_sent_8_times_at_once_is_one_operation_and_8_equal_answers(shop: Shop) -> None:
    with crew(8) as hands:
        for round_ in range(30):
            results = hands.all_at_once([partial(buy, shop, 10, phone=phone(round_), key=f"same-{round_}")] * 8)
            assert outcomes(results) == {"posted": 1, "replayed": 7}
            assert len({result._replace(outcome="") for result in map(hashable, results)}) == 1
    assert len(hands.backends) == 8
    assert hands.lock_waits > 0
    assert Operation.objects.count() == Wallet.objects.count() == 30
    assert_books_agree()


def hashable(posted: Posted) -> Posted:
    return posted._replace(trail=repr(posted.trail))


def test_a_key_repeated_for_one_customer_is_settled_by_the_lock_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without another attempt: who waited for the wallet finds the key that its holder wrote."""
    monkeypatch.setattr(ledger, "ATTEMPTS", 1)
    buy(shop, 1000)
    with crew(8) as hands:
        for act in (partial(buy, shop, 10), partial(redeem, shop, 10)):
            for round_ in range(15):
                results = hands.all_at_once([partial(act, key=f"{act.func.__name__}-{round_}")] * 8)
                assert outcomes(results) == {"posted": 1, "replayed": 7}
    assert len(hands.backends) == 8
    assert hands.lock_waits > 0
    assert_books_agree()


def test_one_key_sent_at_once_for_8_customers_is_one_operation(shop: Shop) -> None:
    """The wallets differ, so nothing but the key's uniqueness stands between them."""
    with crew(8) as hands:
        for round_ in range(20):
            calls = [partial(buy, shop, 10, phone=phone(n), key=f"same-{round_}") for n in range(8)]
            assert outcomes(hands.all_at_once(calls)) == {"posted": 1, "KeyReused": 7}
    assert Operation.objects.count() == 20
    assert_books_agree()


def test_one_reference_sent_at_once_for_8_customers_is_used_once(shop: Shop) -> None:
    with crew(8) as hands:
        for round_ in range(20):
            calls = [
                partial(buy, shop, 10, phone=phone(n), key=f"{round_}-{n}", reference=f"R{round_}") for n in range(8)
            ]
            assert outcomes(hands.all_at_once(calls)) == {"posted": 1, "ReferenceUsed": 7}
    assert_books_agree()


def test_first_purchases_of_a_new_phone_at_once_make_one_customer_and_the_right_sum(shop: Shop) -> None:
    with crew(8) as hands:
        for round_ in range(30):
            calls = [partial(buy, shop, 10 + n, phone=phone(round_), key=f"{round_}-{n}") for n in range(8)]
            results = hands.all_at_once(calls)
            assert outcomes(results) == {"posted": 8}
            assert sum(result.enrolled for result in results) == 1
            assert wallet(phone(round_)).balance == sum(10 + n for n in range(8))
    assert Customer.objects.count() == 30
    assert len(hands.backends) == 8
    assert_books_agree()


def test_a_redemption_beside_the_expiry_sweep_never_spends_what_has_expired(shop: Shop) -> None:
    with crew(8) as hands:
        for round_ in range(30):
            set_lasting(shop, 1)
            buy(shop, 10, phone=phone(round_), at=datetime(2025, 1, 1, tzinfo=UTC))
            set_lasting(shop, None)
            buy(shop, 5, phone=phone(round_))
            at_night = [sweeps.expire_due] * 4
            spends = [partial(redeem, shop, 5, phone=phone(round_), key=f"{round_}-{n}") for n in range(4)]
            results = hands.all_at_once([call for pair in zip(at_night, spends, strict=True) for call in pair])
            assert outcomes(results[1::2]) == {"posted": 1, "NotEnoughPoints": 3}
            assert all(isinstance(swept, int) for swept in results[::2]), results
    assert Entry.objects.filter(kind="expire").count() == 30
    assert_books_agree()


def set_lasting(shop: Shop, months: int | None) -> None:
    shop.business.program.points_last_months = months
    shop.business.program.save()


def test_8_refunds_of_one_purchase_and_8_cancellations_of_one_redemption_take_effect_once(shop: Shop) -> None:
    with crew(16) as hands:
        for round_ in range(20):
            buy(shop, 50, phone=phone(round_))
            bought = buy(shop, 30, phone=phone(round_))
            spent = redeem(shop, 60, phone=phone(round_))
            refunds = [partial(refund, shop, bought, key=f"r{round_}-{n}") for n in range(8)]
            cancels = [partial(cancel, shop, spent, key=f"c{round_}-{n}") for n in range(8)]
            results = hands.all_at_once(refunds + cancels)
            assert outcomes(results[:8]) == outcomes(results[8:]) == {"posted": 1, "AlreadyReversed": 7}
            # Whichever came first: a refund before the cancellation leaves 10 points owed and 60 returned.
            final = wallet(phone(round_))
            assert final.balance - final.owed == 50
    assert_books_agree()


def test_random_operations_on_20_wallets_for_30_seconds_surface_no_deadlock(shop: Shop) -> None:  # noqa: C901
    expected = (NotEnoughPoints, AlreadyReversed, KeyReused, ReferenceUsed)
    until = time.monotonic() + 30
    done: Counter[str] = Counter()
    lock = threading.Lock()
    for number in range(20):
        buy(shop, 100, phone=phone(number))

    def work(seed: int) -> None:
        rng = random.Random(seed)
        mine: list[Posted] = []
        while time.monotonic() < until:
            who = phone(rng.randrange(20))
            act = rng.choice(["buy", "buy", "redeem", "redeem", "refund", "cancel", "adjust", "sweep", "repeat"])
            try:
                if act == "buy":
                    mine.append(buy(shop, rng.randint(0, 60), phone=who, key=f"{seed}-{len(mine)}-{rng.random()}"))
                elif act == "redeem":
                    mine.append(redeem(shop, rng.randint(1, 60), phone=who, key=f"{seed}-{len(mine)}-{rng.random()}"))
                elif act == "adjust":
                    points = rng.choice([-1, 1]) * rng.randint(1, 30)
                    adjust(shop, points, phone=who, key=f"{seed}-{len(mine)}-{rng.random()}")
                elif act == "sweep":
                    sweeps.expire_due()
                elif act == "repeat":
                    buy(shop, rng.randint(1, 3), phone=who, key=f"shared-{rng.randrange(50)}")
                else:
                    wanted = "purchase" if act == "refund" else "redemption"
                    if own := [posted for posted in mine if posted.kind == wanted]:
                        (refund if act == "refund" else cancel)(shop, rng.choice(own), key=f"{seed}-{rng.random()}")
            except expected as refusal:
                act = type(refusal).__name__
            with lock:
                done[act] += 1

    with crew(16) as hands:
        results = hands.all_at_once([partial(work, seed) for seed in range(16)])
    assert results == [None] * 16
    print(
        f"30 s on 20 wallets: {done.total()} operations {dict(done)}, {len(hands.backends)} backends, "
        f"{hands.lock_waits} lock waits seen"
    )
    assert len(hands.backends) == 16
    assert hands.lock_waits > 0
    assert done["buy"] > 100
    assert_books_agree()


def offer(shop: Shop, points: int, **values: object) -> Reward:
    values = {"name": "Flat white", "points": points} | values
    return rewards.make(program=shop.business.program, business=shop.business, values=values)


def test_100_claims_of_the_last_10_give_exactly_10(shop: Shop) -> None:
    """Of 100 customers at once, some at the till and some on their pages; then half of the 10 are cancelled."""
    for number in range(100):
        buy(shop, 50, phone=phone(number))
    with crew(25) as hands:
        coffee = offer(shop, 50, stock=10)
        calls = [
            partial(redeem, shop, 50, phone=phone(n), key=f"claim-{n}", reward_id=coffee.pk, hold=n % 2 == 0)
            for n in range(100)
        ]
        results = [result for at in range(0, 100, 25) for result in hands.all_at_once(calls[at : at + 25])]
        assert outcomes(results) == {"posted": 10, "OutOfStock": 90}
        coffee.refresh_from_db()
        assert (coffee.claimed, Redemption.objects.count()) == (10, 10)
        made = [result for result in results if isinstance(result, Posted)]
        hands.all_at_once([partial(cancel, shop, posted, key=f"cancel-{posted.id}") for posted in made[:5]] * 5)
        coffee.refresh_from_db()
        assert coffee.claimed == 5
        again = [partial(redeem, shop, 50, phone=phone(n), key=f"again-{n}", reward_id=coffee.pk) for n in range(25)]
        assert outcomes(hands.all_at_once(again))["posted"] == 5
    assert len(hands.backends) == 25
    assert hands.lock_waits > 0
    assert sum(wallet(phone(n)).balance == 0 for n in range(100)) == 10
    assert_books_agree()


def test_a_limit_of_2_holds_against_16_claims_of_one_customer_at_once(shop: Shop) -> None:
    with crew(16) as hands:
        for round_ in range(10):
            buy(shop, 500, phone=phone(round_))
            coffee = offer(shop, 10, limit_per_customer=2)
            calls = [
                partial(redeem, shop, 10, phone=phone(round_), key=f"{round_}-{n}", reward_id=coffee.pk)
                for n in range(16)
            ]
            assert outcomes(hands.all_at_once(calls)) == {"posted": 2, "LimitReached": 14}
            assert wallet(phone(round_)).balance == 480
    assert hands.lock_waits > 0
    assert_books_agree()


def test_a_hold_is_collected_cancelled_or_released_and_never_two_of_them(shop: Shop) -> None:
    """At the second of its end: some find it over, some not; whoever is first decides."""
    coffee = offer(shop, 10, stock=1000)
    ends = timezone.now()
    ways: Counter[str] = Counter()
    with crew(9) as hands:
        for round_ in range(30):
            buy(shop, 10, phone=phone(round_))
            held = redeem(shop, 10, phone=phone(round_), reward_id=coffee.pk, hold=True)
            if round_ % 2:
                Redemption.objects.filter(pk=held.id).update(held_until=ends)
            calls = [
                *[partial(confirm, shop, held, key=f"take-{round_}-{n}") for n in range(3)],
                *[partial(cancel, shop, held, key=f"back-{round_}-{n}") for n in range(3)],
                *[sweeps.release_due] * 3,
            ]
            results = hands.all_at_once(calls)
            assert not [each for each in results if isinstance(each, Exception) and not isinstance(each, Refused)]
            row = Redemption.objects.get(pk=held.id)
            assert row.status != "held"
            assert wallet(phone(round_)).balance == (0 if row.confirmed_by_id and row.status == "confirmed" else 10)
            ways[row.status] += 1
    coffee.refresh_from_db()
    assert coffee.claimed == ways["confirmed"]
    assert ways["cancelled"] >= 15
    assert_books_agree()


def confirm(shop: Shop, held: Posted, *, key: str) -> Posted:
    return redemptions.confirm(rules=shop.rules, actor=shop.actor, operation_id=held.id, key=key)
