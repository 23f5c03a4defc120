"""Sales as they were recorded: `GET purchases`, one of them, and its receipt."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from orjson import Fragment

from businesses import money
from businesses.api.fields import Fields, any_day, text
from businesses.api.paging import Listing
from businesses.api.problems import Problem, not_found
from businesses.api.view import Answer, ApiCall
from loyalty import effects, receipts
from loyalty.api.acting import LedgerView, rules_of
from loyalty.api.customers import CustomerCall
from loyalty.api.schema import purchases as schema
from loyalty.earning import ZERO
from loyalty.models import Purchase
from loyalty.outcomes import Posted
from loyalty.rules import Rules

AS_TEXT, AS_PDF = "text", "pdf"
# A price of a file may have more decimals than its currency: 4 pieces for 4.50.
LINES = """(
SELECT json_agg(json_build_object(
         'position', position, 'sku', sku, 'name', name, 'category', category,
         'quantity', trim_scale(quantity)::text,
         'unit_price', round(unit_price, greatest(min_scale(unit_price), %(decimals)s::integer))::text,
         'discount', round(discount, greatest(min_scale(discount), %(decimals)s::integer))::text)
       ORDER BY position)::text
  FROM loyalty_purchaseline WHERE purchase_id = o.id)"""
# What takes long to read and to write again comes as it will be sent: the second line. Then the columns of `Posted` in
# its order, without these. An accepted sale has no refusal.
MOMENT = """to_char(p.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
STORED = Listing(
    columns=(
        *("o.id", "b.public_id::text", "o.reference", "p.refunded"),
        *(MOMENT, "o.trail::text", LINES),
        *("w.public_id", "o.id", "o.public_id", "o.kind", "NULL", "o.points", "o.balance_after", "o.owed_delta"),
        *("o.pending", "o.spent", "o.visits", "o.tier_id", "o.enrolled", "NULL", "NULL", "o.wallet_id"),
        *("o.customer_id", "p.amount", "p.paid_with_points", "t.after_id"),
    ),
    found="""FROM loyalty_operation o
  JOIN loyalty_purchase p ON p.operation_id = o.id
  JOIN loyalty_wallet w ON w.id = o.wallet_id
  JOIN businesses_branch b ON b.id = o.branch_id
  LEFT JOIN loyalty_tierchange t ON t.operation_id = o.id
 WHERE o.business_id = %(business)s::bigint AND o.kind = 'purchase'""",
    asked={
        "purchase": "o.public_id = %(purchase)s::uuid",
        "customer": "p.customer_id = %(customer)s::bigint AND p.business_id = %(business)s::bigint",  # its index
        "since": "o.local_on >= %(since)s::date",
        "until": "o.local_on <= %(until)s::date",
        "reference": "o.reference = %(reference)s::text",
    },
    order="o.local_on DESC, o.id DESC",
    below="""(o.local_on, o.id) < (
SELECT local_on, id FROM loyalty_operation WHERE id = %(before)s::bigint AND business_id = %(business)s::bigint)""",
)


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
        return Answer(_bodies(_one(purchase, rules), rules)[0])


class ReceiptView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.RECEIPT)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, purchase: UUID) -> Answer:
        rules, wanted = rules_of(call), call.query.get("format", AS_TEXT)
        if wanted not in (AS_TEXT, AS_PDF):
            errors = {"format": [f"Has to be {AS_TEXT} or {AS_PDF}."]}
            raise Problem(422, "invalid", "Some fields are wrong.", errors=errors)
        ((posted, *_besides),) = _posted(_one(purchase, rules), rules)
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
    return STORED.page(_here(rules) | asked, call.query, lambda rows: _bodies(rows, rules))


def _one(purchase: UUID, rules: Rules) -> list[Any]:
    found = STORED.rows(_here(rules) | {"purchase": purchase}, 1)
    if not found:
        raise not_found()
    return found


def _here(rules: Rules) -> dict[str, Any]:
    return {"business": rules.business_id, "decimals": money.decimals(rules.currency)}


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
    """As recording them answered, with what is known besides."""
    return [
        purchase_body(posted, rules)
        | {
            "branch": branch,
            "reference": reference,
            "refunded": money.plain(refunded, rules.currency),
            "occurred_at": occurred_at,
            "trail": Fragment(trail or "null"),
            "lines": Fragment(lines or "[]"),
        }
        for posted, branch, reference, refunded, occurred_at, trail, lines in _posted(rows, rules)
    ]


def _posted(rows: Sequence[Any], rules: Rules) -> Iterator[tuple[Any, ...]]:
    """Each of what is `STORED` as the ledger answered it, but for its moment and its trail, which are among the six
    columns that follow it."""
    told = effects.tell(rules=rules, operations=[row[0] for row in rows])
    for operation_id, *row in rows:
        besides, columns = row[:6], row[6:]
        yield Posted._make(("replayed", *columns, tuple(told[operation_id]))), *besides
