"""Operations and what they left: entries, purchases, redemptions, approvals and adjustments."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from businesses import shown
from businesses.panel import ByBusiness, Column, Label, ReadOnly, RecordedOn, choices, number, points, record_id
from loyalty import rules, trail
from loyalty.admin.finding import (
    FIND,
    OF_OPERATION,
    RECORDED,
    WHEN,
    WHERE,
    WHO,
    amount,
    lots_of,
    operation_link,
    operations,
    operations_of,
    wallets,
)
from loyalty.models import Adjustment, Approval, Draw, Entry, Lot, Operation, Purchase, PurchaseLine, Redemption


@admin.register(Operation)
class OperationAdmin(ReadOnly):
    search_help_text = FIND
    list_display = (
        Column(_("kind"), "kind"),
        WHO,
        WHERE,
        points(_("points"), "points", signed=True),
        points(_("balance after"), "balance_after"),
        "outcome",
        WHEN,
    )
    fields = (
        Column(_("kind"), "kind"),
        "outcome",
        WHO,
        points(_("points"), "points", signed=True),
        points(_("waiting"), "pending", signed=True, rare=True),
        points(_("balance after"), "balance_after"),
        points(_("change of the debt"), "owed_delta", signed=True, rare=True),
        WHERE,
        Column(_("branch"), "branch"),
        "by",
        "approved",
        "reason",
        "why",
        "corrects",
        "corrected",
        WHEN,
        RECORDED,
        Column(_("receipt number"), "reference"),
        Column(_("key"), "key"),
        Column(_("scope"), "scope"),
        Column(_("id"), "public_id"),
    )
    list_filter = (choices("kind", _("kind")), ("business", ByBusiness), RecordedOn)
    list_select_related = ("customer", "business")
    change_form_after_template = "admin/loyalty/operation.html"

    def find(self, rows: QuerySet[Operation], text: str) -> QuerySet[Operation]:
        of_people = wallets(text)
        return rows.filter(pk__in=operations_of(of_people) if of_people else operations(text))

    @display(description=shown.capital(_("outcome")), label={"accepted": "success", "refused": "danger"})
    def outcome(self, operation: Operation) -> Label:
        if operation.refusal is None:
            return Label("accepted", _("Accepted"))
        return Label("refused", REFUSALS.get(operation.refusal["code"], operation.refusal["code"]))

    @display(description=_("who"))
    def by(self, operation: Operation) -> str | None:
        return str(operation.staff or operation.api_key or _("The platform itself"))

    @display(description=_("approved by"))
    def approved(self, operation: Operation) -> str | None:
        approval = Approval.objects.filter(pk=operation.pk).select_related("staff__user").first()
        return str(approval.staff) if approval else None

    @display(description=_("reason"))
    def reason(self, operation: Operation) -> str | None:
        adjustment = Adjustment.objects.filter(pk=operation.pk).select_related("by").first()
        return f"{adjustment.reason} ({adjustment.by.full_name})" if adjustment else None

    @display(description=_("why"))
    def why(self, operation: Operation) -> str | None:
        """The trail in words, by the rules of the business as they are called today."""
        if not operation.trail or operation.business is None:
            return None
        of_business = rules.of(operation.business.pk, operation.business.program.rules_version)
        return " ".join(trail.sentences(operation.trail, of_business))

    @display(description=_("corrects"))
    def corrects(self, operation: Operation) -> str | None:
        return operation_link(operation.reverses) if operation.reverses else None

    @display(description=_("corrected by"))
    def corrected(self, operation: Operation) -> str | None:
        later = Operation.objects.filter(reverses=operation, refusal__isnull=True).first()
        return operation_link(later) if later else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        pk = record_id(object_id)
        of_wallet = Operation.objects.filter(pk=pk).values("wallet_id")  # by which entries are indexed
        rows = Entry.objects.filter(operation=pk, wallet_id__in=of_wallet)
        entries = list(rows.select_related("business").order_by("id"))
        draws = Draw.objects.filter(entry__in=entries).select_related("lot", "issuer").order_by("id")
        lots = Lot.objects.filter(pk__in=lots_of([each.wallet_id for each in entries]), entry__in=entries)
        more = {"entries": entries, "draws": draws, "lots": lots.select_related("issuer").order_by("id")}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})
        return page


REFUSALS = {
    "not_enough_points": _("Not enough points"),
    "reference_used": _("Receipt number used before"),
    "already_reversed": _("Undone before"),
    "customer_blocked": _("The customer is blocked"),
}


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    search_help_text = FIND
    fields = (
        Column(_("kind"), "kind"),
        WHO,
        WHERE,
        points(_("points"), "points", signed=True),
        points(_("balance after"), "balance_after"),
        points(_("change of the debt"), "owed_delta", signed=True, rare=True),
        OF_OPERATION,
        RECORDED,
    )
    list_display = fields
    list_filter = (RecordedOn,)
    list_select_related = ("customer", "business", "operation")

    def find(self, rows: QuerySet[Entry], text: str) -> QuerySet[Entry]:
        of_people = wallets(text)
        if of_people:
            return rows.filter(wallet_id__in=of_people)
        of_operations = Operation.objects.filter(pk__in=operations(text)).values_list("wallet_id", "pk")
        pairs = list(of_operations)  # entries are indexed by wallet
        return rows.filter(wallet_id__in=[wallet for wallet, _pk in pairs], operation__in=[pk for _wallet, pk in pairs])


class Lines(TabularInline):
    model = PurchaseLine
    fk_name = "purchase"
    fields = (
        number(_("position"), "position"),
        Column(_("article"), "sku"),
        Column(_("name"), "name"),
        Column(_("category"), "category"),
        Column(_("quantity"), "quantity", figure=True),
        amount(_("unit price"), "unit_price", business="purchase.business"),
        amount(_("discount"), "discount", business="purchase.business", rare=True),
    )
    readonly_fields = fields
    hide_title = True
    extra = 0
    ordering = ("position",)
    verbose_name_plural = _("lines")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class OfOperation(ReadOnly):
    """Rows that share the id of their operation."""

    search_help_text = FIND

    list_filter = (("operation__business", ByBusiness),)  # indexed there

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        of_people = wallets(text)
        return rows.filter(pk__in=operations_of(of_people) if of_people else operations(text))


@admin.register(Purchase)
class PurchaseAdmin(OfOperation):
    fields = (
        WHO,
        WHERE,
        Column(_("branch"), "branch"),
        amount(_("amount"), "amount"),
        amount(_("refunded"), "refunded", rare=True),
        points(_("points"), "operation.points", signed=True),
        WHEN,
        OF_OPERATION,
    )
    list_display = fields
    list_select_related = ("customer", "business__program", "branch", "operation")
    inlines = (Lines,)


@admin.register(Redemption)
class RedemptionAdmin(OfOperation):
    fields = (
        WHO,
        WHERE,
        points(_("points"), "points"),
        Column(_("for"), "description"),
        Column(_("status"), "status"),
        Column(_("when"), "operation.occurred_at"),
        OF_OPERATION,
    )
    list_display = fields
    list_select_related = ("customer", "business", "operation")


@admin.register(Approval)
class ApprovalAdmin(ReadOnly):
    fields = (
        Column(_("approved by"), "staff"),
        Column(_("business"), "operation.business"),
        points(_("points"), "operation.points", signed=True),
        Column(_("when"), "operation.occurred_at"),
        OF_OPERATION,
    )
    list_display = fields
    list_select_related = ("operation__business", "staff__user")


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnly):
    search_help_text = FIND
    fields = (
        Column(_("reason"), "reason"),
        Column(_("customer"), show=lambda adjustment: WHO(adjustment.operation)),
        Column(_("business"), "operation.business"),
        points(_("points"), "operation.points", signed=True),
        Column(_("by"), "by.full_name"),
        Column(_("when"), "operation.occurred_at"),
        OF_OPERATION,
    )
    list_display = fields
    list_select_related = ("operation__business", "operation__customer", "by")

    def find(self, rows: QuerySet[Adjustment], text: str) -> QuerySet[Adjustment]:
        of_people = wallets(text)
        return rows.filter(pk__in=operations_of(of_people) if of_people else operations(text))
