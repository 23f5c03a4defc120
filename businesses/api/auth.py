"""`auth/…` and `POST businesses`: somebody signs in to a program of theirs, and registers a business by it."""

from typing import Any, ClassVar, cast

from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from businesses import access, onboarding, tokens
from businesses.api import auth_schema as schema
from businesses.api import view
from businesses.api.access import bearer, sign_in_of
from businesses.api.business import business_body, rate
from businesses.api.fields import Fields, text
from businesses.api.problems import Problem
from businesses.api.schema import BearerToken
from businesses.api.throttle import Throttle
from businesses.api.view import Answer, LeanView, json_object, known_method, rendered, slow_down
from businesses.forms import StartForm
from businesses.models import Business, Staff, User
from businesses.tokens import NotSignedIn, Pair, TooManyAttempts

LONGEST_TOKEN = 4096
LONGEST_PASSWORD = 128
NOT_YET = ("email_unverified", "mfa_setup_required")  # known and right, but something has to be done first
# By address; allauth's own limits on passwords, codes and letters are counted in the database besides.
door_throttle = Throttle(settings.API_SIGN_INS_PER_MINUTE)


class AuthView(LeanView):
    """A call without a key. Subclasses write `answer(request, body)`."""

    authentication_classes = []
    methods: ClassVar[frozenset[str]] = frozenset({"post"})

    def _answer(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        method = known_method(request, self.methods)
        try:
            self.admit(request)
            response = rendered(self.answer(request, json_object(request) if method == "post" else {}))
        except TooManyAttempts as refusal:
            raise Problem(429, refusal.code, str(refusal), headers={"Retry-After": "60"}) from None
        except NotSignedIn as refusal:
            raise Problem(403 if refusal.code in NOT_YET else 401, refusal.code, str(refusal)) from None
        response["Cache-Control"] = "no-store"
        return response

    def admit(self, request: HttpRequest) -> None:
        slow_down(door_throttle.seconds_to_wait(f"from:{get_ip(request)}"))

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        raise NotImplementedError


class TokenView(AuthView):
    @extend_schema(**schema.SIGN_IN)
    def post(self) -> None: ...

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        fields = Fields(body)
        email = fields.read("email", text(254), required=True) or ""
        password = fields.read("password", secret, required=True) or ""
        code = fields.read("code", text(32)) or ""
        fields.done()
        return _pair(tokens.sign_in(request=request, email=email, password=password, code=code))


class RefreshView(AuthView):
    @extend_schema(**schema.REFRESH)
    def post(self) -> None: ...

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        return _pair(tokens.refresh(token=_refresh_token(body)))


class LogoutView(AuthView):
    @extend_schema(**schema.SIGN_OUT)
    def post(self) -> None: ...

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        tokens.sign_out(token=_refresh_token(body))
        return Answer(None, 204)


class RegisterView(AuthView):
    @extend_schema(**schema.REGISTER)
    def post(self) -> None: ...

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        fields = Fields(body)
        email = fields.read("email", text(254), required=True) or ""
        password = fields.read("password", secret, required=True) or ""
        fields.done()
        fields.errors = tokens.register(request=request, email=email, password=password)
        fields.done()
        return Answer({"detail": "A letter is on its way. Open its link, then sign in by auth/token."}, 202)


class StaffView(AuthView):
    """A call by an access token, whether or not its person works anywhere yet."""

    authentication_classes = [BearerToken]

    def admit(self, request: HttpRequest) -> None:
        sign_in_of(request, bearer(request))
        slow_down(view.staff_throttle.seconds_to_wait(f"user:{_user(request).pk}"))


class MeView(StaffView):
    methods = frozenset({"get"})

    @extend_schema(**schema.ME)
    def get(self) -> None: ...

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        user = _user(request)
        return Answer(
            {
                "email": user.email,
                "name": user.get_full_name(),
                "second_factor": is_mfa_enabled(user),
                "businesses": [staff_body(each) for each in access.memberships(request)],
            }
        )


class BusinessesView(StaffView):
    @extend_schema(**schema.REGISTER_BUSINESS)
    def post(self) -> None: ...

    def answer(self, request: HttpRequest, body: dict[str, Any]) -> Answer:
        """The five answers of the page, looked at by its own form."""
        fields = Fields(body)
        words = {name: fields.read(name, text(120)) for name in ("name", "country", "category", "join_code")}
        earn_rate = fields.read("earn_rate", rate)
        form = StartForm({**words, "earn_rate": "1" if earn_rate is None else str(earn_rate)})
        for name, errors in form.errors.items():
            fields.errors.setdefault(name, list(map(str, errors)))
        fields.done()
        try:
            staff = onboarding.register(user=_user(request), **form.cleaned_data)
        except onboarding.AlreadyRegistered as known:
            return Answer(_registered(known.staff))
        except onboarding.UnknownJoinCode:
            fields.error("join_code", "No programme has this code.")
        except onboarding.OtherCurrency as other:
            fields.error("join_code", f"This programme counts in {other.currency}, not in the country's currency.")
        else:
            return Answer(_registered(staff), 201)
        fields.done()
        raise AssertionError("unreachable")


def staff_body(staff: Staff) -> dict[str, Any]:
    business = staff.business
    return {"slug": business.slug, "name": business.name, "status": business.status, "role": staff.role}


def secret(value: Any) -> str:
    """A password as it is: its blanks count."""
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_PASSWORD or "\0" in value:
        raise ValueError(f"Has to be text of 1–{LONGEST_PASSWORD} characters.")
    return value


def _registered(staff: Staff) -> dict[str, Any]:
    business = Business.objects.select_related("program").get(pk=staff.business_id)
    return business_body(business) | {"status": business.status}


def _refresh_token(body: dict[str, Any]) -> str:
    fields = Fields(body)
    token = fields.read("refresh_token", text(LONGEST_TOKEN), required=True) or ""
    fields.done()
    return token


def _pair(pair: Pair) -> Answer:
    access_token, refresh_token = pair
    return Answer({"access_token": access_token, "refresh_token": refresh_token, **schema.lifetimes()})


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # `admit` lets nobody else in
