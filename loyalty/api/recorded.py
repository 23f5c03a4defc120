"""Sales as they were recorded: `GET purchases`, one of them, and its receipt."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.fields import Fields, any_day, text
from businesses.api.paging import Listing
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from loyalty import effects, ledger, receipts
from loyalty.api.acting import LedgerView, own_operation, rules_of
from loyalty.api.customers import CustomerCall
from loyalty.api.schema import purchases as schema
from loyalty.earning import ZERO
from loyalty.models import OperationKind, Purchase
from loyalty.outcomes import Posted
from loyalty.rules import Rules

AS_TEXT, AS_PDF = "text", "pdf"
LINES = """
SELECT purchase_id, position, sku, name, category, quantity, unit_price, discount FROM loyalty_purchaseline
 WHERE purchase_id = ANY(%(purchases)s::bigint[]) ORDER BY purchase_id, position"""
# The columns of `Posted` in its order, after four besides. An accepted sale has no refusal.
STORED = Listing(
    columns=(
        *("o.id", "b.public_id", "o.reference", "p.refunded"),
        *("w.public_id", "o.id", "o.public_id", "o.kind", "NULL", "o.points", "o.balance_after", "o.owed_delta"),
        *("o.pending", "o.spent", "o.visits", "o.tier_id", "o.enrolled", "o.trail", "p.occurred_at", "o.wallet_id"),
        *("o.customer_id", "p.amount", "p.paid_with_points", "t.after_id"),
    ),
    found="""FROM loyalty_operation o
  JOIN loyalty_purchase p ON p.operation_id = o.id
  JOIN loyalty_wallet w ON w.id = o.wallet_id
  JOIN businesses_branch b ON b.id = o.branch_id
  LEFT JOIN loyalty_tierchange t ON t.operation_id = o.id
 WHERE o.business_id = %(business)s::bigint AND o.kind = 'purchase'""",
    order="o.local_on DESC, o.id DESC",
    below="(o.local_on, o.id) < (SELECT local_on, id FROM loyalty_operation WHERE id = %(before)s::bigint)",
)
ASKED = {
    "purchase": " AND o.id = %(purchase)s::bigint",
    "customer": " AND p.customer_id = %(customer)s::bigint AND p.business_id = %(business)s::bigint",  # its index
    "since": " AND o.local_on >= %(since)s::date",
    "until": " AND o.local_on <= %(until)s::date",
    "reference": " AND o.reference = %(reference)s::text",
}


class RecordedPurchasesView(LedgerView):
    """Beside recording one, see `PurchasesView`."""

    @extend_schema(**schema.LIST_PURCHASES)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        return Answer(_page(call, rules_of(call)))


class PurchaseView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.SHOW_PURCHASE)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, purchase: UUID) -> Answer:
        rules = rules_of(call)
        return Answer(_bodies(_one(call, purchase, rules), rules)[0])


class ReceiptView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.RECEIPT)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, purchase: UUID) -> Answer:
        rules, wanted = rules_of(call), call.query.get("format", AS_TEXT)
        if wanted not in (AS_TEXT, AS_PDF):
            errors = {"format": [f"Has to be {AS_TEXT} or {AS_PDF}."]}
            raise Problem(422, "invalid", "Some fields are wrong.", errors=errors)
        ((posted, *_besides),) = _posted(_one(call, purchase, rules), rules)
        sale = Purchase.objects.select_related("operation", "branch").get(pk=posted.id)
        found = receipts.rows(purchase=sale, posted=posted, rules=rules)
        if wanted == AS_PDF:
            return Answer(receipts.as_pdf(found), kind="application/pdf")
        return Answer(receipts.as_text(found).encode(), kind="text/plain; charset=utf-8")


class CustomerPurchasesView(CustomerCall):
    """Those at this business alone."""

    @extend_schema(**schema.CUSTOMER_PURCHASES)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        return Answer(_page(call, rules, customer=known.customer_id))


def _page(call: ApiCall, rules: Rules, customer: int | None = None) -> dict[str, Any]:
    """`since` and `until` are local days, both of them in it; `reference` is the till's."""
    fields = Fields({name: call.query[name] for name in call.query if name not in ("limit", "cursor")})
    asked = {
        "customer": customer,
        "since": fields.read("since", any_day),
        "until": fields.read("until", any_day),
        "reference": fields.read("reference", text(128)),
    }
    fields.done()
    more = "".join(ASKED[name] for name, value in asked.items() if value is not None)
    values = {"business": rules.business_id, **asked}
    return STORED.page(values, call.query, lambda rows: _bodies(rows, rules), more)


def _one(call: ApiCall, purchase: UUID, rules: Rules) -> list[Any]:
    operation_id = own_operation(call, purchase, OperationKind.PURCHASE)
    return STORED.rows({"business": rules.business_id, "purchase": operation_id}, ASKED["purchase"], 1)


def purchase_body(posted: Posted, rules: Rules) -> dict[str, Any]:
    """From the operation's stored columns alone, so that a replay says the same."""
    discounts = sum((Decimal(each.get("discount", 0)) for each in posted.effects), ZERO)
    return {
        "id": posted.public_id,
        "customer": posted.customer,
        "amount": money.plain(posted.amount or Decimal(0), rules.currency),
        "discounts": money.plain(discounts, rules.currency),
        "points": posted.points,
        "pending": posted.pending or 0,
        "redeemed_points": posted.spent or 0,
        "redeemed_amount": money.plain(posted.paid or Decimal(0), rules.currency),
        "balance": posted.balance_after,
        "tier": rules.tier_name(posted.reached or posted.tier_id),
        "trail": posted.trail,
        "effects": _effects(posted, rules),
        "enrolled": posted.enrolled,
    }


def _effects(posted: Posted, rules: Rules) -> list[dict[str, Any]]:
    """What the sale brought besides its points."""
    if posted.reached is None:
        return list(posted.effects)
    tier = {"effect": "tier", "before": rules.tier_name(posted.tier_id), "after": rules.tier_name(posted.reached)}
    return [tier, *posted.effects]


def _bodies(rows: Sequence[Any], rules: Rules) -> list[dict[str, Any]]:
    """As recording them answered, with what is known besides. One statement for the lines of all, and one of each
    effect."""
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"purchases": [row[0] for row in rows]})
        for purchase, *line in cursor.fetchall():
            lines[purchase].append(_line(rules, *line))
    return [
        purchase_body(posted, rules)
        | {
            "branch": branch,
            "reference": reference,
            "occurred_at": posted.occurred_at,
            "refunded": money.plain(refunded, rules.currency),
            "lines": lines[posted.id],
        }
        for posted, branch, reference, refunded in _posted(rows, rules)
    ]


def _line(
    rules: Rules, position: int, sku: str, name: str, category: str, quantity: Decimal, price: Decimal, off: Decimal
) -> dict[str, Any]:
    return {
        "position": position,
        "sku": sku,
        "name": name,
        "category": category,
        "quantity": format(quantity.normalize(), "f"),
        "unit_price": money.plain(price, rules.currency),
        "discount": money.plain(off, rules.currency),
    }


def _posted(rows: Sequence[Any], rules: Rules) -> Iterator[tuple[Posted, UUID, str | None, Decimal]]:
    """Each of what is `STORED` as the ledger answered it; its branch, its reference and how much of it was refunded."""
    told = effects.tell(rules=rules, operations=[row[0] for row in rows])
    for operation_id, branch, reference, refunded, *columns in rows:
        yield ledger.posted_of(("replayed", *columns, tuple(told[operation_id]))), branch, reference, refunded
