"""Cookies of customers: signed, sealed (what they hold is nobody's business), out of reach of scripts."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse

from businesses.encryption import seal, unseal

SEPARATOR = "|"


def put(response: HttpResponse, name: str, parts: list[str], *, seconds: int) -> None:
    value = Signer(salt=f"cookie.{name}").sign(seal(SEPARATOR.join(parts)))
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def get(request: HttpRequest, name: str) -> list[str] | None:
    """The parts of our cookie; None when it is absent, forged, or sealed with a key that was retired."""
    try:
        sealed = Signer(salt=f"cookie.{name}").unsign(request.COOKIES[name])
        return unseal(sealed).split(SEPARATOR)
    except (KeyError, BadSignature):
        return None


def drop(response: HttpResponse, name: str) -> None:
    response.delete_cookie(name, samesite="Lax")
