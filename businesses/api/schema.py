"""What drf-spectacular needs to know to document our lean views."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457, with a code to branch on."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # a field of the document, not our own errors
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class BearerKey(BaseAuthentication):
    """Names the scheme in the document; the views authenticate themselves."""


class BearerKeyScheme(OpenApiAuthenticationExtension):
    target_class = BearerKey
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A business's API key."}


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x20-\x7E]*$"},
    OpenApiParameter.HEADER,
    required=True,
    description="New for each new action; printable. The same key and body give the first answer again.",
)


class BearerToken(BaseAuthentication):
    """Names the scheme in the document, as above."""


class BearerTokenScheme(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "staffToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "Somebody's own, by auth/token. Who works at several businesses names one by Regulars-Business."
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description}


@extend_schema_field({"oneOf": [{"type": "string", "pattern": r"^\d+([.,]\d+)?$"}, {"type": "number"}]})
class Decimals(serializers.CharField):
    """Money, a rate or a quantity as a request may say it: a decimal string; a JSON number is read by its digits."""


PAGING = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
    OpenApiParameter("cursor", {"type": "string"}, description="of the page before"),
]
OPTIONAL: Any = {"required": False, "allow_null": True}  # of a request: null says as little as absence
PROBLEMS = {
    400: "The request cannot be read: `unreadable`, `key_required`.",
    401: "No live key or token: `unauthenticated`.",
    403: "`scope`, `business_inactive`; of tokens also `manager_required`, `not_staff`, `mfa_setup_required`.",
    404: "`not_found`, `unknown_customer`.",
    409: "A rule refuses it, or `in_progress`.",
    413: "The body is over 1 MB: `too_large`.",
    422: "Fields are wrong: `invalid`, `not_supported`, `key_reused`; of tokens also `business_required`.",
    429: "`throttled`, with `Retry-After`.",
    503: "The database is away: `unavailable`, with `Retry-After`. Send the same request again.",
}


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The problems a call can answer with; 401, 403, 422, 429 and 503 belong to every one."""
    return only_problems(401, 403, 422, 429, 503, *statuses)


def only_problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemSerializer, PROBLEMS[status])
        for status in sorted(set(statuses))
    }


def fields(name: str, /, **members: serializers.Field[Any, Any, Any, Any]) -> Any:
    """An inline serializer by name."""
    return inline_serializer(name, fields=members)
