"""What the superadmin sees of points. All of it is history: nothing here has a form, and what must change is posted by
the ledger."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from businesses import money, shown
from businesses.models import Business, Program
from businesses.panel import ByBusiness, Column, NeverDeleted, ReadOnly, RecordedOn, as_uuid, points, record_id
from customers import phones
from customers.admin import meant
from customers.models import Customer
from loyalty import rules, trail
from loyalty.models import (
    Approval,
    Draw,
    Entry,
    Lot,
    Membership,
    Operation,
    Purchase,
    PurchaseLine,
    Redemption,
    Tier,
    Wallet,
)

FIND = _("Phone, customer id, operation id, key or receipt number")
WHO = Column(_("customer"), show=lambda record: phones.show(record.customer.phone) if record.customer.phone else "—")
WHERE = Column(_("business"), "business")
WHEN = Column(_("when"), "occurred_at")
RECORDED = Column(_("recorded"), "created_at")
OF_OPERATION = Column(_("operation"), show=lambda record: _operation_link(record.operation))
SCOPES = ("business:{}", "business:{}:import", "business:{}:demo")


def amount(label: Any, path: str, business: str = "business") -> Column:
    """Money in the programme's currency."""
    value, place = Column("", path), Column("", business)

    def show(record: Any) -> str | None:
        found: Decimal | None = value(record)
        return None if found is None else money.show_amount(found, place(record).program.currency, shown.language())

    return Column(label, path, show=show)


def wallets(text: str) -> list[int]:
    """Those of a person: by phone, or by the id under which integrators know them."""
    public_id = as_uuid(text)
    if public_id:
        return list(Wallet.objects.filter(public_id=public_id).values_list("pk", flat=True))
    people = Customer.objects.filter(phone__in=meant(text))
    return list(Wallet.objects.filter(customer__in=list(people)).values_list("pk", flat=True))


def operations(text: str) -> list[int]:
    """By public id, or else by key, or else by receipt number, each through its index."""
    public_id = as_uuid(text)
    if public_id:
        return list(Operation.objects.filter(public_id=public_id).values_list("pk", flat=True))
    known = Business.objects.values_list("pk", flat=True)
    scopes = ["system", *(scope.format(pk) for pk in known for scope in SCOPES)]
    scopes += [f"programme:{pk}" for pk in Program.objects.values_list("pk", flat=True)]
    by_key = list(Operation.objects.filter(scope__in=scopes, key=text).values_list("pk", flat=True))
    # `refusal` as in the condition of the index, so that it is used.
    by_reference = Operation.objects.filter(reference=text, refusal__isnull=True)
    return by_key or list(by_reference.order_by("-pk").values_list("pk", flat=True)[:100])


def _operation_link(operation: Operation) -> str:
    address = reverse("admin:loyalty_operation_change", args=[operation.pk])
    return format_html('<a href="{}">{}</a>', address, operation.get_kind_display())


def operations_of(of_wallets: list[int]) -> QuerySet[Entry, Any]:
    """Operations have no index of wallets, entries have: those that moved nothing are not found this way."""
    return Entry.objects.filter(wallet_id__in=of_wallets).values("operation_id")


def lots_of(of_wallets: list[int]) -> list[int]:
    """The open ones are indexed; the others are those from which the entries of the wallet drew."""
    emptied = Draw.objects.filter(entry_id__in=Entry.objects.filter(wallet_id__in=of_wallets).values("pk"))
    left = Lot.objects.filter(wallet_id__in=of_wallets, open=True)
    return [*left.values_list("pk", flat=True), *emptied.values_list("lot_id", flat=True)]


