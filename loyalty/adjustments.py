"""Correcting a balance by hand: by owners and managers of a business, and by superadmins on its behalf."""

from datetime import datetime

from businesses.models import Staff, User
from loyalty import ledger
from loyalty.ledger import Call
from loyalty.models import Wallet
from loyalty.outcomes import Posted
from loyalty.rules import Rules

MOST_POINTS = 10**9


def adjust(
    *, rules: Rules, wallet: Wallet, points: int, reason: str, by: User, staff: Staff | None, key: str, at: datetime
) -> Posted:
    """Gives `points` > 0 that the business of `rules` issues, or takes `points` < 0 of those that it issued.

    `staff` is None when a superadmin acts for the business. The customer reads the reason.
    Raises `outcomes.NotEnoughPoints` (available: what is left of this business's points), `KeyReused`, `Busy`.
    """
    content = {"wallet": wallet.pk, "points": points, "reason": reason}
    return ledger.adjust(
        rules=rules,
        staff_id=staff.pk if staff else None,
        by_id=by.pk,
        call=Call(key, ledger.input_hash("adjustment", content)),
        wallet_id=wallet.pk,
        points=points,
        reason=reason,
        expires_at=rules.expires_at(at) if points > 0 else None,
    ).or_raise()
