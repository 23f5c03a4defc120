"""API keys: made, shown once, kept as an HMAC, found by their prefix."""

import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings

from businesses.models import ApiKey, Business

MARK = "rk_"
PREFIX_LENGTH = len(MARK) + 10


def create(*, business: Business, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can read again: `rk_<10 public characters><32 secret ones>`."""
    unknown = set(scopes) - set(ApiKey.SCOPES)
    if unknown or not scopes:
        raise ValueError(f"scopes are some of {ApiKey.SCOPES}, not {scopes}")
    text = MARK + "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(42))
    key = ApiKey.objects.create(
        business=business, name=name, scopes=scopes, prefix=text[:PREFIX_LENGTH], digest=digest(text)
    )
    return key, text


def revoke(*, key: ApiKey, at: datetime) -> None:
    """From the next request on it opens nothing. A second time changes nothing."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)


def digest(text: str) -> bytes:
    return hmac.digest(settings.KEY_PEPPER.encode(), text.encode(), hashlib.sha256)
