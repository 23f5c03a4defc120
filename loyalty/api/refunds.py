"""`POST purchases/{id}/refunds`: all that is left of a purchase, an amount of it, or lines of it."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.fields import Fields, text, whole
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from loyalty import purchases
from loyalty.api.acting import LedgerView, actor_of, rules_of, undoable
from loyalty.api.purchases import MOST_LINES, listed, quantity, sale_amount
from loyalty.api.schema import purchases as schema
from loyalty.models import PurchaseLine


class RefundsView(LedgerView):
    scopes = {"post": "earn"}
    idempotent = cashiers = frozenset({"post"})

    @extend_schema(**schema.REFUND_PURCHASE)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, purchase: UUID) -> Answer:
        rules = rules_of(call)
        operation_id = undoable(call, purchase, "purchase")
        fields = Fields(call.body)
        reference = fields.read("reference", text(128))
        actor = actor_of(call, fields, rules)
        amount = fields.read("amount", sale_amount(rules.currency))
        pieces = pieces_of(fields, operation_id)
        if amount is not None and pieces is not None:
            fields.error("lines", "Name the amount or the lines, not both.")
        fields.done()
        posted = purchases.refund(
            rules=rules,
            actor=actor,
            operation_id=operation_id,
            key=call.key,
            reference=reference,
            amount=amount,
            pieces=pieces,
        )
        body = {
            "id": str(posted.public_id),
            "amount": money.plain(posted.amount or Decimal(0), rules.currency),
            "points": -posted.points,
            "pending": -(posted.pending or 0),
            "owed": posted.owed_delta,
            "returned_points": -(posted.spent or 0),
            "balance": posted.balance_after,
            "returned_coupons": [each["coupon"] for each in posted.effects if each["effect"] == "coupon_returned"],
        }
        return Answer(body, 201, posted.replayed)


def pieces_of(fields: Fields, operation_id: int) -> dict[int, Decimal] | None:
    """How many pieces come back, by the id of their line; None where no lines are named."""
    sent = fields.read("lines", named)
    if sent is None:
        return None
    bought = list(PurchaseLine.objects.filter(purchase=operation_id).order_by("position"))
    pieces: dict[int, Decimal] = defaultdict(Decimal)
    for number, item in enumerate(sent):
        line = Fields(item if isinstance(item, dict) else {"": item}, within=f"lines[{number}].")
        found, many = _line(line, bought), line.read("quantity", some)
        try:
            line.done()
        except Problem:
            fields.errors.update(line.errors)
        if found:
            pieces[found.pk] += many or found.quantity
    return dict(pieces)


def _line(line: Fields, bought: list[PurchaseLine]) -> PurchaseLine | None:
    """Named by its place in the purchase, from 1, or by a sku that stands there once."""
    if line.has("position") == line.has("sku"):
        line.error("position", "Name the line by its position, from 1, or by its sku.")
    position, sku = line.read("position", whole(1, MOST_LINES)), line.read("sku", text(64))
    if position is not None:
        found, name = [each for each in bought if each.position == position], "position"
    else:
        found, name = [each for each in bought if each.sku == sku], "sku"
    if len(found) == 1 and found[0].quantity > 0:
        return found[0]
    if (position, sku) != (None, None):
        line.error(name, "Several lines have it: name one by its position." if len(found) > 1 else "No such line.")
    return None


def named(value: Any) -> list[Any]:
    lines = listed(value)
    if not lines:
        raise ValueError("Name a line.")
    return lines


def some(value: Any) -> Decimal:
    parsed = quantity(value)
    if parsed <= 0:
        raise ValueError("Has to be above 0.")
    return parsed
