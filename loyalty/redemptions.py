"""Spending points and taking it back."""

from datetime import datetime

from django.db import transaction

from loyalty import ledger, lookup, notices
from loyalty.ledger import Actor, Call, Posted
from loyalty.lookup import Who
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
    known = lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who)
    content = {"customer": known.customer_id, "points": points, "description": description, "branch": actor.branch_id}
    call = Call(key, ledger.input_hash("redemption", content | {"reference": reference}), reference)

    def post() -> Posted:
        return ledger.redeem(
            rules=rules, actor=actor, call=call, customer_id=known.customer_id, points=points, description=description
        )

    if not known.agreed_to_sms:
        return post().or_raise()
    with transaction.atomic():
        posted = post()
        notices.redeemed(posted=posted, rules=rules, at=at)
    return posted.or_raise()


def cancel(*, rules: Rules, actor: Actor, operation_id: int, key: str) -> Posted:
    """Gives the points of a redemption of this business back to the lots they came from.

    Raises `ledger.AlreadyReversed`, `KeyReused`, `Busy`.
    """
    call = Call(key, ledger.input_hash("cancellation", {"of": operation_id}))
    return ledger.reverse(rules=rules, actor=actor, call=call, operation_id=operation_id).or_raise()
