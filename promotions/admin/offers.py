"""The offers of all. A business makes its own in the portal; what an offer gives is never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from businesses.models import Business, BusinessStatus
from businesses.panel import ByBusiness, Column, NeverDeleted, choices, number
from promotions import chains, coupons, offers
from promotions.models import Offer
from promotions.offering.forms import SensibleOffer

FIELDS = (
    *("program", "businesses", "name", "kind", "value", "gift", "most_discount", "code", "lasts_days", "minimum_spend"),
    *("starts_on", "ends_on", "exclusive", "total_limit", "limit_per_customer", "budget"),
)


def _only_at(offer: Offer) -> str:
    named = Business.objects.filter(pk__in=offer.businesses).order_by("name").values_list("name", flat=True)
    return ", ".join(named) if offer.businesses else gettext("all")


class ProgrammeOfferForm(SensibleOffer, forms.ModelForm):
    """An offer of a whole programme: by its code, or by coupons."""

    businesses = forms.ModelMultipleChoiceField(
        label=_("only at"),
        queryset=Business.objects.filter(status=BusinessStatus.ACTIVE).order_by("name"),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=_("Empty: at every business of the programme."),
    )

    class Meta:
        model = Offer
        fields = FIELDS

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        answers["code"] = coupons.normal(answers.get("code") or "")
        program, chosen = answers.get("program"), answers.get("businesses") or ()
        if program and any(each.program_id != program.pk for each in chosen):
            self.add_error("businesses", gettext("Choose businesses of the programme."))
        answers["businesses"] = [each.pk for each in chosen]
        standing = Offer.objects.filter(program=program, business=None, ended_at=None, code=answers["code"])
        if not answers["code"]:
            if not answers.get("lasts_days"):
                self.add_error("code", gettext("Write a code for everybody, or for how many days a coupon lasts."))
        elif program and standing.exists():
            self.add_error("code", gettext("Another offer of the programme has this code."))
        return answers


@admin.register(Offer)
class OfferAdmin(NeverDeleted):
    form = ProgrammeOfferForm
    list_display = (
        "name",
        Column(_("programme"), "program"),
        Column(_("business"), show=lambda offer: offer.business or gettext("all")),
        Column(_("what it gives"), show=lambda offer: offer.get_kind_display()),
        Column(_("code"), "code"),
        number(_("uses"), "uses"),
        number(_("coupons"), "issued"),
        Column(_("ended"), "ended_at"),
    )
    list_filter = ("program", ("business", ByBusiness), choices("kind", _("what it gives")))
    list_select_related = ("program", "business")
    search_fields = ("name", "code")
    search_help_text = _("Name or code")
    actions_detail = ("pause_offer", "let_go_on", "end_offer")

    def has_change_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        """What customers hold is not edited."""
        return obj is None and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Offer | None = None) -> Any:
        if obj is None:
            return FIELDS
        told = [Column(_("only at"), show=_only_at) if name == "businesses" else name for name in FIELDS]
        return ("business", *told, "issued", "uses", "cost", "paused_at", "ended_at")

    def save_model(self, request: HttpRequest, obj: Offer, form: Any, change: bool) -> None:
        operator: Any = request.user
        values = {name: form.cleaned_data[name] for name in FIELDS if name != "program"}
        made = offers.make(program=obj.program, business=None, values=values, by=operator, at=timezone.now())
        obj.pk = made.pk

    @action(description=_("Pause the offer"), url_path="pause", icon="pause")
    def pause_offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(offer: Offer, answers: dict[str, Any]) -> str:
            self._refuse_ended(offer)
            offers.pause(offer=offer, at=timezone.now(), operator=request.user)  # type: ignore[arg-type]
            return gettext("Paused. Nobody can use it until it goes on.")

        text = gettext("Nobody can use it until it goes on, not even with a coupon in hand.")
        return self.press(request, object_id, title=gettext("Pause the offer"), text=text, does=does)

    @action(description=_("Let the offer go on"), url_path="go-on", icon="play_arrow")
    def let_go_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(offer: Offer, answers: dict[str, Any]) -> str:
            self._refuse_ended(offer)
            offers.go_on(offer=offer, at=timezone.now(), operator=request.user)  # type: ignore[arg-type]
            return gettext("It goes on.")

        return self.press(request, object_id, title=gettext("Let the offer go on"), does=does)

    def _refuse_ended(self, offer: Offer) -> None:
        if offer.ended_at:
            raise ValidationError(gettext("It has ended already."))

    @action(description=_("End the offer"), url_path="end", icon="block")
    def end_offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(offer: Offer, answers: dict[str, Any]) -> str:
            self._refuse_ended(offer)
            chains.stop(offer=offer, at=timezone.now(), operator=request.user)  # type: ignore[arg-type]
            return gettext("Ended. Nobody gets it any more.")

        text = gettext("Nobody gets it any more. Coupons that customers hold stay good until their own end.")
        return self.press(request, object_id, title=gettext("End the offer"), text=text, does=does)
