"""Errors of the API as RFC 9457 problems."""

from typing import Any

import orjson
from django.http import HttpResponse

TITLES = {
    400: "Unreadable request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Refused by a rule",
    413: "Too large",
    422: "Invalid fields",
    429: "Too many requests",
    500: "Our mistake",
    503: "Not available at the moment",
}


class Problem(Exception):
    """Ends a request with `{type title status detail code}`, `errors` per field, and whatever facts belong to it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.headers = headers or {}
        self.body = {
            "type": f"urn:regulars:problem:{code}",
            "title": TITLES[status],
            "status": status,
            "detail": detail,
            "code": code,
            **({"errors": errors} if errors else {}),
            **facts,
        }

    def response(self) -> HttpResponse:
        return HttpResponse(
            orjson.dumps(self.body), status=self.status, content_type="application/problem+json", headers=self.headers
        )


def not_found(what: str = "Nothing here goes by that id.") -> Problem:
    return Problem(404, "not_found", what)


def unavailable() -> Problem:
    """The database went away, perhaps after it had done what was asked: only the same key tells."""
    detail = "The database does not answer. Send the same request again, with the same key; it is never counted twice."
    return Problem(503, "unavailable", detail, headers={"Retry-After": "1"})
