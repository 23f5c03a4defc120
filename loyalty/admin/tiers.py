"""The tiers of a programme, how customers came to theirs, and giving one by hand."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import DateField, IntegerField, ModelChoiceField, ModelForm, ValidationError
from django.forms.widgets import HiddenInput
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget

from businesses import ladders
from businesses.models import Program
from businesses.panel import Column, NeverDeleted, ReadOnly, Reason, number
from loyalty import tiers
from loyalty.admin.finding import wallets
from loyalty.models import MOST_TIER_FACTOR, Tier, TierChange, Wallet


class TierForm(ModelForm):
    """Refuses what would not be a ladder: see businesses/ladders.py."""

    def clean_multiplier(self) -> Decimal:
        multiplier: Decimal = self.cleaned_data["multiplier"]
        if not 0 < multiplier <= MOST_TIER_FACTOR:
            raise ValidationError(gettext("More than 0, and at most %(most)s.") % {"most": MOST_TIER_FACTOR})
        return multiplier

    def clean_threshold(self) -> Decimal:
        threshold: Decimal = self.cleaned_data["threshold"]
        if threshold < 0:
            raise ValidationError(gettext("0 or more."))
        return threshold

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        program: Program | None = answers.get("program") or (self.instance.program if self.instance.pk else None)
        asked = {name: answers.get(name) for name in ("name", "position", "threshold", "categories", "invitation_only")}
        if program and None not in asked.values():
            others = Tier.objects.filter(program=program).exclude(pk=self.instance.pk)
            ladders.check([*others, Tier(program=program, **asked)], counted=bool(program.tier_basis))
        return answers


@admin.register(Tier)
class TierAdmin(NeverDeleted):
    form = TierForm
    list_display = (
        "name",
        Column(_("programme"), "program"),
        number(_("position"), "position"),
        Column(_("from"), "threshold", figure=True),
        number(_("kinds of business"), "categories", rare=True),
        Column(_("multiplier"), "multiplier", figure=True),
        Column(_("by invitation only"), "invitation_only", boolean=True),
    )
    list_filter = ("program",)
    list_select_related = ("program",)
    fields = ("program", "name", "position", "threshold", "categories", "invitation_only", "multiplier")

    def get_readonly_fields(self, request: HttpRequest, obj: Tier | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()


@admin.register(TierChange)
class TierChangeAdmin(ReadOnly):
    search_help_text = _("Phone or customer id")
    fields = (
        Column(_("customer"), "wallet.customer"),
        Column(_("tier before"), "before"),
        Column(_("tier after"), "after"),
        Column(_("cause"), "cause"),
        Column(_("by"), "by"),
        Column(_("reason"), "reason"),
        Column(_("when"), "at"),
    )
    list_display = fields
    list_select_related = ("wallet__customer", "before", "after", "by")

    def find(self, rows: QuerySet[TierChange], text: str) -> QuerySet[TierChange]:
        return rows.filter(wallet__in=wallets(text))


class GivenTier(Reason):
    """Which tier (none takes it), why, and until when at least."""

    seen = IntegerField(widget=HiddenInput)
    tier = ModelChoiceField(
        Tier.objects.none(), label=_("Tier"), empty_label="–", required=False, widget=UnfoldAdminSelectWidget
    )
    until = DateField(
        label=_("Kept at least until"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Empty: for 12 months. Then it is announced and lowered, if it has not been earned."),
    )
    field_order = ("tier", "reason", "until", "seen")

    def __init__(self, data: Any, wallet: Wallet) -> None:
        super().__init__(data, initial={"tier": wallet.tier_id, "seen": tiers.changes_of(wallet)})
        choice: Any = self.fields["tier"]
        choice.queryset = Tier.objects.filter(program=wallet.program_id).order_by("position")

    def clean_until(self) -> datetime | None:
        until = self.cleaned_data["until"]
        if until is None:
            return None
        moment = datetime.combine(until, time(), timezone.get_current_timezone())
        if moment <= timezone.now():
            raise ValidationError(gettext("Choose a day to come."))
        return moment


def give(wallet: Wallet, answers: dict[str, Any], by: Any) -> str:
    """The press of that form, by the operator: they may invite. Returns the sentence for the log."""
    tier: Tier | None = answers["tier"]
    try:
        tiers.give(
            wallet=wallet,
            tier=tier,
            reason=answers["reason"],
            by=by,
            business=None,
            may_invite=True,
            seen=answers["seen"],
            kept_until=answers["until"],
            at=timezone.now(),
        )
    except tiers.EarnedIsHigher as error:
        text = gettext("They have earned %(tier)s, and would have it again with their next purchase.")
        raise ValidationError({"tier": text % {"tier": error.tier}}) from error
    except tiers.ChangedMeanwhile as error:
        raise ValidationError(gettext("The tier has changed since this page was opened. Open it again.")) from error
    said = {"tier": tier.name if tier else gettext("no tier"), "reason": answers["reason"]}
    return gettext("Given %(tier)s: %(reason)s") % said
