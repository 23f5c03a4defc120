"""Sales as they were recorded: `GET purchases`, one of them, and its receipt."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.fields import Fields, any_day, text
from businesses.api.paging import page
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from loyalty import effects, receipts
from loyalty.api.acting import LedgerView, own_operation, rules_of
from loyalty.api.customers import CustomerCall
from loyalty.api.schema import purchases as schema
from loyalty.earning import ZERO
from loyalty.models import Operation, OperationKind, Purchase, PurchaseLine, TierChange
from loyalty.outcomes import Posted
from loyalty.rules import Rules

AS_TEXT, AS_PDF = "text", "pdf"


class RecordedPurchasesView(LedgerView):
    """Beside recording one, see `PurchasesView`."""

    @extend_schema(**schema.LIST_PURCHASES)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        mine = _asked(Purchase.objects.filter(business_id=rules.business_id), call.query)
        return Answer(page(mine.order_by("-pk"), call.query, lambda rows: recorded(rows, rules)))


class PurchaseView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.SHOW_PURCHASE)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, purchase: UUID) -> Answer:
        (body,) = recorded(_one(call, purchase), rules_of(call))
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
        (sale,) = _whole(_one(call, purchase))
        (posted,) = _posted([sale], rules)
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
        return Answer(page(_asked(mine, call.query).order_by("-pk"), call.query, lambda rows: recorded(rows, rules)))


def _one(call: ApiCall, purchase: UUID) -> QuerySet[Purchase]:
    return Purchase.objects.filter(pk=own_operation(call, purchase, OperationKind.PURCHASE))


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


def _whole(purchases: QuerySet[Purchase]) -> list[Purchase]:
    return list(purchases.select_related("operation__wallet", "branch"))


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


def recorded(purchases: QuerySet[Purchase], rules: Rules) -> list[dict[str, Any]]:
    """As recording them answered, with what is known besides. Their order stays; four statements, however many."""
    found = _whole(purchases)
    lines: dict[int, list[dict[str, Any]]] = {sale.pk: [] for sale in found}
    for line in PurchaseLine.objects.filter(purchase__in=lines).order_by("position"):
        lines[line.purchase_id].append(_line(line, rules))
    return [
        purchase_body(posted, rules)
        | {
            "branch": str(sale.branch.public_id),
            "reference": sale.operation.reference,
            "occurred_at": sale.occurred_at,
            "refunded": money.plain(sale.refunded, rules.currency),
            "lines": lines[sale.pk],
        }
        for sale, posted in zip(found, _posted(found, rules), strict=True)
    ]


def _line(line: PurchaseLine, rules: Rules) -> dict[str, Any]:
    return {
        "position": line.position,
        "sku": line.sku,
        "name": line.name,
        "category": line.category,
        "quantity": format(line.quantity.normalize(), "f"),
        "unit_price": money.plain(line.unit_price, rules.currency),
        "discount": money.plain(line.discount, rules.currency),
    }


def _posted(purchases: list[Purchase], rules: Rules) -> list[Posted]:
    """Each as the ledger answered it."""
    ids = [sale.pk for sale in purchases]
    told = effects.tell(rules=rules, operations=ids)
    reached = dict(TierChange.objects.filter(operation__in=ids).values_list("operation_id", "after_id"))
    return [_stored(sale, sale.operation, reached.get(sale.pk), tuple(told[sale.pk])) for sale in purchases]


def _stored(sale: Purchase, operation: Operation, reached: int | None, told: tuple[dict[str, Any], ...]) -> Posted:
    return Posted(
        outcome="replayed",
        customer=operation.wallet.public_id,
        id=operation.pk,
        public_id=operation.public_id,
        kind=operation.kind,
        refusal=None,
        points=operation.points,
        balance_after=operation.balance_after,
        owed_delta=operation.owed_delta,
        pending=operation.pending,
        spent=operation.spent,
        visits=operation.visits,
        tier_id=operation.tier_id,
        enrolled=operation.enrolled,
        trail=operation.trail,
        occurred_at=operation.occurred_at,
        wallet_id=operation.wallet_id,
        customer_id=operation.customer_id,
        amount=sale.amount,
        paid=sale.paid_with_points,
        reached=reached,
        effects=told,
    )
