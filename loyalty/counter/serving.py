"""Who may serve at the counter, and where: each form acts at the branch that it was shown for, or not at all.

The counter may stand open in several tabs, of several businesses, while the session knows only the last one chosen.
"""

from collections.abc import Sequence
from functools import wraps
from typing import ParamSpec

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from businesses.access import StaffRequest, StaffView, View, memberships, staff_required
from businesses.models import Branch, BusinessStatus, Staff

P = ParamSpec("P")


class Elsewhere(Exception):
    """The session cannot act at `branch` now."""

    def __init__(self, branch: Branch | None) -> None:
        self.branch = branch


def serving(view: StaffView[P]) -> View[P]:
    """For the staff of a business that is active in its programme; while it waits, nobody's points may show."""

    @staff_required
    @wraps(view)
    def checked(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            request.branch = _branch(request, memberships(request))
        except Elsewhere as moved:
            return _elsewhere(request, moved.branch)
        if request.business.status != BusinessStatus.ACTIVE:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def _branch(request: StaffRequest, mine: Sequence[Staff]) -> Branch:
    """The one that a form names, or htmx for the region that it acts in; a page names none."""
    named = request.POST.get("branch") or request.headers.get("Counter-Branch")
    if not named or named == str(request.branch.public_id):
        return request.branch
    try:
        branch = Branch.objects.filter(public_id=named, business__in=[row.business_id for row in mine]).first()
    except ValidationError:
        branch = None
    if branch is None or branch.business_id != request.business.pk or branch.closed_at:
        raise Elsewhere(branch)
    return branch


def _elsewhere(request: StaffRequest, branch: Branch | None) -> HttpResponse:
    """Not yet the counter of where the session is now: the page around this region may be that of the other one."""
    left = next((row for row in memberships(request) if branch and row.business_id == branch.business_id), None)
    if left == request.staff:
        title, left = _("%(branch)s was closed meanwhile.") % {"branch": branch}, None
    else:
        title = _("You have switched to %(business)s meanwhile.") % {"business": request.business}
    context = {"active": "counter", "state": "elsewhere", "title": title, "left": left}
    template = "counter/region.html" if request.htmx else "counter/page.html"
    return render(request, template, context, status=422)
