"""The chains between businesses as both have agreed upon them. All of it is history."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from businesses import money, shown
from businesses.panel import ByBusiness, Column, ReadOnly, choices, number
from promotions import chains
from promotions.chaining import words
from promotions.models import Chain


class Giving(ByBusiness):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("purchases at")


class Taking(ByBusiness):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("bring coupons for")


def _money(chain: Chain, name: str) -> str:
    return money.show_amount(getattr(chain, name), chain.program.currency, shown.language())


@admin.register(Chain)
class ChainAdmin(ReadOnly):
    list_display = (
        "name",
        Column(_("programme"), "program"),
        Column(_("purchases at"), "giver"),
        Column(_("bring coupons for"), "taker"),
        Column(_("state"), show=lambda chain: words.pill(chains.state(chain, timezone.now()))),
        number(_("coupons"), "offer.issued"),
        number(_("uses"), "offer.uses"),
        Column(_("budget"), "budget", show=lambda chain: _money(chain, "budget"), figure=True),
        Column(_("last day"), "ends_on"),
    )
    fields = (
        *list_display,
        Column(_("terms"), show=lambda chain: words.sentence(chain, chain.program.currency)),
        Column(_("promised"), "promised", show=lambda chain: _money(chain, "promised"), figure=True),
        Column(_("proposed by"), "proposer"),
        Column(_("proposed"), "proposed_at"),
        Column(_("accepted"), "accepted_at"),
        Column(_("declined"), "declined_at"),
        Column(_("ended"), "ended_at"),
        Column(_("why"), show=lambda chain: chain.get_ended_for_display()),
    )
    list_filter = ("program", ("giver", Giving), ("taker", Taking), choices("ended_for", _("why it ended")))
    list_select_related = ("program", "giver", "taker", "proposer", "offer")
    search_fields = ("name",)
    search_help_text = _("Name")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)
