"""Spending points and taking it back."""

from datetime import datetime

from django.db import transaction

from loyalty import ledger, lookup, notices
from loyalty.ledger import Actor, Call, Posted
from loyalty.lookup import Member, Who
from loyalty.rules import Rules


def redeem(
    *,
    rules: Rules,
    actor: Actor,
    who: Who,
    points: int,
    description: str,
    key: str,
    at: datetime,
    reference: str | None = None,
) -> Posted:
    """Spends `points` > 0 on something described in words.

    Raises `lookup.UnknownCustomer`, `ledger.NotEnoughPoints`, `ReferenceUsed`, `KeyReused`, `Busy`.
    """
    content: dict[str, object] = {"who": [who.by, who.value], "points": points, "description": description}
    content |= {"branch": actor.said, "reference": reference}
    call = Call(key, ledger.input_hash("redemption", content), reference)
    known = _known(rules, who, call)

    def post() -> Posted:
        return ledger.redeem(
            rules=rules,
            actor=actor,
            call=call,
            customer_id=known.customer_id if known else None,
            points=points,
            description=description,
        )

    if known is None or not known.agreed_to_sms:
        return post().or_raise()
    with transaction.atomic():
        posted = post()
        notices.redeemed(posted=posted, rules=rules, at=at)
    return posted.or_raise()


def _known(rules: Rules, who: Who, call: Call) -> Member | None:
    """None for a repeat, which the ledger answers, also when the card was replaced since."""
    try:
        return lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who)
    except lookup.UnknownCustomer:
        if ledger.is_known(rules=rules, key=call.key):
            return None
        raise


def cancel(*, rules: Rules, actor: Actor, operation_id: int, key: str) -> Posted:
    """Gives the points of a redemption of this business back to the lots they came from.

    Raises `ledger.AlreadyReversed`, `KeyReused`, `Busy`.
    """
    call = Call(key, ledger.input_hash("cancellation", {"of": operation_id, "branch": actor.said}))
    return ledger.cancel(rules=rules, actor=actor, call=call, operation_id=operation_id).or_raise()
