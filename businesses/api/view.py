"""A lean view for the API: no negotiation, no serializers, orjson both ways, three statements a purchase.

It stays an `APIView`, so that drf-spectacular documents it like any other.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from businesses.api import access
from businesses.api.access import Access
from businesses.api.problems import Problem, unavailable
from businesses.api.schema import BearerKey
from businesses.api.throttle import Throttle

MOST_BYTES = 1_000_000
log = logging.getLogger(__name__)
throttle = Throttle(settings.API_REQUESTS_PER_MINUTE)


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


class BusinessView(APIView):
    """Subclasses name the scope of each method and write `handle_get(call, …)`, `handle_post(call, …)`.

    `idempotent` methods move points and require an `Idempotency-Key`.
    """

    authentication_classes = [BearerKey]  # for the document: `access` does it
    scopes: ClassVar[dict[str, str]] = {}
    idempotent: ClassVar[frozenset[str]] = frozenset()

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
        method = (request.method or "").lower()
        if method not in self.scopes:
            allowed = ", ".join(sorted(name.upper() for name in self.scopes))
            raise Problem(405, "method_not_allowed", f"Allowed here: {allowed}.", headers={"Allow": allowed})
        call = ApiCall(request, access.of_request(request))
        if wait := throttle.seconds_to_wait(f"key:{call.access.key_id}"):
            raise Problem(429, "throttled", f"Try again in {wait} s.", headers={"Retry-After": str(wait)})
        call.access.require(self.scopes[method])
        if method in self.idempotent:
            call.key = idempotency_key(request)
        if method in ("post", "patch", "put"):
            call.body = self.read_body(request)
        handler: Handler = getattr(self, f"handle_{method}")
        answer = handler(call, **kwargs)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        response = HttpResponse(body, status=answer.status, content_type=answer.kind)
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    def read_body(self, request: HttpRequest) -> dict[str, Any]:
        return json_object(request)


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
