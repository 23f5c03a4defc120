"""Who calls the API: a business's key, found by its prefix in one statement, or somebody who works there."""

import hmac
from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest

from businesses import access, tokens
from businesses.api.problems import Problem
from businesses.api_keys import PREFIX_LENGTH, digest
from businesses.models import BusinessStatus, Role, Staff

# The rules' version comes along, so that cached rules are known to be current without asking again, and with it what
# every answer is written in.
KEY = """
SELECT k.id, k.digest, k.scopes, b.status, k.last_used_on IS DISTINCT FROM current_date,
       k.business_id, p.rules_version, p.id, p.currency, b.time_zone
  FROM businesses_apikey k
  JOIN businesses_business b ON b.id = k.business_id
  JOIN businesses_program p ON p.id = b.program_id
 WHERE k.prefix = %s::text AND k.revoked_at IS NULL"""
BUSINESS = "Regulars-Business"  # the header that chooses among those for which one works
SCOPES = {
    Role.OWNER: frozenset({"read", "earn", "redeem", "promote", "admin"}),
    Role.MANAGER: frozenset({"read", "earn", "redeem", "promote"}),
    Role.CASHIER: frozenset({"read", "earn", "redeem"}),
}
USED_TODAY = "UPDATE businesses_apikey SET last_used_on = current_date WHERE id = %s::bigint"


@dataclass(frozen=True)
class Access:
    """A live key of an active business, or somebody who works there; one of the two."""

    key_id: int | None
    scopes: frozenset[str]
    business_id: int
    rules_version: int
    program_id: int
    currency: str
    time_zone: str
    staff: Staff | None = None

    @property
    def name(self) -> str:
        """What its calls are counted by; a person is one, whatever they are signed in to."""
        return f"user:{self.staff.user_id}" if self.staff else f"key:{self.key_id}"

    @property
    def is_cashier(self) -> bool:
        return self.staff is not None and self.staff.role == Role.CASHIER

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            who = "Your role" if self.staff else "This key"
            raise Problem(403, "scope", f"{who} lacks the scope “{scope}”.")


def of_request(request: HttpRequest) -> Access:
    """Raises `Problem` 401 for anything but a live key or token, with one answer for all the ways to lack one."""
    text = bearer(request)
    if "." in text:  # in every token, in no key
        return _of_staff(request, text)
    with connection.cursor() as cursor:
        cursor.execute(KEY, [text[:PREFIX_LENGTH].replace("\0", "")])
        row = cursor.fetchone()
        if row is None or not hmac.compare_digest(bytes(row[1]), digest(text)):
            raise no_access()
        key_id, _digest, scopes, status, first_today, *where = row
        if status != BusinessStatus.ACTIVE:
            raise _inactive()
        if first_today:
            cursor.execute(USED_TODAY, [key_id])
    return Access(key_id, frozenset(scopes), *where)


def bearer(request: HttpRequest) -> str:
    """What the call is authorised by, as it was sent."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.isascii():
        raise no_access()
    return text


def sign_in_of(request: HttpRequest, token: str) -> None:
    """Makes the request that of whose token it is, as a browser's session would."""
    found = tokens.signed_in(token)
    if found is None:
        raise no_access()
    request.user, request.session = found
    # Each time: a cashier may have become a manager since.
    if access.owes_mfa(request):
        owes = tokens.owes_second_factor()
        raise Problem(403, owes.code, str(owes))


def _of_staff(request: HttpRequest, token: str) -> Access:
    sign_in_of(request, token)
    staff = _chosen(access.memberships(request), request.headers.get(BUSINESS))
    if staff.business.status != BusinessStatus.ACTIVE:
        raise _inactive()
    business, program = staff.business, staff.business.program
    where = (business.pk, program.rules_version, program.pk, program.currency, business.time_zone)
    return Access(None, SCOPES[Role(staff.role)], *where, staff)


def _chosen(mine: list[Staff], slug: str | None) -> Staff:
    """The one at the business that is named; where there is one alone, it need not be."""
    if slug is None and len(mine) > 1:
        errors = {BUSINESS: [f"One of {', '.join(sorted(each.business.slug for each in mine))}."]}
        raise Problem(422, "business_required", f"You work at several: name one by {BUSINESS}.", errors=errors)
    found = next((each for each in mine if slug in (None, each.business.slug)), None)
    if found is None:
        raise Problem(403, "not_staff", "You do not work there." if slug else "You do not work at any business.")
    return found


def _inactive() -> Problem:
    return Problem(403, "business_inactive", "This business waits for its programme's operator, or is closed.")


def no_access() -> Problem:
    return Problem(
        401,
        "unauthenticated",
        "Send a live API key, or an access token, as “Authorization: Bearer …”.",
        headers={"WWW-Authenticate": "Bearer"},
    )
