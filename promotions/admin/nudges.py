"""Who is won back, on which terms, and what was said to whom. All of it is history: businesses begin and end it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from businesses import shown
from businesses.panel import ByBusiness, Column, ReadOnly, number
from loyalty.admin.finding import WHO
from promotions.models import Experiment, Nudge
from promotions.models.nudges import State


@admin.register(Experiment)
class ExperimentAdmin(ReadOnly):
    fields = (
        Column(_("business"), "business"),
        Column(_("begun"), "begun_at"),
        Column(_("by"), "begun_by"),
        Column(_("chance of not returning"), show=lambda terms: _from(terms.threshold_percent), figure=True),
        Column(_("offer"), "offer"),
        Column(_("hears nothing"), show=lambda terms: shown.percent(terms.control_percent / 100), figure=True),
        number(_("within days"), "horizon_days"),
        number(_("customers a day"), "most_a_day"),
        Column(_("ended"), "ended_at"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness),)
    list_select_related = ("business", "begun_by__user", "offer")


@admin.register(Nudge)
class NudgeAdmin(ReadOnly):
    fields = (
        WHO,
        Column(_("business"), "business"),
        Column(_("made"), "made_at"),
        Column(_("chance of not returning"), show=lambda nudge: shown.percent(nudge.assignment.churn), figure=True),
        Column(_("by model"), "assignment.model"),
        Column(_("by way of"), "shown"),
        Column(_("coupon"), "coupon"),
        Column(_("state"), show=lambda nudge: State(nudge.state).label),
        Column(_("until"), "expires_at"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness),)
    list_select_related = ("customer", "business", "assignment", "coupon")

    def get_queryset(self, request: HttpRequest) -> Any:
        return Nudge.objects.with_state(timezone.now()).order_by("-pk")


def _from(percent: int) -> str:
    return f"≥ {shown.percent(percent / 100)}"
