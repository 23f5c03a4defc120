"""Sales above a business's limit for cashiers: the PIN of a manager lets one of them through, and names them."""

from datetime import datetime
from functools import partial

from django.db import transaction

from businesses import pins
from businesses.access import MANAGERS
from businesses.models import Staff
from loyalty import ledger, outcomes, purchases
from loyalty.effects import NO_COUPONS, Basket
from loyalty.ledger import Actor
from loyalty.lookup import Who
from loyalty.models import Approval
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from loyalty.sales import InPoints, Sale


def record(
    *,
    rules: Rules,
    staff: Staff,
    actor: Actor,
    who: Who,
    sale: Sale,
    pin: str,
    key: str,
    at: datetime,
    paid: InPoints | None = None,
    basket: Basket = NO_COUPONS,
) -> Posted:
    """Records a sale of this member of staff; above their limit with the PIN of somebody who may approve it.

    A key that is known needs no PIN again: the sale was let through then, and the ledger answers for it.
    Raises `pins.NotApproved` besides what `purchases.record` raises.
    """
    post = partial(
        purchases.record, rules=rules, actor=actor, who=who, sale=sale, key=key, at=at, paid=paid, basket=basket
    )
    limit = rules.purchase_limit
    within = staff.role in MANAGERS or limit is None or sale.amount <= limit
    if within or ledger.is_known(rules=rules, key=key):
        return post()
    approver = pins.approver(pin=pin, cashier=staff, at=at)
    refused: outcomes.Refused | None = None
    with transaction.atomic():
        try:
            posted = post()
        except outcomes.Refused as refusal:
            refused = refusal  # raised after the commit: a refusal is stored
        else:
            if not posted.replayed:
                Approval.objects.create(operation_id=posted.id, staff=approver)
    if refused:
        raise refused
    return posted
