"""Registering a business, choosing among one's own, its settings. Who may see what is said in `access`."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from businesses import access, api_keys, branches, changes, onboarding, pins, staffing
from businesses.access import MANAGERS, SignedInRequest, StaffRequest, role_required, staff_required
from businesses.forms import BranchForm, InvitationForm, KeyForm, PinForm, RoleForm, SettingsForm, StartForm
from businesses.models import Branch, BusinessStatus, Invitation, Pin, Role, Staff, User

# --- Beginning and choosing -------------------------------------------------------------------------------


@login_required
def start(request: SignedInRequest) -> HttpResponse:
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (staff := _register(request, form)):
        access.choose(request, staff)
        return redirect(settings.LOGIN_REDIRECT_URL)
    return _show(request, "businesses/start.html", form=form)


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


@staff_required
def switch(request: StaffRequest) -> HttpResponse:
    """Choose the business to act for, or the branch of the present one."""
    if request.method == "POST":
        return _switch(request)
    open_branches = request.business.branches.filter(closed_at=None).order_by("name", "id")
    return render(request, "businesses/switch.html", {"open_branches": open_branches})


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
    if request.user.is_authenticated and request.method == "POST":
        return _accept(request, row, request.user)
    return _show(request, "businesses/invitation.html", invitation=row)


def _accept(request: HttpRequest, row: Invitation, user: User) -> HttpResponse:
    try:
        staff = staffing.accept(invitation=row, user=user, at=timezone.now())
    except staffing.InvitationGone:
        return _show(request, "businesses/invitation_gone.html", status=410, invitation=row)
    except staffing.AlreadyStaff:
        messages.info(request, _("You work at %(business)s already.") % {"business": row.business})
        return redirect(settings.LOGIN_REDIRECT_URL)
    access.choose(request, staff)
    messages.success(request, _("Welcome to %(business)s.") % {"business": row.business})
    return redirect(settings.LOGIN_REDIRECT_URL)


# --- Settings ---------------------------------------------------------------------------------------------


@role_required(*MANAGERS)
def earning_rules(request: StaffRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=request.business, role=request.staff.role)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        changes.apply(business_id=request.business.pk, values=values, staff=request.staff, at=timezone.now())
        messages.success(request, _("Saved. It counts from the next purchase on."))
        return redirect("settings")
    return _settings(request, "businesses/settings.html", "settings", form=form)


@role_required(*MANAGERS)
def branch_list(request: StaffRequest) -> HttpResponse:
    rows = request.business.branches.order_by("-closed_at", "name", "id")  # the open ones first
    return _settings(request, "businesses/branches.html", "branches", rows=rows)


@role_required(*MANAGERS)
def new_branch(request: StaffRequest) -> HttpResponse:
    return _edit_branch(request, Branch(business=request.business))


@role_required(*MANAGERS)
def edit_branch(request: StaffRequest, branch: UUID) -> HttpResponse:
    return _edit_branch(request, get_object_or_404(request.business.branches, public_id=branch))


def _edit_branch(request: StaffRequest, branch: Branch) -> HttpResponse:
    form = BranchForm(request.POST or None, instance=branch)
    if request.method == "POST" and form.is_valid() and _save_branch(form):
        messages.success(request, _("Saved."))
        return redirect("branches")
    return _settings(request, "businesses/branch.html", "branches", form=form, row=branch)


def _save_branch(form: BranchForm) -> bool:
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", _("You have a branch of this name. Closed ones count too."))
        return False
    return True


@role_required(*MANAGERS)
def close_branch(request: StaffRequest, branch: UUID) -> HttpResponse:
    row = get_object_or_404(request.business.branches.filter(closed_at=None), public_id=branch)
    error = ""
    if request.method == "POST":
        try:
            branches.close(branch=row, at=timezone.now())
        except branches.LastBranch:
            error = _("This is your only open branch. Add another one first.")
        else:
            messages.success(request, _("%(branch)s is closed.") % {"branch": row})
            return redirect("branches")
    return _confirm(
        request,
        "branches",
        title=_("Close %(branch)s?") % {"branch": row},
        text=_("Its purchases and points stay; nobody can sell there any more."),
        action=_("Close the branch"),
        error=error,
    )


@role_required(*MANAGERS)
def staff_list(request: StaffRequest) -> HttpResponse:
    managed = staffing.MANAGED_BY[Role(request.staff.role)]
    rows = request.business.staff.select_related("user", "branch").order_by("-ended_at", "id")
    open_invitations = request.business.invitations.open(timezone.now()).order_by("id")
    return _settings(
        request, "businesses/staff.html", "staff", rows=rows, open_invitations=open_invitations, managed=managed
    )


@role_required(*MANAGERS)
def invite(request: StaffRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, by=request.staff)
    if request.method == "POST" and form.is_valid() and _invite(request, form):
        return redirect("staff")
    return _settings(request, "businesses/invite.html", "staff", form=form)


def _invite(request: StaffRequest, form: InvitationForm) -> bool:
    try:
        row = staffing.invite(by=request.staff, at=timezone.now(), **form.cleaned_data)
    except staffing.AlreadyStaff:
        form.add_error("email", _("They work here already."))
        return False
    except staffing.NotAllowed:
        form.add_error("email", _("An owner has invited them. Only an owner can change that."))
        return False
    try:
        staffing.send_letter(row)
    except OSError:
        form.add_error(None, _("The letter could not be sent just now. Press again in a minute."))
        return False
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": row.email})
    return True


@role_required(*MANAGERS)
def withdraw(request: StaffRequest, token: UUID) -> HttpResponse:
    row = get_object_or_404(_managed(request, request.business.invitations), public_id=token)
    if request.method == "POST":
        staffing.withdraw(by=request.staff, invitation=row, at=timezone.now())
        messages.success(request, _("The invitation is withdrawn."))
        return redirect("staff")
    return _confirm(
        request,
        "staff",
        title=_("Withdraw the invitation?"),
        text=_("The link that was sent to %(email)s will open nothing.") % {"email": row.email},
        action=_("Withdraw"),
    )


@role_required(*MANAGERS)
def edit_staff(request: StaffRequest, staff: UUID) -> HttpResponse:
    row = _working_staff(request, staff)
    form = RoleForm(request.POST or None, by=request.staff, initial={"role": row.role})
    if request.method == "POST" and form.is_valid():
        try:
            staffing.change_role(by=request.staff, staff=row, role=form.cleaned_data["role"])
        except staffing.LastOwner:
            form.add_error("role", _last_owner())
        except staffing.NotAllowed as gone:  # somebody else changed one of the two meanwhile
            raise Http404 from gone
        else:
            messages.success(request, _("Saved."))
            # Who gave up the settings would find nothing there.
            return redirect("staff" if row != request.staff else settings.LOGIN_REDIRECT_URL)
    return _settings(request, "businesses/staff_member.html", "staff", form=form, row=row)


@role_required(*MANAGERS)
def end_staff(request: StaffRequest, staff: UUID) -> HttpResponse:
    row = _working_staff(request, staff)
    error = ""
    if request.method == "POST":
        try:
            staffing.end(by=request.staff, staff=row, at=timezone.now())
        except staffing.LastOwner:
            error = _last_owner()
        except staffing.NotAllowed as gone:
            raise Http404 from gone
        else:
            messages.success(request, _("%(name)s no longer works here.") % {"name": row.user.short_name})
            return redirect("staff" if row != request.staff else settings.LOGIN_REDIRECT_URL)
    return _confirm(
        request,
        "staff",
        title=_("End the work of %(name)s?") % {"name": row.user.short_name},
        text=_("They are out at their next press. What they did stays on record, and you can invite them again."),
        action=_("End"),
        error=error,
    )


@role_required(Role.OWNER)
def key_list(request: StaffRequest) -> HttpResponse:
    rows = request.business.api_keys.order_by("-revoked_at", "-id")
    return _settings(request, "businesses/keys.html", "keys", rows=rows)


@role_required(Role.OWNER)
def new_key(request: StaffRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, text = api_keys.create(business=request.business, **form.cleaned_data)
        # Not behind a redirect: then the text would have to be kept somewhere in the meantime.
        return _settings(request, "businesses/key_made.html", "keys", key=key, text=text)
    return _settings(request, "businesses/key.html", "keys", form=form)


@role_required(Role.OWNER)
def revoke_key(request: StaffRequest, key: UUID) -> HttpResponse:
    row = get_object_or_404(request.business.api_keys, public_id=key)
    if request.method == "POST":
        api_keys.revoke(key=row, at=timezone.now())
        messages.success(request, _("%(key)s is revoked.") % {"key": row.name})
        return redirect("keys")
    return _confirm(
        request,
        "keys",
        title=_("Revoke %(key)s?") % {"key": row.name},
        text=_("Whatever uses it is refused from its next call on. This cannot be undone."),
        action=_("Revoke"),
    )


@role_required(*MANAGERS)
def own_pin(request: StaffRequest) -> HttpResponse:
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        pins.choose(staff=request.staff, pin=form.cleaned_data["pin"], at=timezone.now())
        messages.success(request, _("Your PIN is set."))
        return redirect("pin")
    has_one = Pin.objects.filter(staff=request.staff).exists()
    return _settings(request, "businesses/pin.html", "pin", form=form, has_one=has_one)


def _managed(request: StaffRequest, rows: Any) -> Any:
    """Those whose role one may manage; the others do not exist."""
    return rows.filter(role__in=staffing.MANAGED_BY[Role(request.staff.role)])


def _working_staff(request: StaffRequest, staff: UUID) -> Staff:
    rows = _managed(request, request.business.staff.filter(ended_at=None)).select_related("user")
    member: Staff = get_object_or_404(rows, public_id=staff)
    return member


def _last_owner() -> str:
    return _("A business needs an owner. Make somebody else one first.")


def _confirm(request: StaffRequest, tab: str, **context: Any) -> HttpResponse:
    return _settings(request, "businesses/confirm.html", tab, back=tab, **context)


def _settings(request: StaffRequest, template: str, tab: str, **context: Any) -> HttpResponse:
    waiting = request.business.status == BusinessStatus.WAITING
    return _show(request, template, active="settings", tab=tab, waiting=waiting, owner=_is_owner(request), **context)


def _is_owner(request: StaffRequest) -> bool:
    return request.staff.role == Role.OWNER


def _show(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """The page; 422 when it shows somebody's mistake."""
    form = context.get("form")
    mistaken = (form is not None and form.errors) or context.get("error")
    return render(request, template, context, status=422 if mistaken else status)
