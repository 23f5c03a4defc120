"""What allauth asks the product: where to go after signing in, and how its secrets rest in the database."""

import logging
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from businesses import encryption, sessions
from businesses.access import FIRST_SIGN_IN, memberships
from businesses.models import Invitation, User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def login(self, request: HttpRequest, user: User) -> None:
        first = user.last_login is None
        super().login(request, user)
        request.session[FIRST_SIGN_IN] = first

    def get_client_ip(self, request: HttpRequest) -> str:
        """Who comes from no address is counted with all who do, so that hiding gains nothing."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return "0.0.0.0"  # noqa: S104

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Who signed in a moment ago need not type the same password again."""
        began = self.request.session.get(sessions.BEGAN, 0)
        just_now = time.time() - began < app_settings.REAUTHENTICATION_TIMEOUT
        return not just_now and super().is_reauthentication_required(app=app)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To work: the operator's is the panel; who has none yet, to their invitation or to opening a business."""
        if memberships(request):
            return settings.LOGIN_REDIRECT_URL
        if request.user.is_superuser:
            return reverse("admin:index")
        email = request.user.email if request.user.is_authenticated else ""
        invitation = Invitation.objects.open(timezone.now()).filter(email=email).last()
        return reverse("invitation", args=[invitation.public_id]) if invitation else reverse("start")

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """A letter about a change that is made already: while the mail server is away, it must not seem to fail."""
        reset_url = settings.PUBLIC_BASE_URL + reverse("account_reset_password")
        try:
            super().send_notification_mail(template_prefix, user, {"reset_url": reset_url, **(context or {})}, email)
        except OSError:
            logger.exception("The letter %s was not sent.", template_prefix)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)


class MfaAdapter(DefaultMFAAdapter):
    """The seeds of authenticator apps and of recovery codes rest encrypted."""

    def encrypt(self, text: str) -> str:
        return encryption.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.unseal(encrypted_text)
