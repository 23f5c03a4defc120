"""Recommendations on the customer's own page, and the rules on a page of the owner's settings."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from businesses import shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.views import settings_page
from customers.sessions import CustomerRequest, customers_only
from loyalty.models import Wallet
from loyalty.points import own
from promotions.models import RecommendationRules, RecommendationRulesChange
from promotions.recommending import changing, recommender, words
from promotions.recommending.forms import RulesForm
from promotions.recommending.recommender import Kind, Recommendation

ICONS = {Kind.NEAR_REWARD: "gift", Kind.COME_BACK: "clock", Kind.NEW_PLACE: "store", Kind.CHAIN: "route"}
CHANGES = 5


@require_safe
@customers_only
def for_customer(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """A page of its own, and for the customer's page, which loads it, only the list."""
    mine = own.wallet(request, wallet)
    found = recommender.to_customer(wallet=mine, at=timezone.now())
    context = own.context(mine, rows=[_row(mine, each) for each in found])
    asked_by_page = "HX-Request" in request.headers
    return render(request, "recommending/list.html" if asked_by_page else "recommending/page.html", context)


def _row(mine: Wallet, of: Recommendation) -> dict[str, Any]:
    url = reverse("points-reward", args=[mine.public_id, of.reward]) if of.reward else ""
    progress = {"value": of.points - of.short, "max": of.points} if of.points else {}
    return {"icon": ICONS[of.kind], "title": words.title(of), "detail": words.detail(of), "link": url, **progress}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def rules(request: StaffRequest) -> HttpResponse:
    form = RulesForm(request.POST or None, instance=changing.rules_of(request.business))
    if request.method == "POST" and form.is_valid():
        try:
            changing.apply(
                business=request.business,
                values=form.values(),
                staff=request.staff,
                at=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except changing.ChangedMeanwhile as meanwhile:
            form.tell(meanwhile)
        else:
            messages.success(request, _("Saved."))
            return redirect("recommending-rules")
    latest = RecommendationRulesChange.objects.filter(business=request.business).select_related("staff__user")
    context = {
        "form": form,
        "alone": not request.business.program.businesses.exclude(pk=request.business.pk).exists(),
        "confidential": request.business.confidential,
        "changes": [_change(row) for row in latest.order_by("-id")[:CHANGES]],
    }
    return settings_page(request, "recommending/rules.html", "recommending", **context)


def _change(row: RecommendationRulesChange) -> dict[str, str]:
    field: Any = RecommendationRules._meta.get_field(row.field)
    said = {"what": field.verbose_name, "before": _said(row.before), "after": _said(row.after)}
    return {
        "what": _("%(what)s: %(before)s → %(after)s") % said,
        "who": f"{row.staff.user.short_name} · {shown.day(row.at.date(), timezone.now())}",
    }


def _said(value: str) -> str:
    return {"True": _("yes"), "False": _("no")}.get(value, value)
