"""Finding a customer of a programme by what names them: phone, QR card, id or the shop's own id.

One statement. Programmes are strangers: a person whom only another programme knows has no wallet here, and
nothing about them may show.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db import connection

from businesses.encryption import unseal
from loyalty.earning import Given

By = Literal["phone", "card", "customer", "external_id"]
Asked = Literal["category", "birthday", "given_today", "given"]


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
    read_at: datetime  # by the ledger's clock
    awaited: bool = False  # whether an effect waits for a sale of theirs, where one asks


@dataclass(frozen=True)
class Member(Facts):
    """The facts of somebody who has a wallet in the programme."""

    wallet_id: int
    public_id: UUID


@dataclass(frozen=True)
class Past:
    """What a customer did before a sale. The ledger tells when `last_entry` or `visits` move before it is posted."""

    last_entry: int = 0
    visits: int = 0
    first_in_category: bool = True
    birthday: date | None = None
    given_today: int = 0
    given: dict[UUID, Given] = field(default_factory=dict)


NOTHING_BEFORE = Past()


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
                  ORDER BY k.id DESC LIMIT 1), false),
       loyalty_now()
"""
OF_WHOM = """
  FROM customers_customer c
  LEFT JOIN loyalty_wallet w ON w.customer_id = c.id AND w.program_id = %(program)s::bigint
  LEFT JOIN customers_profile p ON p.customer_id = c.id AND p.program_id = %(program)s::bigint"""
ON_DAY = """
 CROSS JOIN (SELECT (coalesce(%(occurred_at)s::timestamptz, loyalty_now()) AT TIME ZONE %(time_zone)s::text)::date
               AS local_on) on_day"""
# What the ledger compares, wherever a rule asks for anything.
SEEN = """,
       coalesce((SELECT max(e.id) FROM loyalty_entry e WHERE e.wallet_id = w.id), 0),
       coalesce((SELECT m.visits FROM loyalty_membership m
                  WHERE m.business_id = %(business)s::bigint AND m.customer_id = c.id), 0)"""
# Each only where a rule asks for it, and what stands for it elsewhere. A confidential business counts for itself alone:
# else the others could tell who goes there, from a bonus that is not given or from what is left of a cap.
PAST: dict[Asked, tuple[str, str]] = {
    "category": (
        """NOT EXISTS (SELECT FROM loyalty_membership m
                    WHERE m.customer_id = c.id AND m.visits > 0 AND m.business_id = ANY(%(alike)s::text::bigint[]))""",
        "true",
    ),
    "birthday": ("coalesce(p.birthday, '')", "''"),
    "given_today": (
        """(SELECT ceil(coalesce(sum((o.points + coalesce(o.pending, 0)) * (1 - u.share_refunded)), 0))::bigint
          FROM loyalty_purchase u JOIN loyalty_operation o ON o.id = u.operation_id
         WHERE u.customer_id = c.id AND u.business_id = %(business)s::bigint AND u.local_on = on_day.local_on
           AND u.share_refunded < 1)""",
        "0",
    ),
    "given": (
        """(SELECT json_agg(json_build_array(g.series, g.today, g.ever))::text
          FROM (SELECT t.series,
                       coalesce(sum(t.points) FILTER (WHERE t.local_on = on_day.local_on), 0)::text AS today,
                       sum(t.points)::text AS ever
                  FROM loyalty_rulegiven t
                 WHERE t.customer_id = c.id AND t.series = ANY(%(capped)s::text::uuid[])
                   AND t.business_id <> ALL(%(apart)s::text::bigint[])
                 GROUP BY 1) g)""",
        "NULL",
    ),
}


@dataclass(frozen=True)
class Asking:
    """What the rules of a business ask of a past, as SQL. Put together once, and sent with every sale: arrays are text
    already."""

    columns: str
    values: dict[str, str]

    @classmethod
    def of(
        cls,
        asked: Container[Asked],
        *,
        time_zone: str,
        capped: Iterable[UUID],
        alike: Iterable[int],
        apart: Iterable[int],
    ) -> "Asking":
        """`capped`: series of the rules whose points are asked for; `alike`, `apart`: businesses as in `Rules`."""
        columns = (read if name in asked else instead for name, (read, instead) in PAST.items())
        arrays = {"capped": capped, "alike": alike, "apart": apart}
        return cls(
            columns=", ".join([SEEN, *columns]),
            values={name: f"{{{','.join(map(str, each))}}}" for name, each in arrays.items()}
            | {"time_zone": time_zone},
        )


def facts(*, program_id: int, business_id: int, who: Who, awaits: str = "") -> Facts | None:
    """None when nobody on the installation goes by that name."""
    row = _row(_with(awaits), who, {"program": program_id, "business": business_id})
    return Facts(*row) if row else None


def facts_and_past(
    *,
    program_id: int,
    business_id: int,
    who: Who,
    occurred_at: datetime | None,
    asking: Asking,
    awaits: str = "",
) -> tuple[Facts, Past] | None:
    """The same with what the customer did before a sale of that moment (None: now), as far as it is asked for."""
    values = asking.values | {"program": program_id, "business": business_id, "occurred_at": occurred_at}
    row = _row(_with(awaits) + asking.columns, who, values, more=ON_DAY)
    if row is None:
        return None
    *known, last_entry, visits, new_here, birthday, given_today, given = row
    past = Past(
        last_entry=last_entry,
        visits=visits,
        first_in_category=new_here,
        birthday=date.fromisoformat(unseal(birthday)) if birthday else None,
        given_today=given_today,
        given={
            UUID(series): Given(Decimal(today), Decimal(ever)) for series, today, ever in orjson.loads(given or "[]")
        },
    )
    return Facts(*known), past


def _with(awaits: str) -> str:
    return f"{FACTS}, ({awaits})" if awaits else FACTS


def _row(columns: str, who: Who, values: dict[str, Any], more: str = "") -> tuple[Any, ...] | None:
    if who.by == "customer" and not _is_uuid(who.value):
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"{columns}{OF_WHOM}{more} WHERE {NAMED_BY[who.by]}", values | {"value": who.value})
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


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
