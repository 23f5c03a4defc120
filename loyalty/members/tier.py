"""Giving a customer a tier by hand, with a reason."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from businesses.access import MANAGERS, StaffRequest, role_required
from loyalty import tiers
from loyalty.members import screen
from loyalty.members.views import rules_of, wallet_of
from loyalty.models import Tier, Wallet


class TierForm(forms.Form):
    """Which tier, why, and until when at least."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    tier = forms.TypedChoiceField(label=gettext_lazy("Tier"), coerce=int, empty_value=None, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=250,
        help_text=gettext_lazy("The customer reads it, and it stays on record with your name."),
    )
    until = forms.DateField(
        label=gettext_lazy("Kept at least until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: for 12 months. Then it is announced and lowered, if it has not been earned."),
    )

    def __init__(self, data: Any = None, *, wallet: Wallet, may_invite: bool, today: date, **options: Any) -> None:
        super().__init__(data, **options)
        self.today = today
        offered = Tier.objects.filter(program=wallet.program_id)
        if not may_invite:
            offered = offered.filter(Q(invitation_only=False) | Q(pk=wallet.tier_id))
        self.tiers = {tier.pk: tier for tier in offered.order_by("position")}
        choices = [("", _("none")), *((pk, tier.name) for pk, tier in self.tiers.items())]
        self.fields["tier"].choices = choices  # type: ignore[attr-defined]

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until and until <= self.today:
            raise forms.ValidationError(_("Choose a day to come."))
        return until


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def change(request: StaffRequest, customer: UUID) -> HttpResponse:
    wallet, terms = wallet_of(request, customer), rules_of(request)
    now, may_invite = timezone.now(), tiers.may_invite(request.staff)
    zone = ZoneInfo(terms.time_zone)
    form = TierForm(
        request.POST if request.method == "POST" else None,
        wallet=wallet,
        may_invite=may_invite,
        today=now.astimezone(zone).date(),
        initial={"seen": tiers.changes_of(wallet), "tier": wallet.tier_id},
    )
    if request.method == "POST" and form.is_valid() and _give(request, wallet, form, may_invite, zone, now):
        return redirect("customer", wallet.public_id)
    context = screen.head(wallet, terms) | {"form": form}
    return render(request, "members/tier.html", context, status=422 if form.errors else 200)


def _give(
    request: StaffRequest, wallet: Wallet, form: TierForm, may_invite: bool, zone: ZoneInfo, now: datetime
) -> bool:
    """Whether it is done; the form says why it is not."""
    answers = form.cleaned_data
    tier, until = form.tiers.get(answers["tier"]), answers["until"]
    try:
        tiers.give(
            wallet=wallet,
            tier=tier,
            reason=answers["reason"],
            by=request.user,
            business=request.business,
            may_invite=may_invite,
            seen=answers["seen"],
            kept_until=until and datetime.combine(until, time(), zone),
            at=now,
        )
    except tiers.EarnedIsHigher as error:
        # How much they have come to, others may have sold them: no more is said than the tier, which everybody sees.
        text = _("They have earned %(tier)s, and would have it again with their next purchase.")
        form.add_error("tier", text % {"tier": error.tier.name})
    except tiers.ByInvitationOnly:
        form.add_error("tier", _("Only the programme’s operator gives and takes this tier: it is by invitation."))
    except tiers.ChangedMeanwhile:
        form.add_error(None, _("The tier has changed since this page was opened. Open it again."))
    else:
        messages.success(request, _("Done. They have %(tier)s now.") % {"tier": tier.name if tier else _("no tier")})
        return True
    return False
