"""What the operator sees of all businesses, as it was counted last night."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from businesses import money, shown
from businesses.models import Program
from businesses.panel import ByBusiness, Column, ReadOnly, number
from reports import economy
from reports.models import Breadth, Economy, Passage


class FromBusiness(ByBusiness):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("from")


def _money(amount: Decimal, program: Program) -> str:
    return money.show_amount(amount, program.currency, shown.language())


@admin.register(Economy)
class EconomyAdmin(ReadOnly):
    """Liability, business by business."""

    list_display = (
        Column(_("business"), "business"),
        number(_("not used yet"), "outstanding"),
        Column(
            _("worth in full"),
            show=lambda each: _money(economy.worth(each.outstanding, each.business.program), each.business.program),
            figure=True,
        ),
        Column(
            _("used, of those whose time is over"), show=lambda each: shown.percent(each.redemption_rate), figure=True
        ),
        Column(
            _("likely to be used"),
            show=lambda each: _money(economy.liability(each, each.business.program), each.business.program),
            figure=True,
        ),
        Column(_("expired unused"), show=lambda each: shown.percent(each.breakage), figure=True),
    )
    fields = (
        *list_display,
        number(_("given"), "issued"),
        number(_("used"), "redeemed"),
        number(_("expired"), "expired"),
        number(_("taken back"), "reversed"),
        Column(_("counted"), "counted_at"),
    )
    list_filter = ("business__program", ("business", ByBusiness))
    list_select_related = ("business__program",)


@admin.register(Passage)
class PassageAdmin(ReadOnly):
    """The win-win matrix, cell by cell."""

    fields = (
        Column(_("from"), "origin"),
        Column(_("to"), "business"),
        number(_("customers"), "customers"),
        Column(_("amount"), show=lambda each: _money(each.amount, each.business.program), figure=True),
        Column(_("counted"), "counted_at"),
    )
    list_display = fields
    list_filter = ("business__program", ("origin", FromBusiness), ("business", ByBusiness))
    list_select_related = ("origin", "business__program")


@admin.register(Breadth)
class BreadthAdmin(ReadOnly):
    """The cross-purchase rate: of all businesses, and as partners see it."""

    list_display = (
        Column(_("programme"), "program"),
        Column(_("without the confidential"), "discreet", boolean=True),
        Column(_("two categories within 60 days"), show=lambda each: shown.percent(each.share), figure=True),
        number(_("eligible customers"), "eligible"),
        Column(_("of those of the last 60 days"), show=lambda each: shown.percent(each.active_share), figure=True),
        number(_("active customers"), "active"),
    )
    fields = (*list_display, Column(_("counted"), "counted_at"))
    list_filter = ("program", "discreet")
    list_select_related = ("program",)
