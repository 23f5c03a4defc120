"""Who calls the API: a business's key, found by its prefix in one statement."""

import hmac
from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest

from businesses.api.problems import Problem
from businesses.api_keys import PREFIX_LENGTH, digest
from businesses.models import BusinessStatus

# The rules' version comes along, so that cached rules are known to be current without asking again.
KEY = """
SELECT k.id, k.digest, k.scopes, k.business_id, b.status, p.rules_version, k.last_used_on IS DISTINCT FROM current_date
  FROM businesses_apikey k
  JOIN businesses_business b ON b.id = k.business_id
  JOIN businesses_program p ON p.id = b.program_id
 WHERE k.prefix = %s::text AND k.revoked_at IS NULL"""
USED_TODAY = "UPDATE businesses_apikey SET last_used_on = current_date WHERE id = %s::bigint"


@dataclass(frozen=True)
class Access:
    """A live key of an active business."""

    key_id: int
    business_id: int
    scopes: frozenset[str]
    rules_version: int

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Problem(403, "scope", f"This key lacks the scope “{scope}”.")


def of_request(request: HttpRequest) -> Access:
    """Raises `Problem` 401 for anything but a live key, with one answer for all the ways to lack one."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.isascii():
        raise _no_key()
    with connection.cursor() as cursor:
        cursor.execute(KEY, [text[:PREFIX_LENGTH].replace("\0", "")])
        row = cursor.fetchone()
        if row is None or not hmac.compare_digest(bytes(row[1]), digest(text)):
            raise _no_key()
        key_id, _digest, scopes, business_id, status, version, first_today = row
        if status != BusinessStatus.ACTIVE:
            raise Problem(403, "business_inactive", "This business waits for its programme's operator, or is closed.")
        if first_today:
            cursor.execute(USED_TODAY, [key_id])
    return Access(key_id, business_id, frozenset(scopes), version)


def _no_key() -> Problem:
    return Problem(
        401,
        "unauthenticated",
        "Send a live API key as “Authorization: Bearer <key>”.",
        headers={"WWW-Authenticate": "Bearer"},
    )
