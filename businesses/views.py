"""The settings of a business. Who may see what is said in `access`."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses import api_keys, branches, changes, meanwhile, paging, pins, staffing
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.forms import KeyForm, PinForm, SettingsForm
from businesses.models import Branch, BusinessStatus, Pin, Role, Staff
from businesses.work_forms import BranchForm, InvitationForm, StaffForm


@role_required(*MANAGERS)
def earning_rules(request: StaffRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=request.business, role=request.staff.role)
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            changes.apply(
                business_id=request.business.pk,
                values=form.answers(),
                staff=request.staff,
                at=timezone.now(),
                seen=seen,
            )
        except changes.ChangedMeanwhile as meanwhile:
            form.tell(meanwhile)
        else:
            messages.success(request, _("Saved. It counts from the next purchase on."))
            return redirect("settings")
    return settings_page(request, "businesses/settings.html", "settings", form=form)


@role_required(*MANAGERS)
def branch_list(request: StaffRequest) -> HttpResponse:
    sought = paging.sought(request)
    found = branches.listed(business=request.business, sought=sought, closed=True)
    page = paging.page(found, request.GET.get("page"), q=sought)
    many = bool(sought or page["next_url"] or page["previous_url"])
    page |= {"rows": branches.rows(page["rows"]), "sought": sought, "many": many}
    return settings_page(request, "businesses/branches.html", "branches", **page)


@role_required(*MANAGERS)
def new_branch(request: StaffRequest) -> HttpResponse:
    return _edit_branch(request, Branch(business=request.business))


@role_required(*MANAGERS)
def edit_branch(request: StaffRequest, branch: UUID) -> HttpResponse:
    return _edit_branch(request, get_object_or_404(request.business.branches, public_id=branch))


def _edit_branch(request: StaffRequest, branch: Branch) -> HttpResponse:
    form = BranchForm(request.POST or None, instance=branch)
    if request.method == "POST" and form.is_valid() and _save_branch(form, branch):
        messages.success(request, _("Saved."))
        return redirect("branches")
    is_last = branches.is_last(branch)
    return settings_page(request, "businesses/branch.html", "branches", form=form, row=branch, is_last=is_last)


def _save_branch(form: BranchForm, branch: Branch) -> bool:
    try:
        if branch.pk:
            branches.change(branch=branch, values=form.cleaned_data, seen=form.seen())
        else:
            branches.add(branch)
    except branches.NameTaken:
        form.add_error("name", _("You have a branch of this name. Closed ones count too."))
        return False
    except meanwhile.Changed as changed:
        form.tell(changed, form.cleaned_data.copy())
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
    return confirm_page(
        request,
        "branches",
        title=_("Close %(branch)s?") % {"branch": row},
        text=_(
            "Nobody sells there any more, its QR poster stops working, and those who usually work there begin at "
            "another branch. Its purchases and points stay, and you can open it again."
        ),
        action=_("Close the branch"),
        error=error,
    )


@role_required(*MANAGERS)
def reopen_branch(request: StaffRequest, branch: UUID) -> HttpResponse:
    row = get_object_or_404(request.business.branches, public_id=branch)
    if request.method == "POST":
        branches.reopen(branch=row)
        messages.success(request, _("%(branch)s is open again.") % {"branch": row})
        return redirect("branches")
    return confirm_page(
        request,
        "branches",
        title=_("Open %(branch)s again?") % {"branch": row},
        text=_("Your staff can sell there at once, and its QR poster works again."),
        action=_("Open it again"),
        harmless=True,
    )


@role_required(*MANAGERS)
def staff_list(request: StaffRequest) -> HttpResponse:
    managed = staffing.MANAGED_BY[Role(request.staff.role)]
    sought = paging.sought(request)
    ids = staffing.listed(business=request.business, sought=sought)
    page = paging.page(ids, request.GET.get("page"), q=sought)
    by_id = Staff.objects.select_related("user", "branch").in_bulk(page["rows"])
    page["rows"] = [by_id[pk] for pk in page["rows"]]
    invitations = request.business.invitations.open(timezone.now()).order_by("id")
    return settings_page(
        request,
        "businesses/staff.html",
        "staff",
        **page,
        sought=sought,
        many=bool(sought or page["next_url"] or page["previous_url"]),
        invited=paging.page(invitations, request.GET.get("invited"), name="invited"),
        managed=managed,
        several_branches=request.business.branches.count() > 1,
    )


@role_required(*MANAGERS)
def invite(request: StaffRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, by=request.staff)
    if request.method == "POST" and form.is_valid() and _invite(request, form):
        return redirect("staff")
    return settings_page(request, "businesses/invite.html", "staff", form=form)


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
    return confirm_page(
        request,
        "staff",
        title=_("Withdraw the invitation?"),
        text=_("The link that was sent to %(email)s will open nothing.") % {"email": row.email},
        action=_("Withdraw"),
    )


@role_required(*MANAGERS)
def edit_staff(request: StaffRequest, staff: UUID) -> HttpResponse:
    row = _working_staff(request, staff)
    form = StaffForm(request.POST or None, by=request.staff, staff=row)
    if form.looking:
        return settings_page(request, "businesses/staff_member.html", "staff", form=form, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            answers = {"branch": row.branch} | form.cleaned_data
            staffing.change(by=request.staff, staff=row, seen=form.seen(), **answers)
        except meanwhile.Changed as changed:
            form.tell(changed, form.answers())
        except staffing.LastOwner:
            form.add_error("role", _last_owner())
        except staffing.NotAllowed as gone:  # somebody else changed one of the two meanwhile
            raise Http404 from gone
        else:
            messages.success(request, _("Saved."))
            # Who gave up the settings would find nothing there.
            return redirect("staff" if row != request.staff else settings.LOGIN_REDIRECT_URL)
    return settings_page(request, "businesses/staff_member.html", "staff", form=form, row=row)


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
            messages.success(request, _("%(name)s no longer works here.") % {"name": row.user.full_name})
            return redirect("staff" if row != request.staff else settings.LOGIN_REDIRECT_URL)
    return confirm_page(
        request,
        "staff",
        title=_("End the work of %(name)s?") % {"name": row.user.full_name},
        text=_("They are out at their next press. What they did stays on record, and you can invite them again."),
        action=_("End"),
        error=error,
    )


@role_required(Role.OWNER)
def key_list(request: StaffRequest) -> HttpResponse:
    rows = request.business.api_keys.order_by("-revoked_at", "-id")
    return settings_page(request, "businesses/keys.html", "keys", **paging.page(rows, request.GET.get("page")))


@role_required(Role.OWNER)
def new_key(request: StaffRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, text = api_keys.create(business=request.business, **form.cleaned_data)
        # Not behind a redirect: then the text would have to be kept somewhere in the meantime.
        return settings_page(request, "businesses/key_made.html", "keys", key=key, text=text)
    return settings_page(request, "businesses/key.html", "keys", form=form)


@role_required(Role.OWNER)
def revoke_key(request: StaffRequest, key: UUID) -> HttpResponse:
    row = get_object_or_404(request.business.api_keys, public_id=key)
    if request.method == "POST":
        api_keys.revoke(key=row, at=timezone.now())
        messages.success(request, _("%(key)s is revoked.") % {"key": row.name})
        return redirect("keys")
    return confirm_page(
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
    return settings_page(request, "businesses/pin.html", "pin", form=form, has_one=has_one)


def _managed(request: StaffRequest, rows: Any) -> Any:
    """Those whose role one may manage; the others do not exist."""
    return rows.filter(role__in=staffing.MANAGED_BY[Role(request.staff.role)])


def _working_staff(request: StaffRequest, staff: UUID) -> Staff:
    rows = _managed(request, request.business.staff.filter(ended_at=None)).select_related("user", "branch")
    member: Staff = get_object_or_404(rows, public_id=staff)
    return member


def _last_owner() -> str:
    return _("A business needs an owner. Make somebody else one first.")


def confirm_page(request: StaffRequest, tab: str, **context: Any) -> HttpResponse:
    return settings_page(request, "businesses/confirm.html", tab, back=tab, **context)


def settings_page(request: StaffRequest, template: str, tab: str, **context: Any) -> HttpResponse:
    """The page; 422 when it shows somebody's mistake."""
    form = context.get("form")
    mistaken = (form is not None and form.errors) or context.get("error") or context.get("mistaken")
    waiting = request.business.status == BusinessStatus.WAITING
    context |= {"active": "settings", "tab": tab, "waiting": waiting, "owner": request.staff.role == Role.OWNER}
    return render(request, template, context, status=422 if mistaken else 200)
