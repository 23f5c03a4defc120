"""The way to work: registering a business, answering an invitation, choosing where to act, saying one's name."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from businesses import access, branches, onboarding, paging, staffing
from businesses.access import SignedInRequest, StaffRequest, staff_required
from businesses.forms import NewcomerForm, OwnNameForm, StartForm
from businesses.models import Invitation, Staff, User

BRANCHES = 20  # on a page to choose from


@login_required
def start(request: SignedInRequest) -> HttpResponse:
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (staff := _register(request, form)):
        access.choose(request, staff)
        return redirect(settings.LOGIN_REDIRECT_URL)
    declined = None if access.memberships(request) else onboarding.declined(request.user)
    return _show(request, "businesses/start.html", form=form, declined=declined)


def _register(request: SignedInRequest, form: StartForm) -> Staff | None:
    try:
        staff = onboarding.register(user=request.user, **form.cleaned_data)
    except onboarding.AlreadyRegistered as error:
        return error.staff
    except onboarding.UnknownJoinCode:
        form.add_error("join_code", _("No programme has this code. Ask its operator, or leave it empty."))
    except onboarding.OtherCurrency as error:
        text = _("This programme counts in %(currency)s, which is not the currency of your country.")
        form.add_error("join_code", text % {"currency": error.currency})
    else:
        messages.success(request, _("%(business)s is registered.") % {"business": staff.business})
        return staff
    return None


@login_required
@never_cache
def own_name(request: SignedInRequest) -> HttpResponse:
    """What colleagues call whoever is signed in: on lists of staff, in letters and beside what they did."""
    form = OwnNameForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("own-name")
    return _show(request, "account/name.html", form=form)


@staff_required
def switch(request: StaffRequest) -> HttpResponse:
    """Choose the business to act for, or the branch of the present one."""
    if request.method == "POST":
        return _switch(request)
    sought = paging.sought(request)
    found = branches.listed(business=request.business, sought=sought)
    page = paging.page(found, request.GET.get("page"), size=BRANCHES, q=sought)
    many = bool(sought or page["next_url"] or page["previous_url"])
    page |= {"rows": branches.rows(page["rows"]), "sought": sought, "many": many}
    return render(request, "businesses/switch.html", page)


def _switch(request: StaffRequest) -> HttpResponse:
    if "branch" in request.POST:
        open_branches = request.business.branches.filter(closed_at=None)
        access.choose_branch(request, _posted(open_branches, request.POST["branch"]))
    else:
        mine = Staff.objects.working().filter(user=request.user)
        access.choose(request, _posted(mine, request.POST.get("staff", "")))
    return redirect(settings.LOGIN_REDIRECT_URL)


def _posted(rows: Any, public_id: str) -> Any:
    try:
        return rows.get(public_id=public_id)
    except (rows.model.DoesNotExist, ValidationError) as error:
        raise Http404 from error


@never_cache
def invitation(request: HttpRequest, token: UUID) -> HttpResponse:
    """The page behind the link of the letter. Looking at it accepts nothing."""
    row = get_object_or_404(Invitation.objects.select_related("business", "invited_by__user"), public_id=token)
    if not staffing.is_open(row, timezone.now()):
        return _show(request, "businesses/invitation_gone.html", status=410, invitation=row)
    if request.user.is_authenticated and not staffing.is_for(row, request.user):
        return _show(request, "businesses/invitation_other_address.html", status=403, email=staffing.masked(row.email))
    if not request.user.is_authenticated:
        return _show(request, "businesses/invitation.html", invitation=row)
    posted = request.POST if request.method == "POST" else None  # empty is an answer too: no name
    form = None if request.user.first_name else NewcomerForm(posted, instance=request.user)
    if request.method == "POST" and (form is None or form.is_valid()):
        return _accept(request, row, request.user, form)
    return _show(request, "businesses/invitation.html", invitation=row, form=form)


def _accept(request: HttpRequest, row: Invitation, user: User, form: NewcomerForm | None) -> HttpResponse:
    try:
        staff = staffing.accept(invitation=row, user=user, at=timezone.now())
    except staffing.InvitationGone:
        return _show(request, "businesses/invitation_gone.html", status=410, invitation=row)
    except staffing.AlreadyStaff:
        messages.info(request, _("You work at %(business)s already.") % {"business": row.business})
        return redirect(settings.LOGIN_REDIRECT_URL)
    if form:
        form.save()
    access.choose(request, staff)
    messages.success(request, _("Welcome to %(business)s.") % {"business": row.business})
    return redirect(settings.LOGIN_REDIRECT_URL)


def _show(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """The page; 422 when its form shows somebody's mistake."""
    form = context.get("form")
    return render(request, template, context, status=422 if form is not None and form.errors else status)
