"""Finding a customer of a programme by what names them: phone, QR card, id or the shop's own id.

One statement. Programmes are strangers: a person whom only another programme knows has no wallet here, and
nothing about them may show.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connection

By = Literal["phone", "card", "customer", "external_id"]


@dataclass(frozen=True)
class Who:
    """How the caller names a customer. `value` is E.164 for a phone."""

    by: By
    value: str


@dataclass(frozen=True)
class Facts:
    """What the rules need to know of a customer. Without a wallet they are new to the programme."""

    customer_id: int
    wallet_id: int | None
    public_id: UUID | None
    balance: int
    tier_id: int | None
    name: str
    agreed_to_sms: bool


@dataclass(frozen=True)
class Member(Facts):
    """The facts of somebody who has a wallet in the programme."""

    wallet_id: int
    public_id: UUID


class UnknownCustomer(Exception):
    """Nobody in this programme goes by that name."""


NAMED_BY: dict[By, str] = {
    "phone": "c.phone = %(value)s::text",
    "card": (
        "c.id = (SELECT customer_id FROM customers_card"
        " WHERE token = %(value)s::text AND program_id = %(program)s::bigint AND revoked_at IS NULL)"
    ),
    "customer": (
        "c.id = (SELECT customer_id FROM loyalty_wallet"
        " WHERE public_id = %(value)s::uuid AND program_id = %(program)s::bigint)"
    ),
    "external_id": (
        "c.id = (SELECT customer_id FROM customers_externalid"
        " WHERE business_id = %(business)s::bigint AND external_id = %(value)s::text)"
    ),
}
FACTS = """
SELECT c.id, w.id, w.public_id, coalesce(w.balance, 0), w.tier_id, coalesce(p.name, ''),
       coalesce((SELECT granted FROM customers_consent k
                  WHERE k.customer_id = c.id AND k.business_id = %(business)s::bigint AND k.channel = 'sms'
                  ORDER BY k.id DESC LIMIT 1), false)
  FROM customers_customer c
  LEFT JOIN loyalty_wallet w ON w.customer_id = c.id AND w.program_id = %(program)s::bigint
  LEFT JOIN customers_profile p ON p.customer_id = c.id AND p.program_id = %(program)s::bigint
 WHERE """


def facts(*, program_id: int, business_id: int, who: Who) -> Facts | None:
    """None when nobody on the installation goes by that name."""
    if who.by == "customer" and not _is_uuid(who.value):
        return None
    with connection.cursor() as cursor:
        cursor.execute(FACTS + NAMED_BY[who.by], {"program": program_id, "business": business_id, "value": who.value})
        row = cursor.fetchone()
    return Facts(*row) if row else None


def member(*, program_id: int, business_id: int, who: Who) -> Member:
    """Raises `UnknownCustomer` for whoever has no wallet in the programme."""
    found = facts(program_id=program_id, business_id=business_id, who=who)
    if found is None or found.wallet_id is None:
        raise UnknownCustomer
    return Member(**vars(found))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
