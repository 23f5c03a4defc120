"""The ledger against a plain Python model of it: any order of enrolling, earning, waiting, paying with points,
redeeming, refunding in parts, cancelling, expiring and repeating leaves both with the same balances, debts, lots and
answers."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from businesses.models import Program
from conftest import Shop, assert_books_agree
from loyalty import ledger, sweeps
from loyalty.earning import Earned
from loyalty.ledger import Call, Spend
from loyalty.lookup import Who, facts
from loyalty.models import Lot, Wallet
from loyalty.outcomes import AlreadyReversed, KeyReused, NotEnoughPoints, Posted

START = datetime(2026, 1, 1, tzinfo=UTC)
PHONES = ["+994501110001", "+994501110002", "+994501110003"]
_programs = itertools.count(1)


@dataclass
class ModelLot:
    issuer: int
    earned_by: str | None
    remaining: int
    expires_at: datetime | None


@dataclass
class ModelPromise:
    shop: int
    key: str
    points: int
    due_at: datetime
    expires_at: datetime | None


Taken = list[tuple[ModelLot, int]]


@dataclass
class ModelWallet:
    """What the rules of the ledger say, in the fewest words."""

    lots: list[ModelLot] = field(default_factory=list)
    promises: list[ModelPromise] = field(default_factory=list)
    owed: int = 0
    lifetime: int = 0

    @property
    def pending(self) -> int:
        return sum(promise.points for promise in self.promises)

    def settle(self, now: datetime) -> None:
        due = sorted((each for each in self.promises if each.due_at <= now), key=lambda each: each.due_at)
        for promise in due:
            self.promises.remove(promise)
            if promise.points:
                self.earn(promise.key, promise.shop, promise.points, promise.expires_at)
        self.expire(now)

    @property
    def balance(self) -> int:
        return sum(lot.remaining for lot in self.lots)

    def expire(self, now: datetime) -> None:
        for lot in self.lots:
            if lot.expires_at and lot.expires_at <= now:
                lot.remaining = 0

    def issued_by(self, shop: int) -> int:
        return sum(lot.remaining for lot in self.lots if lot.issuer == shop)

    def draw(self, points: int, own: str | None = None, issuer: int | None = None) -> Taken:
        never = datetime.max.replace(tzinfo=UTC)
        lots = [lot for lot in self.lots if issuer is None or lot.issuer == issuer]
        order = sorted(lots, key=lambda lot: (own is None or lot.earned_by != own, lot.expires_at or never))
        taken = []
        for lot in order:
            part = min(points, lot.remaining)
            if part:
                lot.remaining -= part
                points -= part
                taken.append((lot, part))
        assert points == 0
        return taken

    def earn(self, key: str, shop: int, points: int, expires_at: datetime | None) -> None:
        self.lots.append(ModelLot(shop, key, points, expires_at))
        self.lifetime += points
        self.collect(points)

    def unearn(self, key: str, points: int) -> None:
        for promise in self.promises:
            if promise.key == key:
                promise.points -= points
                return
        taken = min(points, self.balance)
        self.draw(taken, own=key)
        self.owed += points - taken
        self.lifetime -= points

    def give_back(self, taken: Taken, points: int, now: datetime) -> None:
        """What was taken last comes back first."""
        while points:
            lot, drawn = taken.pop()
            part = min(points, drawn)
            if part < drawn:
                taken.append((lot, drawn - part))
            points -= part
            if lot.expires_at and lot.expires_at <= now:
                self.lots.append(ModelLot(lot.issuer, None, part, now + timedelta(days=14)))
            else:
                lot.remaining += part

    def collect(self, most: int) -> None:
        collected = min(self.owed, most)
        self.draw(collected)
        self.owed -= collected


@dataclass(frozen=True)
class Done:
    """An accepted operation, with what is needed to reverse it or to send it again."""

    kind: str
    phone: str
    posted: Posted
    send: Any
    points: int
    taken: Taken = field(default_factory=list)


@dataclass
class ModelSale:
    """What became of a sale of `amount` that gave `given` points, and that `spent` points paid a part of."""

    amount: Decimal
    given: int
    spent: int
    refunded: Decimal = Decimal(0)
    taken: int = 0
    returned: int = 0

    def refund(self, amount: Decimal) -> tuple[int, int]:
        """The points that go and those that come back: what stays of both is a part of them, rounded down."""
        self.refunded += amount
        stays = 1 - Fraction(self.refunded) / Fraction(self.amount) if self.amount else Fraction(0)
        goes, comes = (
            self.given - floor(self.given * stays) - self.taken,
            self.spent - floor(self.spent * stays) - self.returned,
        )
        self.taken += goes
        self.returned += comes
        return goes, comes


class LedgerMachine(RuleBasedStateMachine):
    operations = Bundle("operations")

    def __init__(self) -> None:
        super().__init__()
        # Each example is taken back: the books of 120 of them take PostgreSQL minutes where it believes them empty.
        self.example = transaction.atomic()
        self.example.__enter__()
        number = next(_programs)
        self.program = Program.objects.create(slug=f"m{number}", name="M", currency="AZN", join_code=f"M{number}")
        self.shops = [Shop(self.program, f"m{number}-{letter}") for letter in "ab"]
        self.rules = [shop.rules for shop in self.shops]
        self.wallets: dict[str, ModelWallet] = {}
        self.sales: dict[int, ModelSale] = {}
        self.reversed: set[int] = set()
        self.now = START
        self.keys = itertools.count(1)

    def call(self, content: object) -> Call:
        key = f"k{next(self.keys)}"
        return Call(key, ledger.input_hash("test", {"key": key, "content": repr(content)}), occurred_at=self.now)

    def customer(self, phone: str) -> int | None:
        known = facts(program_id=self.program.pk, business_id=self.shops[0].business.pk, who=Who("phone", phone))
        return known.customer_id if known else None

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(
        target=operations,
        shop=st.integers(0, 1),
        phone=st.sampled_from(PHONES),
        points=st.integers(0, 50),
        lasts=st.sampled_from([None, 10, 30, 60]),
        waits=st.sampled_from([None, None, 5, 20]),
        spent=st.sampled_from([None, None, 1, 7, 25]),
    )
    def earn(self, shop: int, phone: str, points: int, lasts: int | None, waits: int | None, spent: int | None) -> Any:
        expires_at = self.now + timedelta(days=lasts) if lasts else None
        due_at = self.now + timedelta(days=waits) if waits else None
        new = phone not in self.wallets
        wallet = self.wallets.setdefault(phone, ModelWallet())
        amount = Decimal(points + (spent or 0))
        values = {
            "rules": self.rules[shop],
            "actor": self.shops[shop].actor,
            "call": self.call((shop, phone, points)),
            "customer_id": self.customer(phone),
            "phone": phone,
            "amount": amount,
            "earned": Earned(points, []),
            "tier_id": None,
            "expires_at": expires_at,
            "due_at": due_at,
            "spent": spent,
            "paid": Decimal(spent or 0),
        }
        posted = self.send(ledger.purchase, values)
        assert posted.enrolled == new
        if spent:
            wallet.settle(self.now)
        if spent and spent > wallet.balance:
            assert posted.refusal == {"code": "not_enough_points", "available": wallet.balance, "needed": spent}
            return multiple()
        taken = wallet.draw(spent or 0)
        if points and due_at:
            wallet.promises.append(ModelPromise(shop, values["call"].key, points, due_at, expires_at))
        elif points:
            wallet.earn(values["call"].key, shop, points, expires_at)
        assert posted.balance_after == wallet.balance
        self.sales[posted.id] = ModelSale(amount, points, spent or 0)
        return Done("purchase", phone, posted, (ledger.purchase, values), points, taken)

    @rule(target=operations, shop=st.integers(0, 1), phone=st.sampled_from(PHONES), points=st.integers(1, 80))
    def redeem(self, shop: int, phone: str, points: int) -> Any:
        if phone not in self.wallets:
            return multiple()
        wallet = self.wallets[phone]
        wallet.settle(self.now)
        values = {
            "rules": self.rules[shop],
            "actor": self.shops[shop].actor,
            "call": self.call((shop, phone, points)),
            "customer_id": self.customer(phone),
            "spend": Spend(points, "x"),
        }
        posted = self.send(ledger.redeem, values)
        if points > wallet.balance:
            assert posted.refusal == {"code": "not_enough_points", "available": wallet.balance, "needed": points}
            with pytest.raises(NotEnoughPoints):
                posted.or_raise()
            return multiple()
        taken = wallet.draw(points)
        assert posted.balance_after == wallet.balance
        return Done("redemption", phone, posted, (ledger.redeem, values), points, taken)

    @rule(
        shop=st.integers(0, 1),
        phone=st.sampled_from(PHONES),
        points=st.integers(-60, 40).filter(bool),
        lasts=st.sampled_from([None, 20]),
    )
    def adjust(self, shop: int, phone: str, points: int, lasts: int | None) -> None:
        if phone not in self.wallets:
            return
        wallet = self.wallets[phone]
        wallet.settle(self.now)
        expires_at = self.now + timedelta(days=lasts) if lasts else None
        values = {
            "rules": self.rules[shop],
            "staff_id": None,
            "by_id": self.shops[shop].owner.pk,
            "call": self.call((shop, phone, points)),
            "wallet_id": Wallet.objects.get(program=self.program, customer__phone=phone).pk,
            "points": points,
            "reason": "x",
            "expires_at": expires_at,
        }
        posted = self.send(ledger.adjust, values)
        available = wallet.issued_by(shop)
        if available < -points:
            assert posted.refusal == {"code": "not_enough_points", "available": available, "needed": -points}
        elif points > 0:
            wallet.earn("", shop, points, expires_at)
        else:
            wallet.draw(-points, issuer=shop)
            wallet.lifetime += points
        assert posted.balance_after == wallet.balance
        assert self.send(ledger.adjust, values)._replace(outcome="") == posted._replace(outcome="")

    @rule(done=operations, part=st.sampled_from([None, None, 1, 2, 3, 10]))
    def reverse(self, done: Done, part: int | None) -> None:
        """A cancellation, or a refund of all that is left or of a fraction of it."""
        wallet = self.wallets[done.phone]
        wallet.settle(self.now)
        values: dict[str, Any] = {"rules": done.send[1]["rules"], "actor": done.send[1]["actor"]}
        values |= {"call": self.call(done.posted.id), "operation_id": done.posted.id}
        if done.kind == "redemption":
            posted = self.send(ledger.cancel, values)
        else:
            sale = self.sales[done.posted.id]
            left = sale.amount - sale.refunded
            amount = (left / part).quantize(Decimal("0.01")) if part and left else None
            posted = self.send(ledger.refund, values | {"amount": amount})
        if done.posted.id in self.reversed:
            with pytest.raises(AlreadyReversed):
                posted.or_raise()
            return
        if done.kind == "redemption":
            self.reversed.add(done.posted.id)
            wallet.give_back(done.taken, done.points, self.now)
        else:
            goes, comes = sale.refund(left if amount is None else amount)
            if sale.refunded == sale.amount:
                self.reversed.add(done.posted.id)
            wallet.give_back(done.taken, comes, self.now)
            if goes:
                wallet.unearn(done.send[1]["call"].key, goes)
            assert (posted.spent or 0) == -comes
            assert posted.points - max(posted.owed_delta, 0) + (posted.pending or 0) == -goes
        wallet.collect(wallet.balance)
        assert posted.balance_after == wallet.balance

    @rule()
    def sweep(self) -> None:
        with ledger.clock_at(self.now):
            sweeps.mature_due()
            sweeps.expire_due()
        for wallet in self.wallets.values():
            wallet.settle(self.now)

    @rule(done=operations)
    def repeat(self, done: Done) -> None:
        function, values = done.send
        again = self.send(function, values)
        assert again.replayed
        assert again._replace(outcome="") == done.posted._replace(outcome="")

    @rule(done=consumes(operations))
    def reuse_the_key_for_something_else(self, done: Done) -> None:
        function, values = done.send
        other = Call(values["call"].key, b"other input", occurred_at=self.now)
        with pytest.raises(KeyReused):
            self.send(function, values | {"call": other})

    def send(self, function: Any, values: dict[str, Any]) -> Posted:
        with ledger.clock_at(self.now):
            return function(**values)

    @invariant()
    def ledger_and_model_agree(self) -> None:
        stored = {
            wallet.customer.phone: wallet
            for wallet in Wallet.objects.filter(program=self.program).select_related("customer")
        }
        assert stored.keys() == self.wallets.keys()
        for phone, wallet in self.wallets.items():
            row = stored[phone]
            assert (row.balance, row.owed, row.lifetime, row.pending) == (
                wallet.balance,
                wallet.owed,
                wallet.lifetime,
                wallet.pending,
            )
            lots = Lot.objects.filter(wallet=row, open=True).values_list("remaining", "expires_at")
            assert sorted(map(repr, lots)) == sorted(
                repr((lot.remaining, lot.expires_at)) for lot in wallet.lots if lot.remaining
            )

    def teardown(self) -> None:
        try:
            assert_books_agree()
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)


@pytest.mark.django_db
@pytest.mark.slow
def test_the_ledger_is_its_model_whatever_the_order() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
