"""Wallets, what is in them, and correcting a balance by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import CharField, IntegerField, ModelChoiceField, ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from businesses import shown
from businesses.models import GONE, Business
from businesses.panel import (
    ByBusiness,
    Column,
    KeyedForm,
    ReadOnly,
    RecordedOn,
    number,
    points,
    record_id,
)
from customers.admin import meant
from customers.models import Customer
from loyalty import adjustments, outcomes, rules
from loyalty.admin.finding import (
    WHERE,
    WHO,
    amount,
    lots_of,
    wallets,
)
from loyalty.admin.tiers import GivenTier, give
from loyalty.models import Draw, Entry, ExpiryWarning, Lot, Membership, Pending, Wallet


class Correction(KeyedForm):
    """Whose points, how many (+ gives, − takes) and why."""

    business = ModelChoiceField(
        Business.objects.none(), label=_("Whose points"), empty_label="–", widget=UnfoldAdminSelectWidget
    )
    points = IntegerField(
        label=_("Points"),
        help_text=_("With a minus they are taken."),
        min_value=-adjustments.MOST_POINTS,
        max_value=adjustments.MOST_POINTS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = CharField(label=_("Reason"), max_length=250, widget=UnfoldAdminTextInputWidget)

    def __init__(self, data: Any, wallet: Wallet) -> None:
        super().__init__(data)
        of_programme = Business.objects.filter(program=wallet.program_id).exclude(status__in=GONE)
        choice: Any = self.fields["business"]
        choice.queryset = of_programme.select_related("program").order_by("name")

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise ValidationError(gettext("Write how many points to give or to take."))
        return points


@admin.register(Wallet)
class WalletAdmin(ReadOnly):
    search_help_text = _("Phone or customer id")
    fields = (
        WHO,
        Column(_("programme"), "program"),
        points(_("balance"), "balance"),
        points(_("earned in all"), "lifetime"),
        number(_("waiting"), "pending", rare=True),
        points(_("owed"), "owed", rare=True),
        Column(_("tier"), "tier"),
        Column(_("tier ends"), "tier_ends_at"),
        Column(_("opened"), "created_at"),
        Column(_("customer id"), "public_id"),
    )
    list_display = fields[:-1]
    list_filter = ("program", RecordedOn)
    list_select_related = ("customer", "program", "tier")
    change_form_after_template = "admin/loyalty/wallet.html"
    actions_detail = ("adjust", "give_tier")

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

    @action(description=_("Change the tier"), url_path="tier", icon="military_tech")
    def give_tier(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = gettext("The customer reads the reason. Purchases raise it on, and nights lower it again in their time.")
        return self.press(
            request,
            object_id,
            title=gettext("Change the tier"),
            text=text,
            form_of=GivenTier,
            does=lambda wallet, answers: give(wallet, answers, request.user),
        )

    @action(description=_("Correct the balance"), url_path="adjust", icon="edit")
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(wallet: Wallet, answers: dict[str, Any]) -> str:
            business: Business = answers["business"]
            try:
                posted = adjustments.adjust(
                    rules=rules.of(business.pk, business.program.rules_version),
                    wallet=wallet,
                    points=answers["points"],
                    reason=answers["reason"],
                    by=request.user,  # type: ignore[arg-type]
                    staff=None,
                    key=answers["key"],
                    at=timezone.now(),
                )
            except outcomes.NotEnoughPoints as refusal:
                text = gettext("Only %(available)s points are left of what %(business)s gave.")
                left = {"available": shown.number(refusal.fact["available"]), "business": business}
                raise ValidationError({"points": text % left}) from refusal
            except outcomes.KeyReused as error:
                raise ValidationError(
                    gettext("Something else was sent with this form. Look at the entries.")
                ) from error
            except outcomes.Busy as error:
                raise ValidationError(gettext("The wallet is busy. Press again, it is never added twice.")) from error
            said = {"points": shown.signed(posted.points), "business": business, "reason": answers["reason"]}
            return gettext("%(points)s points of %(business)s: %(reason)s") % said

        text = gettext("The customer reads the reason beside the points. Taking needs points that this business gave.")
        return self.press(
            request, object_id, title=gettext("Correct the balance"), text=text, form_of=Correction, does=does
        )


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    search_help_text = _("Phone")
    fields = (
        WHO,
        WHERE,
        number(_("visits"), "visits"),
        number(_("days"), "visit_days"),
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
        points(_("taken"), "points"),
        Column(_("value of a point"), "point_value", figure=True),
        Column(_("lot"), show=lambda draw: lot_link(draw.lot)),
    )
    list_display = fields
    list_select_related = ("customer", "issuer", "business", "lot__issuer")


def lot_link(lot: Lot) -> str:
    return format_html('<a href="{}">{}</a>', reverse("admin:loyalty_lot_change", args=[lot.pk]), lot)


@admin.register(Pending)
class PendingAdmin(ReadOnly):
    search_help_text = _("Phone or customer id")
    fields = (
        WHO,
        Column(_("given by"), "issuer"),
        points(_("points"), "points"),
        Column(_("earned"), "operation.occurred_at"),
        Column(_("come on"), "due_at"),
        Column(_("settled by"), "settled_by"),
    )
    list_display = fields
    list_select_related = ("customer", "issuer", "operation", "settled_by")

    def find(self, rows: QuerySet[Pending], text: str) -> QuerySet[Pending]:
        """Those that wait: they alone have an index by wallet."""
        return rows.filter(wallet__in=wallets(text), settled_by=None)


@admin.register(ExpiryWarning)
class ExpiryWarningAdmin(ReadOnly):
    search_help_text = _("Phone or customer id")
    fields = (
        Column(_("customer"), "wallet.customer"),
        points(_("points"), "points"),
        Column(_("expire from"), "first_at"),
        number(_("days ahead"), "days"),
        Column(_("told"), "made_at"),
        Column(_("message"), "message.get_status_display"),
    )
    list_display = fields
    list_select_related = ("wallet__customer", "message")

    def find(self, rows: QuerySet[ExpiryWarning], text: str) -> QuerySet[ExpiryWarning]:
        return rows.filter(wallet__in=wallets(text))
