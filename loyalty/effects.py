"""What apps above the ledger do with a sale: settings.PURCHASE_EFFECTS names them, in order.

An effect says from cached definitions whether it may have to do anything at a business; only then is a transaction
opened around the ledger's statement. It works in that transaction, behind the lock of the wallet, and writes what it
did against the operation: answers are read back from these rows, so that a repeat hears the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from loyalty.earning import NO_DEAL, ZERO, Deal
from loyalty.ledger import Actor
from loyalty.lookup import Facts
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from loyalty.sales import Sale

Told = dict[str, Any]


@dataclass(frozen=True)
class Basket:
    """The codes that a customer shows, in the order of naming them, and how much of the amount is shipping."""

    coupons: Sequence[str] = ()
    shipping: Decimal = ZERO


NO_COUPONS = Basket()


@dataclass(frozen=True)
class Ready:
    """A coupon in a customer's hands, in words."""

    code: str
    title: str
    detail: str


@dataclass(frozen=True)
class Priced:
    """What the coupons make of a sale, or why it is refused; `plan` is for the effect that priced it."""

    deal: Deal = NO_DEAL
    refusal: dict[str, Any] | None = None
    plan: object = None


class Effect:
    """The parts that an effect may play; one that it leaves out does nothing."""

    def follows(self, rules: Rules, amount: Decimal) -> bool:
        """Whether a sale of that amount at this business may have to be followed. From what is cached."""
        return False

    def follows_sale(self, rules: Rules, amount: Decimal, sale: Sale) -> bool:
        """The same where its lines matter too."""
        return self.follows(rules, amount)

    def asks(self, rules: Rules) -> str | None:
        """An SQL condition on the customer `c` of the programme `%(program)s` that is read along with their facts: an
        effect that asks follows only the sales of those of whom it is true. From what is cached. Empty: of nobody now;
        None: it does not ask."""
        return None

    def remembers(self, rules: Rules) -> bool:
        """Whether a sale of this business may have had an effect before. From what is cached."""
        return False

    def price(
        self, *, rules: Rules, actor: Actor, known: Facts | None, sale: Sale, basket: Basket, at: datetime
    ) -> Priced:
        """The sale with its coupons. Reads, and locks nothing: `follow` sees to it that it still holds."""
        return Priced()

    def follow(self, *, rules: Rules, posted: Posted, priced: Priced, sale: Sale) -> None:
        """After a sale was posted. Raises `outcomes.Stale` where the price does not hold any more."""

    def give_back(self, *, rules: Rules, posted: Posted, sale: int) -> None:
        """After nothing is left of a sale."""

    def tell(self, *, rules: Rules, operations: Sequence[int]) -> dict[int, list[Told]]:
        """What was done with each operation, in the API's words, from what is stored."""
        return {}

    def say(self, rules: Rules, told: Told) -> str:
        """One of what `tell` tells, in the reader's language; empty for those of others."""
        return ""

    def ready(self, *, rules: Rules, customer_id: int, at: datetime) -> list[Ready]:
        """What a customer holds that counts at this business."""
        return []

    def words(self, fact: Mapping[str, Any]) -> str:
        """A refusal of its own in the reader's language; empty for those of others."""
        return ""


@cache
def _named(paths: tuple[str, ...]) -> tuple[Effect, ...]:
    return tuple(import_string(path)() for path in paths)


def all_effects() -> tuple[Effect, ...]:
    return _named(tuple(settings.PURCHASE_EFFECTS))


def asks(rules: Rules) -> str:
    """What has to be read of a customer before a sale; empty for nothing."""
    return " OR ".join(filter(None, (effect.asks(rules) for effect in all_effects())))


def following(rules: Rules, amount: Decimal, sale: Sale, known: Facts | None, priced: Priced) -> list[Effect]:
    """Those that may have something to do with a sale, in their order."""
    awaited = known is not None and known.awaited

    def follows(effect: Effect) -> bool:
        condition = effect.asks(rules)
        if condition is None:
            return priced.plan is not None or effect.follows_sale(rules, amount, sale)
        return awaited and bool(condition)

    return [effect for effect in all_effects() if follows(effect)]


def remember(rules: Rules) -> bool:
    return any(effect.remembers(rules) for effect in all_effects())


def price(*, rules: Rules, actor: Actor, known: Facts | None, sale: Sale, basket: Basket, at: datetime) -> Priced:
    """By the first effect that knows what coupons are."""
    if not basket.coupons:
        return Priced()
    for effect in all_effects():
        priced = effect.price(rules=rules, actor=actor, known=known, sale=sale, basket=basket, at=at)
        if priced.plan or priced.refusal:
            return priced
    raise LookupError("no effect takes coupons")


def tell(*, rules: Rules, operations: Sequence[int], by: Sequence[Effect] | None = None) -> dict[int, list[Told]]:
    """What the effects did with each operation, or those it is known to be `by`; nothing is read where there cannot be
    anything."""
    told: dict[int, list[Told]] = {operation: [] for operation in operations}
    for effect in all_effects() if by is None else by:
        if effect.remembers(rules) and operations:
            for operation, said in effect.tell(rules=rules, operations=operations).items():
                told[operation] += said
    return told


def say(rules: Rules, told: Told) -> str:
    return next(filter(None, (effect.say(rules, told) for effect in all_effects())), "")


def ready(*, rules: Rules, customer_id: int, at: datetime) -> list[Ready]:
    return [each for effect in all_effects() for each in effect.ready(rules=rules, customer_id=customer_id, at=at)]


def words(fact: Mapping[str, Any]) -> str:
    return next(filter(None, (effect.words(fact) for effect in all_effects())), "")
