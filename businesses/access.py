"""Which business a request acts for, and who may act.

`@staff_required` and `@role_required` give a view `request.staff`, `request.business` and `request.branch`. A
stranger's page and a page above one's role are the same 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from businesses.models import Branch, Business, Role, Staff, User

MANAGERS = (Role.OWNER, Role.MANAGER)
CHOSEN_STAFF = "staff_id"
CHOSEN_BRANCH = "branch_id"
FIRST_SIGN_IN = "first_sign_in"

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    user: User


class StaffRequest(SignedInRequest):
    """A request that acts for a business: what the views behind `staff_required` receive."""

    staff: Staff
    business: Business
    branch: Branch
    htmx: HtmxDetails


StaffView = Callable[Concatenate[StaffRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff_required(view: StaffView[P]) -> View[P]:
    """For everybody who works at the business."""
    return role_required(*Role)(view)


def role_required(*roles: Role) -> Callable[[StaffView[P]], View[P]]:
    """For these roles only; to the others the page does not exist."""

    def decorate(view: StaffView[P]) -> View[P]:
        @wraps(view)
        def checked(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            response = _send_away(request)
            if response is None:
                _let_in(request, roles)
                response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        checked.roles = roles  # type: ignore[attr-defined]
        return checked

    return decorate


def memberships(request: HttpRequest) -> list[Staff]:
    """Where the user works today, the longest first; asked for once per request."""
    if not hasattr(request, "_memberships"):
        rows = Staff.objects.none()
        if request.user.is_authenticated:
            rows = Staff.objects.working().filter(user=request.user)
        request._memberships = list(  # type: ignore[attr-defined]
            rows.select_related("business__program").order_by("id")
        )
    return request._memberships  # type: ignore[attr-defined, no-any-return]


def current(request: HttpRequest) -> Staff | None:
    """The membership that was chosen, or the first, which is chosen by that.

    When the chosen one has ended there is none for this request: a form that was filled in for one business must
    not be posted to another.
    """
    rows = memberships(request)
    chosen = request.session.get(CHOSEN_STAFF)
    if chosen is None and rows:
        choose(request, rows[0])
        return rows[0]
    return next((row for row in rows if row.pk == chosen), None)


def choose(request: HttpRequest, staff: Staff) -> None:
    """From now on the session acts for this membership."""
    request.session[CHOSEN_STAFF] = staff.pk
    request.session.pop(CHOSEN_BRANCH, None)


def choose_branch(request: HttpRequest, branch: Branch) -> None:
    request.session[CHOSEN_BRANCH] = branch.pk


def owes_mfa(request: HttpRequest) -> bool:
    """Whether a second factor must be set up first: by superadmins always, by managers from the second sign-in on."""
    if settings.DEMO or not request.user.is_authenticated:
        return False
    manages = any(row.role in MANAGERS for row in memberships(request))
    duty = request.user.is_staff or (manages and not request.session.get(FIRST_SIGN_IN))
    return duty and not is_mfa_enabled(request.user)


def to_mfa(request: HttpRequest) -> HttpResponse:
    text = _("You look after other people’s points. Set up an authenticator app to go on; it takes a minute.")
    if not getattr(request, "htmx", None):
        messages.info(request, text)
    return _go(request, reverse("mfa_activate_totp"))


def require_second_factor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: whatever they can open waits for the second factor; not all of it is ours to decorate."""

    def middleware(request: HttpRequest) -> HttpResponse:
        guarded = ("/admin/", "/developer/", "/styleguide/")
        if request.path.startswith(guarded) and owes_mfa(request):
            return to_mfa(request)
        return get_response(request)

    return middleware


def portal_context(request: HttpRequest) -> dict[str, Any]:
    """What portal.html shows of the business: on the portal's own pages, and on those of one's account."""
    staff: Staff | None = getattr(request, "staff", None)
    if staff is None and request.path.startswith("/accounts/") and hasattr(request, "session"):
        staff = current(request)
    if staff is None:
        return {}
    return {
        "staff": staff,
        "business": staff.business,
        "branch": getattr(request, "branch", None) or _branch(request, staff),
        "businesses": memberships(request),
        "manages": staff.role in MANAGERS,
    }


def _send_away(request: HttpRequest) -> HttpResponse | None:
    """Where to, for who may not act now; None for who may."""
    if not request.user.is_authenticated:
        return _go(request, redirect_to_login(_page(request)).url)
    if owes_mfa(request):
        return to_mfa(request)
    if current(request) is None:
        return _without_staff(request)
    return None


def _without_staff(request: HttpRequest) -> HttpResponse:
    request.session.pop(CHOSEN_STAFF, None)  # the next page starts from what is left
    if request.method != "GET":
        raise Http404
    if memberships(request):
        return _go(request, settings.LOGIN_REDIRECT_URL)
    return _go(request, reverse("admin:index" if request.user.is_superuser else "start"))


def _let_in(request: Any, roles: tuple[Role, ...]) -> None:
    staff = current(request)
    if staff is None or staff.role not in roles:
        raise Http404
    request.staff, request.business = staff, staff.business
    request.branch = _branch(request, staff)


def _branch(request: HttpRequest, staff: Staff) -> Branch:
    """The one chosen, or the usual one, or the first of those that are open."""
    wanted = request.session.get(CHOSEN_BRANCH) or staff.branch_id
    rank = Case(When(pk=wanted, then=0), default=1)
    return staff.business.branches.filter(closed_at=None).order_by(rank, "id")[0]


def _page(request: HttpRequest) -> str:
    """The page to come back to after signing in; a form that was posted is not repeated."""
    htmx = getattr(request, "htmx", None)
    if htmx:
        return htmx.current_url_abs_path or settings.LOGIN_REDIRECT_URL
    return request.get_full_path() if request.method == "GET" else settings.LOGIN_REDIRECT_URL


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect of the whole page, also when htmx asked for a part of it."""
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", None) else redirect(url)
