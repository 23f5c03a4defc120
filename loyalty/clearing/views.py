"""What the business and the others of its programme owe each other, month by month."""

import csv
from collections.abc import Callable
from datetime import date
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.models import Business, BusinessStatus
from businesses.sheets import BYTE_ORDER_MARK
from loyalty import rules
from loyalty.clearing import months, rows
from loyalty.clearing.months import Month
from loyalty.rules import Rules


def partners(request: HttpRequest) -> dict[str, Callable[[], bool]]:
    """Context of the portal: whether there is anybody to clear with, asked where it is shown."""
    staff = getattr(request, "staff", None)
    if staff is None or staff.role not in MANAGERS:
        return {}
    return {"clears_here": lambda: _others(staff.business)}


@require_safe
@role_required(*MANAGERS)
def clearing(request: StaffRequest) -> HttpResponse:
    """One month, and the last twelve as pictures."""
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "clearing"})
    terms = _rules(request)
    seen = months.last(business=request.business, rules=terms, at=timezone.now())
    chosen = _chosen(seen, request.GET.get("month", ""))
    empty = all(month.is_empty for month in seen)
    context = {"active": "clearing", "empty": empty, "others_here": _others(request.business)}
    if not empty:
        place = seen.index(chosen)
        context |= rows.page(seen, chosen, terms)
        context["earlier"] = f"{seen[place - 1].first:%Y-%m}" if place else ""
        context["later"] = f"{seen[place + 1].first:%Y-%m}" if place + 1 < len(seen) else ""
    return render(request, "clearing/page.html", context)


@require_safe
@role_required(*MANAGERS)
def export(request: StaffRequest) -> HttpResponse:
    """The same twelve months as CSV."""
    terms, out = _rules(request), StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow(rows.HEAD)
    if request.business.status == BusinessStatus.ACTIVE:
        writer.writerows(rows.cells(months.last(business=request.business, rules=terms, at=timezone.now()), terms))
    name = f"clearing-{request.business.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _chosen(seen: list[Month], asked: str) -> Month:
    """The month of the address, or the last one that is over, or the running one where nothing was before."""
    try:
        first = date.fromisoformat(f"{asked}-01")
    except ValueError:
        first = None
    told = [month for month in seen if not month.runs and not month.is_empty]
    return next((month for month in seen if month.first == first), told[-1] if told else seen[-1])


def _others(business: Business) -> bool:
    return Business.objects.filter(program_id=business.program_id).exclude(pk=business.pk).exists()


def _rules(request: StaffRequest) -> Rules:
    return rules.of(request.business.pk, request.business.program.rules_version)
