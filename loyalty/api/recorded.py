"""Sales as they were recorded: `GET purchases`, one of them, and its receipt."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.fields import Fields, any_day, text
from businesses.api.paging import page
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from loyalty import effects, ledger, receipts
from loyalty.api.acting import LedgerView, own_operation, rules_of
from loyalty.api.customers import CustomerCall
from loyalty.api.schema import purchases as schema
from loyalty.earning import ZERO
from loyalty.models import OperationKind, Purchase, PurchaseLine
from loyalty.outcomes import Posted
from loyalty.rules import Rules

AS_TEXT, AS_PDF = "text", "pdf"
LINE = ("purchase_id", "position", "sku", "name", "category", "quantity", "unit_price", "discount")
# The columns of `Posted` in its order, after three that it lacks. An accepted sale has no refusal.
STORED = """
SELECT b.public_id, o.reference, p.refunded, w.public_id, o.id, o.public_id, o.kind, NULL, o.points, o.balance_after,
       o.owed_delta, o.pending, o.spent, o.visits, o.tier_id, o.enrolled, o.trail, p.occurred_at, o.wallet_id,
       o.customer_id, p.amount, p.paid_with_points, t.after_id
  FROM loyalty_purchase p
  JOIN loyalty_operation o ON o.id = p.operation_id
  JOIN loyalty_wallet w ON w.id = o.wallet_id
  JOIN businesses_branch b ON b.id = p.branch_id
  LEFT JOIN loyalty_tierchange t ON t.operation_id = o.id
 WHERE p.operation_id = ANY(%(purchases)s::bigint[])
 ORDER BY o.id DESC"""


class RecordedPurchasesView(LedgerView):
    """Beside recording one, see `PurchasesView`."""

    @extend_schema(**schema.LIST_PURCHASES)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        mine = _asked(Purchase.objects.filter(business_id=rules.business_id), call.query)
        return Answer(_page(mine, call, rules))


class PurchaseView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.SHOW_PURCHASE)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, purchase: UUID) -> Answer:
        (body,) = recorded([own_operation(call, purchase, OperationKind.PURCHASE)], rules_of(call))
        return Answer(body)


class ReceiptView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.RECEIPT)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, purchase: UUID) -> Answer:
        rules, wanted = rules_of(call), call.query.get("format", AS_TEXT)
        if wanted not in (AS_TEXT, AS_PDF):
            errors = {"format": [f"Has to be {AS_TEXT} or {AS_PDF}."]}
            raise Problem(422, "invalid", "Some fields are wrong.", errors=errors)
        sales = Purchase.objects.select_related("operation", "branch")
        sale = sales.get(pk=own_operation(call, purchase, OperationKind.PURCHASE))
        ((posted, *_besides),) = _stored([sale.pk], rules)
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
        mine = Purchase.objects.filter(business_id=rules.business_id, customer_id=known.customer_id)
        return Answer(_page(_asked(mine, call.query), call, rules))


def _page(purchases: QuerySet[Purchase], call: ApiCall, rules: Rules) -> dict[str, Any]:
    newest = purchases.only("pk").order_by("-pk")
    return page(newest, call.query, lambda rows: recorded([row.pk for row in rows], rules))


def _asked(purchases: QuerySet[Purchase], query: QueryDict) -> QuerySet[Purchase]:
    """`since` and `until` are local days, both of them in it; `reference` is the till's."""
    fields = Fields({name: query[name] for name in query if name not in ("limit", "cursor")})
    asked = {
        "local_on__gte": fields.read("since", any_day),
        "local_on__lte": fields.read("until", any_day),
        "operation__reference": fields.read("reference", text(128)),
    }
    fields.done()
    return purchases.filter(**{name: value for name, value in asked.items() if value is not None})


def purchase_body(posted: Posted, rules: Rules) -> dict[str, Any]:
    """From the operation's stored columns alone, so that a replay says the same."""
    discounts = sum((Decimal(each.get("discount", 0)) for each in posted.effects), ZERO)
    return {
        "id": str(posted.public_id),
        "customer": str(posted.customer),
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


def recorded(purchases: Sequence[int], rules: Rules) -> list[dict[str, Any]]:
    """As recording them answered, with what is known besides; the newest first. Two statements, however many, and one
    of each effect."""
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in PurchaseLine.objects.filter(purchase__in=purchases).order_by("position").values_list(*LINE):
        lines[line[0]].append(_line(rules, *line[1:]))
    return [
        purchase_body(posted, rules)
        | {
            "branch": str(branch),
            "reference": reference,
            "occurred_at": posted.occurred_at,
            "refunded": money.plain(refunded, rules.currency),
            "lines": lines[posted.id],
        }
        for posted, branch, reference, refunded in _stored(purchases, rules)
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


def _stored(purchases: Sequence[int], rules: Rules) -> Iterator[tuple[Posted, UUID, str | None, Decimal]]:
    """Each as the ledger answered it; its branch, its reference and how much of it was refunded."""
    told = effects.tell(rules=rules, operations=purchases)
    with connection.cursor() as cursor:
        cursor.execute(STORED, {"purchases": list(purchases)})
        for branch, reference, refunded, *columns in cursor.fetchall():
            posted = ledger.posted_of(("replayed", *columns))
            yield posted._replace(effects=tuple(told[posted.id])), branch, reference, refunded
