"""What comes of a call to the ledger: an operation with its figures, or an exception that says why there is none."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID


class KeyReused(Exception):
    """The idempotency key already names an operation with other input."""


class Stale(Exception):
    """The customer's facts moved between reading and posting: read them again and repeat."""


class MomentAhead(Exception):
    """`occurred_at` is more than 5 minutes ahead of the database's clock."""


class Busy(Exception):
    """Another operation has held the wallet for 4 seconds. Nothing was written; the same key may be sent again."""


class Refused(Exception):
    """A rule said no. The refusal is stored under its key, so a retry hears the same."""

    def __init__(self, posted: "Posted") -> None:
        super().__init__(posted.refusal)
        self.posted = posted

    @property
    def code(self) -> str:
        return str(self.posted.refusal and self.posted.refusal["code"])

    @property
    def fact(self) -> dict[str, Any]:
        return self.posted.refusal or {}


class NotEnoughPoints(Refused):
    """`fact`: available, needed."""


class ReferenceUsed(Refused):
    """`fact`: id of the operation that already has the reference on this branch and day."""


class AlreadyReversed(Refused):
    """`fact`: id of the refund or cancellation."""


class RefundTooLarge(Refused):
    """`fact`: left, what of the purchase is not refunded yet, in the programme's currency."""


class OutOfStock(Refused):
    """The last one was claimed before."""


class LimitReached(Refused):
    """`fact`: limit, period (day, week, month, ever)."""


class RewardEnded(Refused):
    """It is not offered today."""


class RewardChanged(Refused):
    """`fact`: the points that it costs now."""


class TierRequired(Refused):
    """`fact`: tier, from which on it is offered."""


class ConsentRequired(Refused):
    """So many points need the customer's own code. `fact`: above, the points that need none; reason, one of `none`,
    `wrong`, `late`, `used`, `too_many`."""


class CouponRefused(Refused):
    """`fact`: coupon, the code as it was named; reason, and what the app that has coupons needs to say it."""


class HoldExpired(Refused):
    """Its time was over; the points are back."""


class AlreadyConfirmed(Refused):
    """It was collected before."""


class CustomerBlocked(Refused):
    """The operator has blocked this customer: neither earning nor spending."""


REFUSALS: dict[str, type[Refused]] = {
    "not_enough_points": NotEnoughPoints,
    "reference_used": ReferenceUsed,
    "already_reversed": AlreadyReversed,
    "refund_too_large": RefundTooLarge,
    "customer_blocked": CustomerBlocked,
    "out_of_stock": OutOfStock,
    "limit_reached": LimitReached,
    "reward_ended": RewardEnded,
    "reward_changed": RewardChanged,
    "tier_required": TierRequired,
    "consent_required": ConsentRequired,
    "coupon_refused": CouponRefused,
    "hold_expired": HoldExpired,
    "already_confirmed": AlreadyConfirmed,
}


class Posted(NamedTuple):
    """An operation as the ledger stored it. Points are signed; `owed_delta` < 0 is debt collected, > 0 debt added;
    `pending` are points that a sale promised for later (+), or a refund took from those (−); `spent` are those that
    paid `paid` of a sale (+), or that its refund gave back (−)."""

    outcome: str
    customer: UUID
    id: int
    public_id: UUID
    kind: str
    refusal: dict[str, Any] | None
    points: int
    balance_after: int
    owed_delta: int
    pending: int | None
    spent: int | None
    visits: int | None
    tier_id: int | None
    enrolled: bool
    trail: list[dict[str, str]] | None
    occurred_at: datetime
    wallet_id: int
    customer_id: int
    amount: Decimal | None = None
    paid: Decimal | None = None
    reached: int | None = None  # the tier that a sale brought
    effects: tuple[dict[str, Any], ...] = ()  # what loyalty/effects.py tells of it

    @property
    def replayed(self) -> bool:
        return self.outcome == "replayed"

    def or_raise(self) -> "Posted":
        """Raises the stored refusal; call it when the transaction is over."""
        if self.refusal:
            raise REFUSALS[self.refusal["code"]](self)
        return self
