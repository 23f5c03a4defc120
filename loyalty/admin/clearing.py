"""What the businesses of a programme owe each other, for the operator who settles it: every pair, every month."""

import csv
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from businesses import money, shown
from businesses.models import Business, Program
from businesses.panel import ByBusiness, Column, ReadOnly, points
from businesses.sheets import BYTE_ORDER_MARK
from loyalty.admin.finding import WHO, operation_link
from loyalty.clearing import positions
from loyalty.clearing.positions import Debt
from loyalty.models import ClearingLine, SharedCost

MONTHS = 12
HEAD = ("Month", "Owes", "Is owed", "Points", "Amount", "Currency", "Customers", "For")


class Owing(ByBusiness):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("who owes")


class Owed(ByBusiness):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("who is owed")


@admin.register(ClearingLine)
class ClearingAdmin(ReadOnly):
    fields = (
        Column(_("day"), "local_on"),
        Column(_("who owes"), "owes"),
        Column(_("who is owed"), "is_owed"),
        points(_("points"), "points", signed=True),
        Column(
            _("amount"),
            "amount",
            show=lambda line: _money(line.amount, line.owes.program.currency, signed=True),
            figure=True,
        ),
        WHO,
        Column(_("operation"), show=lambda line: operation_link(line.draw.entry.operation)),
    )
    list_display = fields
    list_filter = (("owes", Owing), ("is_owed", Owed))
    list_select_related = ("owes__program", "is_owed", "customer", "draw__entry__operation")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_safe(self.months))
        file = self.admin_site.admin_view(require_safe(self.export))
        ours = [
            path("months/", page, name="loyalty_clearingline_months"),
            path("months/export/", file, name="loyalty_clearingline_export"),
        ]
        return [*ours, *super().get_urls()]

    def months(self, request: HttpRequest) -> HttpResponse:
        """One month of one programme: where each business stands, and every pair."""
        programmes = self._programmes(request)
        chosen = next((each for each in programmes if each.slug == request.GET.get("program")), None)
        chosen = chosen or next(iter(programmes), None)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": gettext("Clearing"),
            "programmes": programmes,
            "chosen": chosen,
        }
        if chosen:
            firsts = _months()
            first = next((each for each in firsts if f"{each:%Y-%m}" == request.GET.get("month")), firsts[1])
            context |= {"months": [(f"{each:%Y-%m}", shown.month(each)) for each in firsts], "month": f"{first:%Y-%m}"}
            context |= _tables(chosen, positions.of_programme(**_when(chosen, first, 1)))
        return TemplateResponse(request, "admin/loyalty/clearing.html", context)

    def export(self, request: HttpRequest) -> HttpResponse:
        """The last twelve months of a programme as CSV."""
        programmes = self._programmes(request)
        chosen = next((each for each in programmes if each.slug == request.GET.get("program")), None)
        if chosen is None:
            return HttpResponse(status=404)
        names = _names(chosen)
        response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="clearing-{chosen.slug}.csv"'
        writer = csv.writer(response)
        writer.writerow(HEAD)
        found = positions.of_programme(**_when(chosen, _months()[-1], MONTHS))
        for debt in sorted(found, key=lambda each: (each.month, *_place(each, names))):
            amount = money.plain(debt.amount, chosen.currency)
            pair = (shown.neutral(names[debt.owes]), shown.neutral(names[debt.is_owed]))
            writer.writerow(
                [f"{debt.month:%Y-%m}", *pair, debt.points, amount, chosen.currency, debt.customers, _plain_for(debt)]
            )
        return response

    def _programmes(self, request: HttpRequest) -> list[Program]:
        """Those of several businesses: in the others nothing can be owed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shared = Program.objects.annotate(shops=Count("businesses")).filter(shops__gt=1)
        return list(shared.order_by("name", "id"))


@admin.register(SharedCost)
class SharedCostAdmin(ReadOnly):
    fields = (
        Column(_("day"), "local_on"),
        Column(_("who owes"), "owes"),
        Column(_("who is owed"), "is_owed"),
        Column(
            _("amount"),
            "amount",
            show=lambda line: _money(line.amount, line.owes.program.currency, signed=True),
            figure=True,
        ),
        WHO,
        Column(_("operation"), show=lambda line: operation_link(line.operation)),
    )
    list_display = fields
    list_filter = (("owes", Owing), ("is_owed", Owed))
    list_select_related = ("owes__program", "is_owed", "customer", "operation")


def _months() -> list[date]:
    """The running month and those before it, by UTC: only which months are offered hangs on it."""
    this = timezone.now().date().replace(day=1)
    return [this - relativedelta(months=before) for before in range(MONTHS)]


def _when(program: Program, since: date, months: int) -> dict[str, Any]:
    until = since + relativedelta(months=months)
    return {"program_id": program.pk, "currency": program.currency, "since": since, "until": until}


def _names(program: Program) -> dict[int, str]:
    return dict(Business.objects.filter(program=program).values_list("pk", "name"))


def _tables(program: Program, debts: list[Debt]) -> dict[str, Any]:
    names, currency = _names(program), program.currency
    stands = positions.by_business(debts)
    return {
        "stands": [
            {"name": names[pk], "amount": _money(stands[pk], currency, signed=True)}
            for pk in sorted(stands, key=lambda pk: (-stands[pk], names[pk]))
        ],
        "sum": _money(sum(stands.values()), currency),  # type: ignore[arg-type]  # an int where there are none
        "pairs": [
            {
                "owes": names[debt.owes],
                "is_owed": names[debt.is_owed],
                "points": gettext("coupons") if debt.for_coupons else shown.number(debt.points),
                "amount": _money(debt.amount, currency),
                "customers": shown.number(debt.customers),
                "lines": _lines(debt),
            }
            for debt in sorted(debts, key=lambda debt: _place(debt, names))
        ],
    }


def _place(debt: Debt, names: dict[int, str]) -> tuple[str, str, bool]:
    return names[debt.owes], names[debt.is_owed], debt.for_coupons


def _plain_for(debt: Debt) -> str:
    return "coupons" if debt.for_coupons else "points"


def _lines(debt: Debt) -> str:
    """The list, of what the debt is made of."""
    model = "sharedcost" if debt.for_coupons else "clearingline"
    until = debt.month + relativedelta(months=1)
    asked: dict[str, Any] = {"owes__id__exact": debt.owes, "is_owed__id__exact": debt.is_owed}
    asked |= {"local_on__gte": debt.month, "local_on__lt": until}
    return f"{reverse(f'admin:loyalty_{model}_changelist')}?{urlencode(asked)}"


def _money(amount: Any, currency: str, *, signed: bool = False) -> str:
    said = money.show_amount(amount, currency, shown.language())
    return f"+{said}" if signed and amount > 0 else said
