"""How to work with Regulars, for staff; and how points work, for customers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from businesses.access import StaffRequest, staff_required
from businesses.models import Role


@require_safe
@staff_required
def for_staff(request: StaffRequest) -> HttpResponse:
    """Questions and answers, and whom at the business to ask."""
    owners = request.business.staff.working().filter(role=Role.OWNER).select_related("user").order_by("id")
    return render(request, "help.html", {"active": "help", "owners": owners})


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    return render(request, "how_it_works.html")
