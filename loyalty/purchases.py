"""Recording sales, and refunding them or parts of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from businesses import money
from loyalty import effects, ledger, lookup, notices, outcomes, situations, spending
from loyalty.earning import ZERO, Earned, earn
from loyalty.effects import NO_COUPONS, Basket, Effect, Priced
from loyalty.ledger import Actor, Call
from loyalty.lookup import Facts, Member, Who
from loyalty.models import Purchase
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from loyalty.sales import InPoints, Sale

MOST_AMOUNT = Decimal(100_000_000)
MOST_POINTS = 10**12
REPEATS = 5


class TooManyPoints(Exception):
    """The points are worth more than the sale. `most`: how many it takes."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def worth(*, rules: Rules, points: int) -> Decimal:
    """What points pay, in the programme's currency, rounded to what it has coins for."""
    coin = Decimal(1).scaleb(-money.decimals(rules.currency))
    return (points * rules.point_value).quantize(coin, ROUND_HALF_UP)


def most_points(*, rules: Rules, amount: Decimal) -> int:
    """How many points a sale takes: no more than it costs."""
    return int(amount / rules.point_value) if rules.point_value else 0


def record(
    *,
    rules: Rules,
    actor: Actor,
    who: Who,
    sale: Sale,
    key: str,
    at: datetime,
    paid: InPoints | None = None,
    basket: Basket = NO_COUPONS,
) -> Posted:
    """Posts a sale and the points that it earns; an unknown phone or outside id is enrolled. Coupons are taken off the
    amount first: points pay, and are earned on, what is left.

    Raises `lookup.UnknownCustomer` (a card or id that nobody has), `TooManyPoints`, `NotEnoughPoints` (of those
    that pay for it), `CouponRefused`, `ConsentRequired`, `ReferenceUsed`, `KeyReused`, `MomentAhead`, `Busy`.
    """
    content: dict[str, Any] = {"who": [who.by, who.value], "sale": sale, "branch": actor.said}
    content |= {"points": paid.points, "consent": paid.consent} if paid else {}
    content |= {"coupons": list(basket.coupons)} if basket.coupons else {}
    content |= {"shipping": basket.shipping} if basket.shipping else {}
    call = Call(
        key=key,
        input_hash=ledger.input_hash("purchase", content),
        reference=sale.reference,
        occurred_at=sale.occurred_at,
    )
    for _ in range(REPEATS):
        try:
            return _record_once(rules, actor, who, sale, paid, basket, call, at).or_raise()
        except outcomes.Stale:
            continue
    raise outcomes.Busy


def _record_once(
    rules: Rules,
    actor: Actor,
    who: Who,
    sale: Sale,
    paid: InPoints | None,
    basket: Basket,
    call: Call,
    at: datetime,
) -> Posted:
    known, past = situations.known(rules=rules, who=who, occurred_at=sale.occurred_at, awaits=effects.asks(rules))
    # A repeat is answered by the ledger, also when the card was replaced since.
    if known is None and who.by in ("card", "customer") and not ledger.is_known(rules=rules, key=call.key):
        raise lookup.UnknownCustomer
    moment = sale.occurred_at or (known.read_at if known else at)
    priced = effects.price(rules=rules, actor=actor, known=known, sale=sale, basket=basket, at=moment)
    amount = sale.amount - priced.deal.discount
    if paid and priced.refusal is None:
        _see_that_it_takes(rules, amount, paid, call.key)
    money_worth = worth(rules=rules, points=paid.points) if paid else ZERO
    earned = earn(
        amount=sale.amount,
        terms=rules.terms,
        multipliers=rules.multipliers(known.tier_id if known else None),
        rules=rules.earning,
        situation=situations.of(rules=rules, facts=known, past=past, moment=moment),
        lines=sale.lines,
        paid_with_points=money_worth,
        deal=priced.deal,
    )

    def post(refusal: dict[str, Any] | None = None) -> Posted:
        return ledger.purchase(
            rules=rules,
            actor=actor,
            call=call,
            customer_id=known.customer_id if known else None,
            phone=who.value if who.by == "phone" else None,
            external_id=who.value if who.by == "external_id" else None,
            amount=amount,
            earned=earned,
            tier_id=known.tier_id if known else None,
            seen=(past.last_entry, past.visits) if past else None,
            expires_at=rules.expires_at(moment),
            due_at=rules.due_at(moment),
            lines=_as_sold(sale.lines, earned, priced),
            spent=paid.points if paid else None,
            paid=money_worth,
            refusal=priced.refusal or refusal,
            given=_given(rules, earned),
        )

    asked = known is not None and paid is not None and spending.is_asked(rules=rules, points=paid.points)
    told = known is not None and known.agreed_to_sms
    followed = effects.following(rules, amount, sale, known, priced)
    if not (asked or told or followed):
        posted = post()
        return _with_effects(rules, posted) if posted.replayed else posted
    with transaction.atomic():
        posted = _agreed(rules, known, paid, call, at, post) if known and paid and asked else post()
        if posted.refusal is None and not posted.replayed:
            for effect in followed:
                effect.follow(rules=rules, posted=posted, priced=priced, sale=sale)
        if told:
            notices.earned(posted=posted, rules=rules, at=at)
    return _with_effects(rules, posted, None if posted.replayed else followed)


