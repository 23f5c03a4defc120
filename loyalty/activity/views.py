"""What happened at the business: owners and managers see all of it, cashiers what they did themselves."""

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from businesses import branches
from businesses.access import MANAGERS, StaffRequest, role_required, staff_required
from businesses.finder import Finder
from businesses.models import BusinessStatus
from businesses.sheets import BYTE_ORDER_MARK
from loyalty import rules
from loyalty.activity import reading, rows
from loyalty.activity.reading import Filters
from loyalty.models import OperationKind
from loyalty.rules import Rules

ASKED = ("kind", "branch", "staff", "since", "until", "refused")


@require_GET
@staff_required
def activity(request: StaffRequest) -> HttpResponse:
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "activity"})
    manages = request.staff.role in MANAGERS
    before = _uuid(request.GET.get("before", ""))
    page = reading.page(business_id=request.business.pk, filters=_filters(request), before=before)
    asked = {name: request.GET[name][:64] for name in ASKED if request.GET.get(name)}
    context = {
        "active": "activity",
        "rows": rows.lines(page.operations, _rules(request), timezone.now()),
        "asked": asked,
        "open": bool(asked) or "find" in request.GET,
        "kinds": OperationKind.choices,
        "branches": _branches(request) if manages else None,
        "people": reading.staff_of(request.business.pk) if manages else (),
        "links": manages,
        "first_url": f"?{urlencode(asked)}" if before else "",
        "next_url": f"?{urlencode(asked | {'before': page.before})}" if page.before else "",
        "looked_on": page.looked_on,
        "export_query": urlencode(asked),
    }
    return render(request, "activity/page.html", context)


@require_GET
@role_required(*MANAGERS)
def export(request: StaffRequest) -> Any:
    """All that is asked for as CSV."""
    lines = _csv(request.business.pk, _filters(request), _rules(request))
    name = f"activity-{request.business.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.business.status != BusinessStatus.ACTIVE:
        lines = iter(())
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _branches(request: StaffRequest) -> Finder:
    """Closed ones too: what was done there stays."""
    chosen, sought = request.GET.get("branch", ""), request.GET.get("branch_sought", "").strip()[:64]
    return branches.finder(business=request.business, chosen=chosen, sought=sought, none=_("All"), closed=True)


def _csv(business_id: int, filters: Filters, terms: Rules) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _written([rows.HEAD])
    for operations in reading.everything(business_id=business_id, filters=filters):
        yield _written(rows.cells(operations, terms))


def _written(lines: Any) -> str:
    out = StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()


def _filters(request: StaffRequest) -> Filters:
    """What the address asks for; nonsense asks for nothing."""
    get = request.GET
    branch = _uuid(get.get("branch", ""))
    member = _uuid(get.get("staff", ""))
    manages = request.staff.role in MANAGERS
    branches = request.business.branches.values_list("pk", flat=True)
    members = reading.staff_of(request.business.pk).values_list("pk", flat=True)
    return Filters(
        kind=get["kind"] if get.get("kind") in OperationKind.values else "",
        branch_id=branches.filter(public_id=branch).first() if branch else None,
        staff_id=(members.filter(public_id=member).first() if member else None) if manages else request.staff.pk,
        since=_day(get.get("since", "")),
        until=_day(get.get("until", "")),
        refused=get.get("refused") == "yes",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _rules(request: StaffRequest) -> Rules:
    return rules.of(request.business.pk, request.business.program.rules_version)
