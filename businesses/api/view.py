"""A lean view for the API: no negotiation, no serializers, orjson both ways, three statements a purchase.

It stays an `APIView`, so that drf-spectacular documents it like any other.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from businesses.api import access, cors
from businesses.api.access import Access
from businesses.api.problems import Problem, unavailable
from businesses.api.schema import BearerKey, BearerToken
from businesses.api.throttle import Throttle

MOST_BYTES = 1_000_000
log = logging.getLogger(__name__)
throttle = Throttle(settings.API_REQUESTS_PER_MINUTE)
staff_throttle = Throttle(settings.API_STAFF_REQUESTS_PER_MINUTE)


@dataclass
class Answer:
    """What a handler returns; `replayed` says that this answer was first given to an earlier request. A body of another
    `kind` than JSON is bytes."""

    body: Any
    status: int = 200
    replayed: bool = False
    kind: str = "application/json"


@dataclass
class ApiCall:
    """One authenticated request. `key` is the idempotency key where the method requires one."""

    request: HttpRequest
    access: Access
    body: dict[str, Any] = field(default_factory=dict)
    key: str = ""

    @property
    def query(self) -> Any:
        return self.request.GET


Handler = Callable[..., Answer]


class LeanView(APIView):
    """Answers with JSON or a problem, and with 503 while the database is away."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return self._answer(request, kwargs)
        except Problem as problem:
            return problem.response()
        except (OperationalError, InterfaceError) as error:
            if connection.connection is not None and connection.is_usable():
                raise
            log.warning("the database does not answer: %s", str(error).partition("\n")[0])
            return unavailable().response()

    def _answer(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        raise NotImplementedError


class BusinessView(LeanView):
    """Subclasses name the scope of each method and write `handle_get(call, …)`, `handle_post(call, …)`.

    `idempotent` methods move points and require an `Idempotency-Key`. `cashiers` names what a cashier's token may do:
    what the counter lets them do and see. All else is for owners and managers, as on the pages.
    """

    authentication_classes = [BearerKey, BearerToken]  # for the document: `access` does it
    scopes: ClassVar[dict[str, str]] = {}
    idempotent: ClassVar[frozenset[str]] = frozenset()
    cashiers: ClassVar[frozenset[str]] = frozenset()
    keyed: int | None = None  # the business of the key that called

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if cors.is_preflight(request):
            return cors.preflight(request, self.scopes)
        response = super().dispatch(request, *args, **kwargs)
        if self.scopes.get((request.method or "").lower()) == cors.READ:
            cors.open_to_page(request, response, self.keyed)
        return response

    def _answer(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        method = known_method(request, self.scopes)
        call = ApiCall(request, access.of_request(request))
        self.keyed = None if call.access.staff else call.access.business_id
        slow_down((staff_throttle if call.access.staff else throttle).seconds_to_wait(call.access.name))
        call.access.require(self.scopes[method])
        if call.access.is_cashier and method not in self.cashiers:
            raise manager_required("This is for owners and managers.")
        if method in self.idempotent:
            call.key = idempotency_key(request)
        if method in ("post", "patch", "put"):
            call.body = self.read_body(request)
        handler: Handler = getattr(self, f"handle_{method}")
        answer = handler(call, **kwargs)
        return rendered(answer)

    def read_body(self, request: HttpRequest) -> dict[str, Any]:
        return json_object(request)


def rendered(answer: Answer) -> HttpResponse:
    content = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
    response = HttpResponse(b"" if answer.status == 204 else content, status=answer.status, content_type=answer.kind)
    if answer.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def known_method(request: HttpRequest, allowed: Iterable[str]) -> str:
    method = (request.method or "").lower()
    if method not in allowed:
        names = ", ".join(sorted(name.upper() for name in allowed))
        raise Problem(405, "method_not_allowed", f"Allowed here: {names}.", headers={"Allow": names})
    return method


def slow_down(wait: int) -> None:
    """For a throttle that says how many seconds to wait."""
    if wait:
        raise Problem(429, "throttled", f"Try again in {wait} s.", headers={"Retry-After": str(wait)})


def manager_required(detail: str) -> Problem:
    return Problem(403, "manager_required", detail)


def idempotency_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Problem(
            400, "key_required", "Send an Idempotency-Key of 1–255 printable characters, a new one for each new action."
        )
    return key


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The body as an object; an empty body is an empty one."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise Problem(413, "too_large", "A body may have 1 MB.")
    raw = request.body
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise Problem(400, "unreadable", f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise Problem(400, "unreadable", "The body has to be a JSON object.")
    return body
