"""Referrals as the superadmin sees them. The operator sets each programme's terms; the rest is history."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.panel import ByBusiness, Column, NeverDeleted, ReadOnly, choices, number
from customers.admin import phone_of
from loyalty.admin.finding import WHO, operation_link
from promotions.models import Offer
from referrals.models import Award, Referral, ReferralTerms

FIELDS = (
    *("program", "is_on", "inviter_points", "friend_points", "inviter_offer", "friend_offer", "minimum_purchase"),
    *("window_days", "most_per_month", "most_points_by_staff", "invitations_per_day"),
)

WHY_NOT = {
    "cap": _("thanked often enough this month"),
    "customer_blocked": _("the customer is blocked"),
    "limit_reached": _("none of the coupons was left"),
    "customer_limit": _("they have had as many as one may"),
    "ended": _("the offer has ended"),
    "paused": _("the offer is paused"),
    "expired": _("the offer is over"),
}


class TermsForm(forms.ModelForm):
    """Coupons are of offers of the whole programme that are issued, not of a public code."""

    class Meta:
        model = ReferralTerms
        fields = FIELDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        issued = Offer.objects.filter(business=None, code="", ended_at=None, chain=None).select_related("program")
        for name in ("inviter_offer", "friend_offer"):
            chosen = getattr(self.instance, f"{name}_id")
            field: Any = self.fields[name]
            field.queryset = issued | Offer.objects.filter(pk=chosen).select_related("program")
            field.label_from_instance = lambda offer: f"{offer.name} · {offer.program}"

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        program = answers.get("program") or (self.instance.pk and self.instance.program)
        for name in ("inviter_offer", "friend_offer"):
            if answers.get(name) and program and answers[name].program_id != program.pk:
                self.add_error(name, gettext("Choose an offer of the programme."))
        gives = ("inviter_points", "friend_points", "inviter_offer", "friend_offer")
        if answers.get("is_on") and not any(answers.get(name) for name in gives):
            raise ValidationError(gettext("Say what it gives: points, or a coupon."))
        if answers.get("window_days") == 0:
            self.add_error("window_days", gettext("At least one day."))
        return answers


@admin.register(ReferralTerms)
class TermsAdmin(NeverDeleted):
    form = TermsForm
    fields = FIELDS
    list_display = (
        Column(_("programme"), "program"),
        Column(_("on"), "is_on", boolean=True),
        number(_("points for who invites"), "inviter_points"),
        number(_("points for the friend"), "friend_points"),
        Column(_("first purchase of at least"), "minimum_purchase", figure=True),
        number(_("within days"), "window_days"),
    )
    list_select_related = ("program",)

    def get_readonly_fields(self, request: HttpRequest, obj: ReferralTerms | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()


@admin.register(Referral)
class ReferralAdmin(ReadOnly):
    fields = (
        Column(_("invited by"), show=lambda referral: phone_of(referral.inviter)),
        Column(_("friend"), show=lambda referral: phone_of(referral.friend)),
        Column(_("programme"), "program"),
        Column(_("by way of"), "source"),
        Column(_("state"), "state"),
        Column(_("why rejected"), show=lambda referral: referral.note or referral.get_reason_display() or None),
        Column(_("noted by"), "business"),
        Column(_("completed at"), "won_by"),
        Column(_("when"), "made_at"),
    )
    list_display = fields
    list_filter = (choices("state", _("state")), "program", ("won_by", ByBusiness))
    list_select_related = ("program", "inviter", "friend", "business", "won_by")


@admin.register(Award)
class AwardAdmin(ReadOnly):
    fields = (
        WHO,
        Column(_("for"), "side"),
        number(_("points"), "points", rare=True),
        Column(_("coupon"), "offer"),
        Column(_("state"), "state"),
        Column(_("why not"), show=lambda award: WHY_NOT.get(award.why, award.why) or None),
        Column(_("business"), "business"),
        Column(_("operation"), show=lambda award: operation_link(award.given_by) if award.given_by else None),
        Column(_("when"), "made_at"),
    )
    list_display = fields
    list_filter = (choices("state", _("state")), ("business", ByBusiness))
    list_select_related = ("customer", "offer", "business", "given_by")
