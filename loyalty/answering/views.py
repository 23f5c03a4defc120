"""Where owners and managers answer what customers say is wrong with a purchase."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from businesses import paging, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.money import show_amount
from customers import people
from loyalty import disputes
from loyalty.forms import AnswerForm
from loyalty.models import Dispute

PAGE = 20


def waiting(request: HttpRequest) -> dict[str, Callable[[], dict[str, int]]]:
    """Context of the portal: how many questions there are and how many wait, counted where it is shown."""
    staff = getattr(request, "staff", None)
    if staff is None or staff.role not in MANAGERS:
        return {}
    return {"disputes_here": lambda: disputes.counted(staff.business)}


@require_GET
@role_required(*MANAGERS)
def disputes_of_business(request: StaffRequest) -> HttpResponse:
    """Those that wait, the oldest first; in a tab beside them those that were answered, the last one first."""
    mine = request.business.disputes
    waiting, answered = mine.filter(answered_at=None), mine.filter(answered_at__isnull=False)
    past = "answered" in request.GET
    found = answered.order_by("-answered_at", "-id") if past else waiting.order_by("id")
    page = paging.page(
        found.select_related(*TOGETHER), request.GET.get("page"), size=PAGE, answered="1" if past else ""
    )
    context = {
        **page,
        "active": "disputes",
        "past": past,
        "tabs": [
            {"url": "?", "label": _counted(_("Waiting"), waiting), "current": not past},
            {"url": "?answered=1", "label": _counted(_("Answered"), answered), "current": past},
        ],
        "rows": _rows(request, list(page["rows"])),
    }
    return render(request, "disputes/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def dispute(request: StaffRequest, dispute: UUID) -> HttpResponse:
    asked = get_object_or_404(request.business.disputes.select_related(*TOGETHER), public_id=dispute)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            disputes.answer(dispute=asked, staff=request.staff, text=form.cleaned_data["text"], at=timezone.now())
        except disputes.AlreadyAnswered as quicker:
            name = quicker.dispute.answered_by.user.short_name if quicker.dispute.answered_by else ""
            messages.warning(request, _("%(name)s has answered already. Nothing was changed.") % {"name": name})
            return redirect("dispute", asked.public_id)
        messages.success(request, _("Answered."))
        return redirect("disputes")
    status = 422 if form.errors else 200
    return render(request, "disputes/dispute.html", _page(request, asked, form), status=status)


TOGETHER = (
    "operation__purchase",
    "operation__redemption",
    "operation__branch",
    "operation__wallet",
    "answered_by__user",
)


def _counted(label: str, found: QuerySet[Dispute]) -> str:
    return f"{label} · {shown.number(found.count())}"


def _rows(request: StaffRequest, found: list[Dispute]) -> list[dict[str, Any]]:
    ids = [each.customer_id for each in found]
    persons = people.on_screen(program_id=request.business.program_id, customer_ids=ids)
    return [
        {
            "dispute": each,
            "person": persons[each.customer_id],
            "what": _what(request, each),
            "asked": _day(request, each.made_at),
        }
        for each in found
    ]


def _page(request: StaffRequest, asked: Dispute, form: AnswerForm) -> dict[str, Any]:
    operation = asked.operation
    zone = ZoneInfo(request.business.time_zone)
    when = f"{shown.full_day(operation.local_on)}, {shown.clock(operation.occurred_at.astimezone(zone))}"
    facts = [
        (_("What"), _what(request, asked)),
        (_("When"), when),
        (_("Where"), operation.branch.name if operation.branch else ""),
        (_("Receipt"), operation.reference or ""),
        (_("Points"), shown.signed(operation.points)),
        (_("Asked"), _day(request, asked.made_at)),
    ]
    return {
        "active": "disputes",
        "form": form,
        "facts": [(name, value) for name, value in facts if value],
        "receipt_url": reverse("counter-receipt", args=[operation.public_id]) if _has_receipt(asked) else "",
        **_rows(request, [asked])[0],
    }


def _day(request: StaffRequest, moment: datetime) -> str:
    return shown.full_day(moment.astimezone(ZoneInfo(request.business.time_zone)).date())


def _has_receipt(asked: Dispute) -> bool:
    """Only what the counter can undo has one there."""
    return hasattr(asked.operation, "purchase") or hasattr(asked.operation, "redemption")


def _what(request: StaffRequest, asked: Dispute) -> str:
    operation = asked.operation
    if hasattr(operation, "purchase"):
        return show_amount(operation.purchase.amount, request.business.program.currency, shown.language())
    if hasattr(operation, "redemption"):
        return str(operation.redemption.description or _("Points spent"))
    return str(operation.get_kind_display())
