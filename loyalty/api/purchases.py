"""`POST purchases`."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses import money, pins
from businesses.api.fields import Fields, amount, moment, text, whole
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall, manager_required
from loyalty import approvals, ledger, purchases
from loyalty.api.acting import actor_of, rules_of, who_of
from loyalty.api.recorded import RecordedPurchasesView, purchase_body
from loyalty.api.schema import purchases as schema
from loyalty.earning import ZERO
from loyalty.effects import Basket
from loyalty.purchases import MOST_AMOUNT, MOST_POINTS, TooManyPoints
from loyalty.sales import InPoints, Sale

MOST_LINES = 1000
MOST_CODES = 10
LONGEST_CODE = 64
LONGEST_CONSENT = 64


class PurchasesView(RecordedPurchasesView):
    scopes = {"get": "read", "post": "earn"}
    idempotent = cashiers = frozenset({"post"})

    @extend_schema(**schema.RECORD_PURCHASE)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        actor = actor_of(call, fields, rules)
        who = who_of(fields, rules.country)
        sale = Sale(
            amount=fields.read("amount", sale_amount(rules.currency), required=True) or Decimal(0),
            reference=fields.read("reference", text(128)),
            occurred_at=fields.read("occurred_at", moment),
            lines=lines_of(fields, rules.currency),
        )
        paid = in_points(fields, call)
        basket = basket_of(fields, rules.currency)
        if basket.shipping > sale.amount:
            fields.error("shipping", "Is a part of the amount.")
        if sale.occurred_at and call.access.is_cashier and not ledger.is_known(rules=rules, key=call.key):
            fields.error("occurred_at", "A cashier records sales as they happen.")
        fields.done()
        record = partial(approvals.record, staff=call.access.staff, pin="") if call.access.staff else purchases.record
        try:
            posted = record(
                rules=rules, actor=actor, who=who, sale=sale, paid=paid, basket=basket, key=call.key, at=timezone.now()
            )
        except pins.NotApproved:
            limit = money.plain(rules.purchase_limit or ZERO, rules.currency)
            raise manager_required(
                f"Above {limit} a manager records the sale, or approves it on the counter."
            ) from None
        except TooManyPoints as too_many:
            fields.error("redeem_points", f"More than the sale costs: it takes at most {too_many.most}.")
            fields.done()
            raise
        return Answer(purchase_body(posted, rules), 201, posted.replayed)


def basket_of(fields: Fields, currency: str) -> Basket:
    """The coupons of a sale, and how much of it is shipping."""
    return Basket(
        coupons=fields.read("coupons", codes) or (),
        shipping=fields.read("shipping", amount(currency)) or ZERO,
    )


def codes(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_CODES:
        raise ValueError(f"Has to be a list of at most {MOST_CODES} codes.")
    return [text(LONGEST_CODE)(code) for code in value]


def in_points(fields: Fields, call: ApiCall) -> InPoints | None:
    """What points pay of it. That needs the scope of spending them."""
    points, consent = fields.read("redeem_points", whole(1, MOST_POINTS)), fields.read("consent", text(LONGEST_CONSENT))
    if points is None:
        if consent is not None:
            fields.error("consent", "Goes with redeem_points.")
        return None
    call.access.require("redeem")
    return InPoints(points, consent or "")


def sale_amount(currency: str) -> Any:
    parse = amount(currency)

    def within_reason(value: Any) -> Decimal:
        parsed = parse(value)
        if not 0 < parsed < MOST_AMOUNT:
            raise ValueError(f"Has to be above 0 and below {MOST_AMOUNT:f}.")
        return parsed

    return within_reason


def lines_of(fields: Fields, currency: str) -> list[dict[str, Any]] | None:
    """The lines with their errors named by place: `lines[2].unit_price`."""
    sent = fields.read("lines", listed)
    if not sent:
        return None
    lines = []
    for number, item in enumerate(sent):
        line = Fields(item if isinstance(item, dict) else {"": item}, within=f"lines[{number}].")
        lines.append(
            {
                "sku": line.read("sku", text(64)),
                "name": line.read("name", text(200)),
                "category": line.read("category", text(120)),
                "quantity": line.read("quantity", quantity),
                "unit_price": line.read("unit_price", amount(currency), required=True),
                "discount": line.read("discount", amount(currency)),
            }
        )
        try:
            line.done()
        except Problem:
            fields.errors.update(line.errors)
    return [{name: value for name, value in line.items() if value is not None} for line in lines]


def listed(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_LINES:
        raise ValueError(f"Has to be a list of at most {MOST_LINES} lines.")
    return value


def quantity(value: Any) -> Decimal:
    """Pieces or weight, to 3 decimals; negative for a line that is taken back."""
    try:
        parsed = Decimal(str(value))
    except ArithmeticError as error:
        raise ValueError("Has to be a number.") from error
    if not parsed.is_finite() or abs(parsed) >= 10**9 or parsed != round(parsed, 3):
        raise ValueError("Has to be a number with at most 3 decimals.")
    return parsed
