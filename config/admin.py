"""What the superadmin sees of the installation itself: who did what in this panel."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.translation import gettext_lazy as _

from businesses.panel import Column, ReadOnly


@admin.register(LogEntry)
class LogAdmin(ReadOnly):
    fields = (
        Column(_("when"), "action_time"),
        Column(_("who"), "user"),
        Column(_("what"), show=lambda entry: entry.content_type.name if entry.content_type else None),
        Column(_("which"), "object_repr"),
        Column(_("done"), show=lambda entry: entry.get_change_message() or entry.get_action_flag_display()),
    )
    list_display = fields
    list_select_related = ("user", "content_type")
    search_fields = ("user__email",)
