"""Staff tokens: somebody who works at a business signs in to a program of theirs, without a browser.

allauth looks at the password and the second factor, with the forms, limits and letters of its pages, and makes and
checks the tokens. Each belongs to a session like a browser's, so that whatever ends sessions (signing out on the page
of devices, a new password, a disabled person) ends the tokens with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

from allauth.account.internal import flows
from allauth.account.internal.stagekit import get_pending_stage
from allauth.core import context, ratelimit
from allauth.headless import app_settings
from allauth.headless.constants import Client
from allauth.headless.internal import sessionkit
from allauth.headless.tokens.strategies.jwt import internal
from allauth.mfa.stages import AuthenticateStage
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest
from django.utils import timezone

from businesses import access, limits
from businesses.account_forms import AuthenticateCodeForm, LoginForm, SignupForm
from businesses.models import User

Pair = tuple[str, str]  # an access token and the refresh token that goes with it


class NotSignedIn(Exception):
    """The message says why, for the program; `code` for its branches."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TooManyAttempts(NotSignedIn):
    """allauth's limits, counted in the database: by address, and by who is tried."""


def sign_in(*, request: HttpRequest, email: str, password: str, code: str = "") -> Pair:
    """Raises `NotSignedIn`. An unknown address and a wrong password are the same answer after the same work."""
    with _without_a_browser(request):
        if not ratelimit.consume(request, action="login"):
            raise _too_many()
        form = LoginForm({"login": email, "password": password}, request=request)
        if not form.is_valid():
            raise _too_many() if _says(form, "too_many_login_attempts") else _wrong()
        form.login(request)
        _show_second_factor(request, code)
        if not request.user.is_authenticated:
            raise NotSignedIn(
                "email_unverified", "This address was never confirmed, or is disabled. A link went to it: open that."
            )
        if access.owes_mfa(request):
            _end(request.session.session_key)
            raise owes_second_factor()
        request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        tokens = app_settings.TOKEN_STRATEGY.create_access_token_payload(request)
        request.session.save()
    return tokens["access_token"], tokens["refresh_token"]


def refresh(*, token: str) -> Pair:
    """A new pair for a refresh token, which counts once. Raises `NotSignedIn`.

    Who shows one a second time may have stolen it, or was stolen from: the session ends for both.
    """
    key = _session_key(token)
    with transaction.atomic():
        # Else two that come side by side would both be the first.
        limits.one_after_another(f"tokens:{key}")
        try:
            pair: Pair | None = app_settings.TOKEN_STRATEGY.refresh_token(token)
        except UpdateError:  # signed out in between
            pair = None
        if pair is None and key:
            _end(key)
    if pair is None:
        raise NotSignedIn("unauthenticated", "This refresh token is over, or was used before. Sign in again.")
    return pair


def sign_out(*, token: str) -> None:
    """Ends the session of a refresh token. One that is over changes nothing."""
    if key := _session_key(token):
        _end(key)


def signed_in(token: str) -> tuple[User, SessionBase] | None:
    """Whose access token this is, today: the session is looked up, so that none outlives it."""
    payload = internal.decode_token(token, "access")
    session = internal.get_token_session(payload) if payload else None
    user = internal.validate_token_user(payload, session) if payload and session else None
    return (user, session) if user and session else None


def register(*, request: HttpRequest, email: str, password: str) -> dict[str, list[str]]:
    """Sends the letter that a new account begins with, and returns what is wrong with the fields instead.

    An address that has an account gets another letter, and whoever asks sees no difference. Raises `TooManyAttempts`.
    """
    with _without_a_browser(request):
        if not ratelimit.consume(request, action="signup"):
            raise _too_many()
        form = SignupForm({"email": email, "password1": password})
        if not form.is_valid():
            names = {"password1": "password", "__all__": "email"}
            return {names.get(name, name): list(map(str, errors)) for name, errors in form.errors.items()}
        user, _response = form.try_save(request)
        if user:
            flows.signup.complete_signup(request, user=user)
    return {}


def owes_second_factor() -> NotSignedIn:
    detail = "Whoever manages a business needs a second factor. Sign in on the pages once and set it up."
    return NotSignedIn("mfa_setup_required", detail)


@contextmanager
def _without_a_browser(request: HttpRequest) -> Iterator[None]:
    """What allauth expects around a request, with a session that no cookie opens."""
    request.session, request.user = sessionkit.new_session(), AnonymousUser()
    # Marked so, allauth leaves no notes for a next page; the tokens are made by us, once all is known.
    request.allauth = SimpleNamespace(headless=SimpleNamespace(client=Client.BROWSER))  # type: ignore[attr-defined]
    with context.request_context(request):
        yield


def _show_second_factor(request: HttpRequest, code: str) -> None:
    """Where allauth waits for it."""
    stage = get_pending_stage(request)
    if stage is None or stage.key != AuthenticateStage.key:
        return
    if not code:
        raise NotSignedIn("mfa_required", "Send the code of the authenticator app, or a recovery code, as `code` too.")
    form = AuthenticateCodeForm({"code": code}, user=stage.login.user)
    if not form.is_valid():
        if _says(form, "too_many_login_attempts", "code"):
            raise _too_many()
        raise NotSignedIn("mfa_wrong", "This code is not right, or was used before. Send the next one.")
    form.save()
    stage.exit()


def _session_key(refresh_token: str) -> str | None:
    payload = internal.decode_token(refresh_token, "refresh")
    return internal.session_key_from_sid(payload["sid"]) if payload else None


def _end(session_key: str | None) -> None:
    if session_key:
        sessionkit.session_store().delete(session_key)
        UserSession.objects.filter(session_key=session_key).delete()


def _says(form: Form, code: str, field: str | None = None) -> bool:
    """Whether allauth refused the form for this."""
    return form.has_error(field or "__all__", code)


def _wrong() -> NotSignedIn:
    return NotSignedIn("wrong_credentials", "The e-mail address or the password is not right.")


def _too_many() -> TooManyAttempts:
    return TooManyAttempts("throttled", "Too many attempts. Try again later.")