@admin.register(Tier)
class TierAdmin(NeverDeleted):
    list_display = ("name", "program", "position", "multiplier")
    list_filter = ("program",)
    list_select_related = ("program",)
    fields = ("program", "name", "position", "multiplier")

    def get_readonly_fields(self, request: HttpRequest, obj: Tier | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()


@admin.register(Wallet)
class WalletAdmin(ReadOnly):
    search_help_text = _("Phone or customer id")
    fields = (
        WHO,
        Column(_("programme"), "program"),
        points(_("balance"), "balance"),
        points(_("earned in all"), "lifetime"),
        points(_("owed"), "owed"),
        Column(_("tier"), "tier"),
        Column(_("opened"), "created_at"),
        Column(_("customer id"), "public_id"),
    )
    list_display = fields
    list_filter = ("program", RecordedOn)
    list_select_related = ("customer", "program", "tier")
    change_form_after_template = "admin/loyalty/wallet.html"

    def find(self, rows: QuerySet[Wallet], text: str) -> QuerySet[Wallet]:
        return rows.filter(pk__in=wallets(text))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        pk = record_id(object_id)
        lots = Lot.objects.filter(wallet=pk, open=True).select_related("issuer").order_by("expires_at", "id")
        entries = Entry.objects.filter(wallet=pk).select_related("operation", "business").order_by("-id")
        more = {"lots": lots, "entries": entries[:20]}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})
        return page


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    search_help_text = _("Phone")
    fields = (
        WHO,
        WHERE,
        Column(_("visits"), "visits"),
        Column(_("days"), "visit_days"),
        amount(_("spent"), "spend"),
        Column(_("first visit"), "first_on"),
        Column(_("last visit"), "last_on"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness),)
    list_select_related = ("customer", "business__program")

    def find(self, rows: QuerySet[Membership], text: str) -> QuerySet[Membership]:
        people = Customer.objects.filter(phone__in=meant(text)).values_list("pk", flat=True)
        known = Business.objects.values_list("pk", flat=True)  # with which the index begins
        return rows.filter(customer__in=list(people), business__in=list(known))


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
        points(_("balance after"), "balance_after"),
        points(_("change of the debt"), "owed_delta", signed=True),
        WHERE,
        Column(_("branch"), "branch"),
        "by",
        "approved",
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
    list_filter = ("kind", ("business", ByBusiness), RecordedOn)
    list_select_related = ("customer", "business")
    change_form_after_template = "admin/loyalty/operation.html"

    def find(self, rows: QuerySet[Operation], text: str) -> QuerySet[Operation]:
        of_people = wallets(text)
        return rows.filter(pk__in=operations_of(of_people) if of_people else operations(text))

    @display(description=_("outcome"), label={"accepted": "success", "refused": "danger"})
    def outcome(self, operation: Operation) -> tuple[str, Any]:
        if operation.refusal is None:
            return "accepted", _("Accepted")
        return "refused", REFUSALS.get(operation.refusal["code"], operation.refusal["code"])

    @display(description=_("who"))
    def by(self, operation: Operation) -> str | None:
        return str(operation.staff or operation.api_key or _("The platform itself"))

    @display(description=_("approved by"))
    def approved(self, operation: Operation) -> str | None:
        approval = Approval.objects.filter(pk=operation.pk).select_related("staff__user").first()
        return str(approval.staff) if approval else None

    @display(description=_("why"))
    def why(self, operation: Operation) -> str | None:
        """The trail in words, by the rules of the business as they are called today."""
        if not operation.trail or operation.business is None:
            return None
        of_business = rules.of(operation.business.pk, operation.business.program.rules_version)
        return " ".join(trail.sentences(operation.trail, of_business))

    @display(description=_("corrects"))
    def corrects(self, operation: Operation) -> str | None:
        return _operation_link(operation.reverses) if operation.reverses else None

    @display(description=_("corrected by"))
    def corrected(self, operation: Operation) -> str | None:
        later = Operation.objects.filter(reverses=operation, refusal__isnull=True).first()
        return _operation_link(later) if later else None

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
        points(_("change of the debt"), "owed_delta", signed=True),
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


@admin.register(Lot)
class LotAdmin(ReadOnly):
    search_help_text = _("Phone or customer id")
    fields = (
        WHO,
        Column(_("given by"), "issuer"),
        points(_("given"), "credit"),
        points(_("left"), "remaining"),
        Column(_("expires"), "expires_at"),
        Column(_("given on"), "entry.occurred_at"),
    )
    list_display = fields
    list_select_related = ("customer", "issuer", "entry")

    def find(self, rows: QuerySet[Lot], text: str) -> QuerySet[Lot]:
        return rows.filter(pk__in=lots_of(wallets(text)))


@admin.register(Draw)
class DrawAdmin(ReadOnly):
    fields = (
        WHO,
        Column(_("given by"), "issuer"),
        Column(_("spent at"), "business"),
        points(_("points"), "points", signed=True),
        Column(_("value of a point"), "point_value"),
        Column(_("lot"), "lot_id"),
    )
    list_display = fields
    list_select_related = ("customer", "issuer", "business")


class Lines(TabularInline):
    model = PurchaseLine
    fk_name = "purchase"
    fields = ("position", "sku", "name", "category", "quantity", "unit_price", "discount")
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
        amount(_("refunded"), "refunded"),
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
        OF_OPERATION,
        Column(_("business"), "operation.business"),
        Column(_("approved by"), "staff"),
        points(_("points"), "operation.points", signed=True),
        Column(_("when"), "operation.occurred_at"),
    )
    list_display = fields
    list_select_related = ("operation__business", "staff__user")
