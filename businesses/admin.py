"""What the operator does with programmes and businesses."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from businesses import onboarding
from businesses.models import Business, Program


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):
    list_display = ("name", "currency", "join_code", "created_at")
    search_fields = ("name", "slug")


@admin.register(Business)
class BusinessAdmin(admin.ModelAdmin):
    list_display = ("name", "program", "status", "category", "country", "created_at")
    list_filter = ("status", "program", "category", "country")
    list_select_related = ("program",)
    search_fields = ("name", "slug")
    ordering = ("-created_at",)
    readonly_fields = ("program", "status", "slug", "created_at")
    actions = ("accept", "decline")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an owner registers it

    def has_delete_permission(self, request: HttpRequest, obj: Business | None = None) -> bool:
        return False  # the ledger remembers it

    @admin.action(description=_("Accept into the programme"))
    def accept(self, request: HttpRequest, chosen: QuerySet[Business]) -> None:
        self._decide(request, chosen, onboarding.accept)

    @admin.action(description=_("Decline"))
    def decline(self, request: HttpRequest, chosen: QuerySet[Business]) -> None:
        self._decide(request, chosen, onboarding.decline)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Business], decide: Callable[..., bool]) -> None:
        """Those that do not wait are left as they are, and the answer counts only what changed."""
        done = 0
        for business in chosen:
            changed = decide(business=business)
            done += changed
            if changed:
                self.log_change(request, business, str(decide.__name__))
        text = ngettext("%(count)s business decided.", "%(count)s businesses decided.", done) % {"count": done}
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)
