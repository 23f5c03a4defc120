"""Who is known to the installation: the id of whoever a business names, made where there is none yet.

A sale at the till enrols within its own statement, by the same functions of the database.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection


class Named(NamedTuple):
    """How a business names somebody: by a phone (E.164), by an id of its own, or both."""

    phone: str | None
    external_id: str | None


def enrol(*, business_id: int | None, phone: str | None, external_id: str | None) -> int:
    """The customer id of a phone, or else of the business's own id, which needs the business. Safe in parallel."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_enrol(%s::text, %s::bigint, %s::text)", [phone, business_id, external_id])
        customer_id: int = cursor.fetchone()[0]
    return customer_id


def enrol_many(*, business_id: int, people: Sequence[Named]) -> list[int]:
    """The customer ids of these people, in order; who is unknown to the installation is made. Safe in parallel."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customers_enrol_many(%s::bigint, %s::text[], %s::text[])",
            [business_id, [person.phone for person in people], [person.external_id for person in people]],
        )
        ids: list[int] = cursor.fetchone()[0] or []
    return ids
