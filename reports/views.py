"""How the business does. For owners and managers."""

from datetime import date
from zoneinfo import ZoneInfo

import tablib
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from businesses import sheets, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.models import BusinessStatus
from reports import figures, partners, points, screen, sorts
from reports.periods import Length, Period

FORMATS: dict[str, tuple[type[sheets.Csv] | type[sheets.Xlsx], str]] = {
    "csv": (sheets.Csv, "text/csv; charset=utf-8"),
    "xlsx": (sheets.Xlsx, sheets.Xlsx.CONTENT_TYPE),
}


@require_safe
@role_required(*MANAGERS)
def reports(request: StaffRequest) -> HttpResponse:
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "reports"})
    length, counted_at = _length(request), figures.as_of()
    context = {"active": "reports", "empty": figures.first_day(request.business.pk) is None}
    if not context["empty"]:
        zone = ZoneInfo(request.business.time_zone)
        context |= screen.page(request.business, length, _today(request))
        context["title"] = _("How the last %(days)s days went") % {"days": int(length)}
        context["lengths"] = [
            {"url": f"?days={each.value}", "label": each.label, "current": each == length} for each in Length
        ]
        context["counted"] = shown.clock(counted_at.astimezone(zone)) if counted_at else ""
        context["days"] = length.value
    return render(request, "reports/page.html", context)


@require_safe
@role_required(*MANAGERS)
def customers(request: StaffRequest) -> HttpResponse:
    """How customers differ, and how many come again."""
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "reports"})
    context = sorts.page(request.business, _today(request))
    return render(request, "reports/customers.html", {"active": "reports", **context})


@require_safe
@role_required(*MANAGERS)
def points_given(request: StaffRequest) -> HttpResponse:
    """What became of the points that the business gave."""
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "reports"})
    context = points.page(request.business, _today(request))
    return render(request, "reports/points.html", {"active": "reports", **context})


@require_safe
@role_required(*MANAGERS)
def partners_brought(request: StaffRequest) -> HttpResponse:
    """What the business and its partners bring each other."""
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "reports"})
    return render(request, "reports/partners.html", {"active": "reports", **partners.page(request.business)})


@require_safe
@role_required(*MANAGERS)
def export(request: StaffRequest) -> HttpResponse:
    """The days of the period, one in a row."""
    name = request.GET.get("format", "csv")
    kind, content_type = FORMATS.get(name, FORMATS["csv"])
    dataset = tablib.Dataset(headers=screen.HEAD)
    if request.business.status == BusinessStatus.ACTIVE:
        dataset.extend(screen.cells(request.business, Period.up_to(_today(request), _length(request))))
    file = f"days-{request.business.slug}.{'xlsx' if kind is sheets.Xlsx else 'csv'}"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return HttpResponse(kind().export_data(dataset), content_type=content_type, headers=headers)


def _length(request: StaffRequest) -> Length:
    asked = request.GET.get("days", "")
    return next((each for each in Length if str(each.value) == asked), Length.MONTH)


def _today(request: StaffRequest) -> date:
    return timezone.now().astimezone(ZoneInfo(request.business.time_zone)).date()
