"""The files that businesses brought, to read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from businesses.panel import ByBusiness, Column, ReadOnly, number
from loyalty.models import Import


@admin.register(Import)
class ImportAdmin(ReadOnly):
    list_display = (
        Column(_("brought"), "created_at"),
        Column(_("business"), "business"),
        Column(_("kind"), "kind"),
        "file_name",
        Column(_("state"), "state"),
        number(_("rows"), "rows"),
        Column(_("refused rows"), show=lambda row: row.tally.get("refused") or None, figure=True),
    )
    list_filter = (("business", ByBusiness), "kind", "state")
    list_select_related = ("business",)
    search_fields = ("file_name__istartswith",)
    search_help_text = _("Beginning of the file's name")
    fields = (
        "business",
        Column(_("kind"), "kind"),
        "file_name",
        Column(_("state"), "state"),
        "problem",
        number(_("rows"), "rows"),
        Column(_("by"), "staff"),
        Column(_("brought"), "created_at"),
        Column(_("finished"), "finished_at"),
    )
