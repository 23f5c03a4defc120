"""Recording sales and refunding them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from loyalty import ledger, lookup, notices, situations
from loyalty.earning import Earned, earn
from loyalty.ledger import Actor, Call, Posted
from loyalty.lookup import Facts, Past, Who
from loyalty.rules import Rules

MOST_AMOUNT = Decimal(100_000_000)
REPEATS = 5


@dataclass(frozen=True)
class Sale:
    """What the till says: `amount` ≥ 0 in the programme's currency, and lines where it knows them."""

    amount: Decimal
    reference: str | None = None
    occurred_at: datetime | None = None
    lines: list[dict[str, Any]] | None = None


def record(*, rules: Rules, actor: Actor, who: Who, sale: Sale, key: str, at: datetime) -> Posted:
    """Posts a sale and the points that it earns; an unknown phone or outside id is enrolled.

    Raises `lookup.UnknownCustomer` (a card or id that nobody has), `ledger.ReferenceUsed`, `KeyReused`,
    `MomentAhead`, `Busy`.
    """
    call = Call(
        key=key,
        input_hash=ledger.input_hash("purchase", {"who": [who.by, who.value], "sale": sale, "branch": actor.said}),
        reference=sale.reference,
        occurred_at=sale.occurred_at,
    )
    for _ in range(REPEATS):
        try:
            return _record_once(rules, actor, who, sale, call, at).or_raise()
        except ledger.Stale:
            continue
    raise ledger.Busy


def _record_once(rules: Rules, actor: Actor, who: Who, sale: Sale, call: Call, at: datetime) -> Posted:
    known, past = situations.known(rules=rules, who=who, occurred_at=sale.occurred_at)
    # A repeat is answered by the ledger, also when the card was replaced since.
    if known is None and who.by in ("card", "customer") and not ledger.is_known(rules=rules, key=call.key):
        raise lookup.UnknownCustomer
    moment = sale.occurred_at or (known.read_at if known else at)
    earned = earn(
        amount=sale.amount,
        terms=rules.terms,
        multipliers=rules.multipliers(known.tier_id if known else None),
        rules=rules.earning,
        situation=situations.of(rules=rules, facts=known, past=past, moment=moment),
        lines=sale.lines,
    )
    if known is None or not known.agreed_to_sms:
        return _post(rules, actor, who, known, past, sale, earned, call, moment)
    with transaction.atomic():
        posted = _post(rules, actor, who, known, past, sale, earned, call, moment)
        notices.earned(posted=posted, rules=rules, at=at)
    return posted


def _post(
    rules: Rules,
    actor: Actor,
    who: Who,
    known: Facts | None,
    past: Past | None,
    sale: Sale,
    earned: Earned,
    call: Call,
    moment: datetime,
) -> Posted:
    return ledger.purchase(
        rules=rules,
        actor=actor,
        call=call,
        customer_id=known.customer_id if known else None,
        phone=who.value if who.by == "phone" else None,
        external_id=who.value if who.by == "external_id" else None,
        amount=sale.amount,
        earned=earned,
        tier_id=known.tier_id if known else None,
        seen=(past.last_entry, past.visits) if past else None,
        expires_at=rules.expires_at(moment),
        due_at=rules.due_at(moment),
        lines=sale.lines,
    )


def refund(*, rules: Rules, actor: Actor, operation_id: int, key: str, reference: str | None = None) -> Posted:
    """Takes back a whole purchase of this business.

    Raises `ledger.AlreadyReversed`, `ReferenceUsed`, `KeyReused`, `Busy`.
    """
    content = {"of": operation_id, "reference": reference, "branch": actor.said}
    call = Call(key, ledger.input_hash("refund", content), reference)
    return ledger.reverse(rules=rules, actor=actor, call=call, operation_id=operation_id).or_raise()
