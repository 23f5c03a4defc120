"""How long a sign-in of staff lasts: until nobody touched it for a while, and never beyond a working day."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

BEGAN = "began_at"
ACTIVE = "active_at"
NOTE_EVERY_SECONDS = 30  # an exact moment would cost a write for each request


def limit_sessions(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a session that lasted too long is ended, and the request goes on as a stranger's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            now = time.time()
            if _is_over(request, now):
                logout(request)
                messages.info(request, _("You were signed out because nothing happened for a while. Sign in again."))
            else:
                _note(request, now)
        return get_response(request)

    return middleware


def _is_over(request: HttpRequest, now: float) -> bool:
    session = request.session
    in_admin = request.path.startswith(reverse("admin:index"))
    idle = settings.ADMIN_IDLE_SECONDS if in_admin else settings.STAFF_IDLE_SECONDS
    began: float = session.get(BEGAN, now)
    active: float = session.get(ACTIVE, now)
    return now - active > idle or now - began > settings.SESSION_COOKIE_AGE


def _note(request: HttpRequest, now: float) -> None:
    session = request.session
    session.setdefault(BEGAN, now)
    if now - session.get(ACTIVE, 0) > NOTE_EVERY_SECONDS:
        session[ACTIVE] = now
        if request.user.is_authenticated:
            UserSession.objects.create_from_request(request)  # what the list of devices tells
