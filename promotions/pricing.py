"""What a cart costs with coupons: pure arithmetic, no database, no clock.

Percentages come off first, each of what the one before has left, then amounts, then shipping; never more than there
is. Each is rounded once, by the currency. An exclusive offer stands alone: of those that exclude each other the one
that was named first stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from businesses import money
from loyalty.earning import ZERO, Deal, Part, Rule, parts, scaled, step
from promotions.models import IN_POINTS, OFF, OfferKind

ORDER = [OfferKind.PERCENTAGE, OfferKind.AMOUNT, OfferKind.SHIPPING, *IN_POINTS, OfferKind.GIFT]
BOOSTS = {OfferKind.MULTIPLIER: "multiply", OfferKind.BONUS: "bonus"}


@dataclass(frozen=True)
class Cart:
    """A sale before coupons. `amount` holds the `shipping`; lines are as the till sent them."""

    amount: Decimal
    currency: str
    shipping: Decimal = ZERO
    lines: Sequence[Mapping[str, Any]] = ()

    @property
    def coin(self) -> Decimal:
        """The smallest sum of the currency."""
        return Decimal(1).scaleb(-money.decimals(self.currency))

    @property
    def goods(self) -> Decimal:
        return self.amount - self.shipping


@dataclass(frozen=True)
class Benefit:
    """An offer as the arithmetic takes it, under the `code` by which it was asked for. `scope` says on which lines."""

    code: str
    offer_id: int
    kind: str
    value: Decimal
    name: str
    scope: Rule
    most: Decimal | None = None
    minimum: Decimal = ZERO
    exclusive: bool = False

    @property
    def step(self) -> str:
        return self.scope.step


@dataclass(frozen=True)
class Applied:
    benefit: Benefit
    discount: Decimal


@dataclass(frozen=True)
class Rejected:
    """Why a coupon does nothing here; promotions/words.py says it in words."""

    code: str
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Priced:
    """`applied` and `rejected` in the order in which they were named."""

    deal: Deal
    applied: tuple[Applied, ...]
    rejected: tuple[Rejected, ...]


def price(cart: Cart, benefits: Sequence[Benefit]) -> Priced:
    standing: list[Benefit] = []
    rejected: list[Rejected] = []
    for benefit in benefits:
        if refused := _refused(cart, benefit, standing):
            rejected.append(refused)
        else:
            standing.append(benefit)
    counted = _Counted(cart)
    applied = []
    for benefit in sorted(standing, key=_turn):
        discount = counted.take(benefit)
        if discount == ZERO and not counted.gives(benefit):
            rejected.append(Rejected(benefit.code, "nothing_left"))
        else:
            applied.append(Applied(benefit, discount))
    named = [benefit.code for benefit in benefits]
    return Priced(
        counted.deal([each.benefit for each in applied]),
        tuple(sorted(applied, key=lambda each: named.index(each.benefit.code))),
        tuple(sorted(rejected, key=lambda each: named.index(each.code))),
    )


def _turn(benefit: Benefit) -> tuple[int, int]:
    return ORDER.index(OfferKind(benefit.kind)), benefit.offer_id


def _refused(cart: Cart, benefit: Benefit, standing: Sequence[Benefit]) -> Rejected | None:
    """What speaks against a coupon beside those that were named before it, and stand."""
    if any(each.offer_id == benefit.offer_id for each in standing):
        return Rejected(benefit.code, "twice")
    if standing and (benefit.exclusive or any(each.exclusive for each in standing)):
        return Rejected(benefit.code, "exclusive")
    if cart.goods < benefit.minimum:
        facts = {"minimum": money.plain(benefit.minimum, cart.currency), "currency": cart.currency}
        return Rejected(benefit.code, "minimum_spend", facts)
    if benefit.kind == OfferKind.SHIPPING:
        return None if cart.shipping else Rejected(benefit.code, "no_shipping")
    found = [part for part in parts(cart.goods, cart.lines) if benefit.scope.matches(part) and part.amount]
    return None if found or not benefit.scope.categories else Rejected(benefit.code, "not_in_cart")


class _Counted:
    """A cart while discounts come off: what each of its parts costs still, its shipping the last."""

    def __init__(self, cart: Cart) -> None:
        self.cart = cart
        self.before = [*parts(cart.goods, cart.lines), Part(cart.shipping)]
        self.left = [part.amount for part in self.before]
        self.steps: list[dict[str, str]] = []

    def take(self, benefit: Benefit) -> Decimal:
        """What it takes off."""
        if benefit.kind not in (*OFF, OfferKind.SHIPPING):
            return ZERO
        found = self._looked_at(benefit)
        base = sum(found, ZERO)
        wanted = base * benefit.value / 100 if benefit.kind == OfferKind.PERCENTAGE else benefit.value
        if benefit.kind == OfferKind.SHIPPING:
            wanted = base
        discount = self._in_coins(wanted if benefit.most is None else min(wanted, benefit.most), base)
        for at, share in enumerate(_spread(discount, found, self.cart.coin)):
            self.left[at] -= share
        if discount:
            self.steps.append(step(benefit.step, "discount", discount) | {"name": benefit.name})
        return discount

    def gives(self, benefit: Benefit) -> bool:
        """Whether it gives anything else than a discount here."""
        return benefit.kind == OfferKind.GIFT or (benefit.kind in IN_POINTS and sum(self._looked_at(benefit), ZERO) > 0)

    def deal(self, applied: Sequence[Benefit]) -> Deal:
        lines = len(self.cart.lines)
        return Deal(
            discount=sum((part.amount for part in self.before), ZERO) - sum(self.left, ZERO),
            off=[part.amount - left for part, left in zip(self.before[:lines], self.left, strict=False)],
            parts=[replace(part, amount=left) for part, left in zip(self.before, self.left, strict=True)],
            steps=self.steps,
            boosts=[each.scope for each in applied if each.kind in IN_POINTS],
        )

    def _looked_at(self, benefit: Benefit) -> list[Decimal]:
        """Of each part as much as the benefit looks at."""
        if benefit.kind == OfferKind.SHIPPING:
            return [ZERO] * (len(self.left) - 1) + self.left[-1:]
        goods = zip(self.before[:-1], self.left, strict=False)
        return [*(left if benefit.scope.matches(part) else ZERO for part, left in goods), ZERO]

    def _in_coins(self, wanted: Decimal, base: Decimal) -> Decimal:
        rounded = min(wanted, base).quantize(self.cart.coin, ROUND_HALF_UP)
        return rounded if rounded <= base else base.quantize(self.cart.coin, ROUND_DOWN)


def _spread(total: Decimal, amounts: list[Decimal], coin: Decimal) -> list[Decimal]:
    """In coins, in proportion to the amounts, none above its own, and together exactly `total`."""
    if not total:
        return [ZERO for _ in amounts]
    shares = [share.quantize(coin, ROUND_DOWN) for share in scaled(amounts, total)]
    missing = total - sum(shares, ZERO)
    for at in sorted(range(len(amounts)), key=lambda at: shares[at] - amounts[at]):
        more = min(missing, (amounts[at] - shares[at]).quantize(coin, ROUND_DOWN))
        shares[at] += more
        missing -= more
    if missing:  # of amounts that are no whole coins
        largest = amounts.index(max(amounts))
        shares[largest] += missing
    return shares
