"""Posting many sales or opening balances at once, set-based: for imports and histories."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import orjson

from loyalty.earning import Earned
from loyalty.ledger import input_hash, retrying
from loyalty.rules import Rules

CHUNK_ROWS = 5_000

POST_MANY = """
SELECT outcome FROM loyalty_post_many(%(program)s::bigint, %(business)s::bigint, %(staff)s::bigint, %(scope)s::text,
       %(time_zone)s::text, %(rows)s::jsonb) ORDER BY position"""
OPEN_MANY = POST_MANY.replace("loyalty_post_many", "loyalty_open_many")


class Row(NamedTuple):
    """A sale for `post_many`. The customer is enrolled; `occurred_at` may lie years back.

    `tier_id` is the customer's tier that `earned` was computed with. Without an `input_hash` it is that of the
    customer, amount, moment and lines.
    """

    key: str
    customer_id: int
    branch_id: int
    amount: Decimal
    earned: Earned
    occurred_at: datetime
    expires_at: datetime | None = None
    tier_id: int | None = None
    input_hash: bytes | None = None
    lines: list[dict[str, Any]] | None = None


def post_many(*, rules: Rules, scope: str, rows: Iterable[Row], staff_id: int | None = None) -> Iterator[list[str]]:
    """Posts many sales set-based, in chunks with a commit each, and yields each chunk's outcomes in order.

    An outcome is `posted`, `replayed` (the key was there with this input), `key_reused`, `stale` (the customer's tier
    has moved: nothing was written), `future` or `blocked` (the customer is). `scope` names the import or the history
    within the business, so that its keys are its own. Stopped anywhere, it may simply run again.
    """
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        yield _post_chunk(rules, scope, staff_id, chunk)


def _post_chunk(rules: Rules, scope: str, staff_id: int | None, rows: list[Row]) -> list[str]:
    sent = [
        {
            "key": row.key,
            "hash": (row.input_hash or _hash_of(row)).hex(),
            "customer": row.customer_id,
            "branch": row.branch_id,
            "amount": str(row.amount),
            "points": row.earned.points,
            "trail": row.earned.trail,
            "tier": row.tier_id,
            "occurred_at": row.occurred_at,
            "expires_at": row.expires_at,
            "lines": row.lines,
        }
        for row in rows
    ]
    values = {
        "program": rules.program_id,
        "business": rules.business_id,
        "staff": staff_id,
        "scope": scope,
        "time_zone": rules.time_zone,
        "rows": orjson.dumps(sent, default=str).decode(),
    }
    return [outcome for (outcome,) in retrying(POST_MANY, values)]


def _hash_of(row: Row) -> bytes:
    content = {"customer": row.customer_id, "amount": row.amount, "at": row.occurred_at}
    return input_hash("purchase", content | ({"lines": row.lines} if row.lines else {}))


class OpeningRow(NamedTuple):
    """An opening balance for `open_many`. The customer is enrolled; None: the points never expire."""

    key: str
    customer_id: int
    points: int
    expires_at: datetime | None
    input_hash: bytes


def open_many(*, rules: Rules, scope: str, rows: list[OpeningRow], staff_id: int | None = None) -> list[str]:
    """Books opening balances that the business issues, all at once. The outcomes, in order, are `posted`, `replayed`,
    `key_reused` or `blocked`."""
    sent = [
        {
            "key": row.key,
            "hash": row.input_hash.hex(),
            "customer": row.customer_id,
            "points": row.points,
            "expires_at": row.expires_at,
        }
        for row in rows
    ]
    values = {
        "program": rules.program_id,
        "business": rules.business_id,
        "staff": staff_id,
        "scope": scope,
        "time_zone": rules.time_zone,
        "rows": orjson.dumps(sent, default=str).decode(),
    }
    return [outcome for (outcome,) in retrying(OPEN_MANY, values)]