def _see_that_it_takes(rules: Rules, amount: Decimal, paid: InPoints, key: str) -> None:
    """A repeat is answered by the ledger, also when points are worth more since."""
    most = most_points(rules=rules, amount=amount)
    if paid.points > most and not ledger.is_known(rules=rules, key=key):
        raise TooManyPoints(most)


def _with_effects(rules: Rules, posted: Posted, by: list[Effect] | None = None) -> Posted:
    """With what the effects stored for it: those that followed it, or for a repeat whichever did."""
    if posted.refusal or not effects.remember(rules):
        return posted
    return posted._replace(effects=tuple(effects.tell(rules=rules, operations=[posted.id], by=by)[posted.id]))


def _agreed(
    rules: Rules,
    known: Facts,
    paid: InPoints,
    call: Call,
    at: datetime,
    post: Callable[[dict[str, Any] | None], Posted],
) -> Posted:
    """Posts a sale of which so many points pay a part that the customer is asked before."""
    if known.wallet_id is None:
        return post(None)  # who is new here has none
    agreement = spending.agree(
        rules=rules, member=Member(**vars(known)), points=paid.points, consent=paid.consent, key=call.key, at=at
    )
    posted = post(agreement.refusal)
    agreement.settle(posted, at=at)
    return posted


def _given(rules: Rules, earned: Earned) -> list[dict[str, Any]]:
    """What of the points came from capped rules."""
    capped = [step for step in earned.trail if step["rule"] in rules.capped and step.get("points", "+0") != "+0"]
    return [{"series": rules.capped[step["rule"]], "points": step["points"]} for step in capped]


def _as_sold(lines: list[dict[str, Any]] | None, earned: Earned, priced: Priced) -> list[dict[str, Any]] | None:
    """Each line with what coupons took off it and what it has of the points, for the day on which it comes back."""
    if lines and priced.deal.off:
        cheaper = zip(lines, priced.deal.off, strict=True)
        lines = [line | {"discount": Decimal(line.get("discount", 0)) + off} if off else line for line, off in cheaper]
    if not lines or not earned.shares:
        return lines
    return [line | {"share": share} for line, share in zip(lines, earned.shares, strict=True)]


def refund(
    *,
    rules: Rules,
    actor: Actor,
    operation_id: int,
    key: str,
    reference: str | None = None,
    amount: Decimal | None = None,
    pieces: Mapping[int, Decimal] | None = None,
) -> Posted:
    """Takes back what is left of a purchase of this business, `amount` > 0 of it, or `pieces` > 0 of its lines by id.

    Raises `outcomes.AlreadyReversed`, `RefundTooLarge`, `ReferenceUsed`, `KeyReused`, `Busy`.
    """
    content: dict[str, Any] = {"of": operation_id, "reference": reference, "branch": actor.said}
    content |= {"amount": amount} if amount is not None else {}
    content |= {"pieces": {str(line): quantity for line, quantity in pieces.items()}} if pieces else {}
    call = Call(key, ledger.input_hash("refund", content), reference)
    take_back = partial(
        ledger.refund, rules=rules, actor=actor, call=call, operation_id=operation_id, amount=amount, pieces=pieces
    )
    if not effects.remember(rules):
        return take_back().or_raise()
    with transaction.atomic():
        posted = take_back()
        if posted.refusal is None and not posted.replayed and _is_whole(operation_id):
            for effect in effects.all_effects():
                effect.give_back(rules=rules, posted=posted, sale=operation_id)
    return _with_effects(rules, posted).or_raise()


def _is_whole(operation_id: int) -> bool:
    return Purchase.objects.filter(operation_id=operation_id, refunded__gte=F("amount")).exists()
