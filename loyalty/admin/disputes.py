"""What customers ask businesses, for the operator to see who is not answered. The words are between the two."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.panel import ByBusiness, Column, ReadOnly
from loyalty.admin.finding import OF_OPERATION, WHERE, WHO
from loyalty.models import Dispute

LONG = timedelta(days=3)


class Waits(admin.SimpleListFilter):
    title = _("answer")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        long = gettext("Waits for more than %(days)s days") % {"days": LONG.days}
        return [("open", gettext("Waits")), ("long", long), ("answered", gettext("Answered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "long":
            return queryset.filter(answered_at=None, made_at__lt=timezone.now() - LONG)
        return queryset.filter(answered_at__isnull=self.value() == "open") if self.value() else queryset


@admin.register(Dispute)
class DisputeAdmin(ReadOnly):
    fields = (
        Column(_("what is wrong"), "reason"),
        WHO,
        WHERE,
        Column(_("asked"), "made_at"),
        Column(_("answered"), "answered_at"),
        Column(_("by"), "answered_by"),
        OF_OPERATION,
    )
    list_display = fields
    list_filter = (Waits, ("business", ByBusiness))
    list_select_related = ("customer", "business", "operation", "answered_by__user")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        rows: QuerySet[Dispute] = super().get_queryset(request)
        return rows.defer("text", "answer")
