"""The offers of all. A business makes its own in the portal; what an offer gives is never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from businesses.panel import ByBusiness, Column, NeverDeleted, choices, number
from promotions import chains, coupons, offers
from promotions.models import Offer, OfferKind

FIELDS = (
    *("program", "name", "kind", "value", "gift", "most_discount", "code", "lasts_days", "minimum_spend", "starts_on"),
    *("ends_on", "exclusive", "total_limit", "limit_per_customer", "budget"),
)


class ProgrammeOfferForm(forms.ModelForm):
    """An offer of a whole programme: by its code, or by coupons."""

    class Meta:
        model = Offer
        fields = FIELDS

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        answers["code"] = coupons.normal(answers.get("code") or "")
        if answers.get("kind") in (OfferKind.GIFT, OfferKind.SHIPPING):
            answers["value"] = 0
        program = answers.get("program")
        if (
            program
            and answers["code"]
            and Offer.objects.filter(program=program, business=None, ended_at=None, code=answers["code"])
        ):
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
    actions_detail = ("end_offer",)

    def has_change_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        """What customers hold is not edited."""
        return obj is None and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Offer | None = None) -> Any:
        return FIELDS if obj is None else ("business", *FIELDS, "issued", "uses", "cost", "paused_at", "ended_at")

    def save_model(self, request: HttpRequest, obj: Offer, form: Any, change: bool) -> None:
        operator: Any = request.user
        values = {name: form.cleaned_data[name] for name in FIELDS if name != "program"}
        made = offers.make(program=obj.program, business=None, values=values, by=operator, at=timezone.now())
        obj.pk = made.pk

    @action(description=_("End the offer"), url_path="end", icon="block")
    def end_offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(offer: Offer, answers: dict[str, Any]) -> str:
            if offer.ended_at:
                raise ValidationError(gettext("It has ended already."))
            chains.stop(offer=offer, at=timezone.now(), operator=request.user)  # type: ignore[arg-type]
            return gettext("Ended. Nobody gets it any more.")

        text = gettext("Nobody gets it any more. Coupons that customers hold stay good until their own end.")
        return self.press(
            request,
            object_id,
            title=gettext("End the offer"),
            text=text,
            form_of=lambda data, _: Form(data),
            does=does,
        )
