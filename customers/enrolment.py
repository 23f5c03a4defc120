"""Enrolling many people at once, for imports and histories. A single sale enrols within its own statement."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection


class Person(NamedTuple):
    """How a business names somebody: by a phone (E.164), by an id of its own, or both."""

    phone: str | None
    external_id: str | None


def enrol(*, business_id: int, people: Sequence[Person]) -> list[int]:
    """The customer ids of these people, in order; who is unknown to the installation is made. Safe in parallel."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customers_enrol_many(%s::bigint, %s::text[], %s::text[])",
            [business_id, [person.phone for person in people], [person.external_id for person in people]],
        )
        ids: list[int] = cursor.fetchone()[0] or []
    return ids
