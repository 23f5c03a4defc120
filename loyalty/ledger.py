"""The only door to the points ledger. Each function is one call of the SQL kernel (`loyalty/sql/kernel.sql`).

Every write carries an idempotency key, unique within its scope for ever. The same key with the same input gives
the first answer again; with other input it raises `KeyReused`. A refusal by a rule is a stored operation too:
it comes back as `Posted` with a `refusal`, and the caller raises it after the commit (`Posted.or_raise`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg.errors
from django.db import DatabaseError, connection, transaction

from loyalty.earning import Earned
from loyalty.models import Operation
from loyalty.rules import Rules

CHUNK_ROWS = 5_000
WALLETS_PER_SWEEP = 200
ATTEMPTS = 4


class KeyReused(Exception):
    """The idempotency key already names an operation with other input."""


class Stale(Exception):
    """The customer's facts moved between reading and posting: read them again and repeat."""


class MomentAhead(Exception):
    """`occurred_at` is more than 5 minutes ahead of the database's clock."""


class Busy(Exception):
    """Another operation has held the wallet for 4 seconds. Nothing was written; the same key may be sent again."""


class Refused(Exception):
    """A rule said no. The refusal is stored under its key, so a retry hears the same."""

    def __init__(self, posted: "Posted") -> None:
        super().__init__(posted.refusal)
        self.posted = posted

    @property
    def code(self) -> str:
        return str(self.posted.refusal and self.posted.refusal["code"])

    @property
    def fact(self) -> dict[str, Any]:
        return self.posted.refusal or {}


class NotEnoughPoints(Refused):
    """`fact`: available, needed."""


class ReferenceUsed(Refused):
    """`fact`: id of the operation that already has the reference on this branch and day."""


class AlreadyReversed(Refused):
    """`fact`: id of the refund or cancellation."""


class OutOfStock(Refused):
    """The last one was claimed before."""


class LimitReached(Refused):
    """`fact`: limit, period (day, week, month, ever)."""


class RewardEnded(Refused):
    """It is not offered today."""


class RewardChanged(Refused):
    """`fact`: the points that it costs now."""


class TierRequired(Refused):
    """`fact`: tier, from which on it is offered."""


class ConsentRequired(Refused):
    """So many points need the customer's own code. `fact`: above, the points that need none; reason, one of `none`,
    `wrong`, `late`, `used`, `too_many`."""


class HoldExpired(Refused):
    """Its time was over; the points are back."""


class AlreadyConfirmed(Refused):
    """It was collected before."""


class CustomerBlocked(Refused):
    """The operator has blocked this customer: neither earning nor spending."""


REFUSALS: dict[str, type[Refused]] = {
    "not_enough_points": NotEnoughPoints,
    "reference_used": ReferenceUsed,
    "already_reversed": AlreadyReversed,
    "customer_blocked": CustomerBlocked,
    "out_of_stock": OutOfStock,
    "limit_reached": LimitReached,
    "reward_ended": RewardEnded,
    "reward_changed": RewardChanged,
    "tier_required": TierRequired,
    "consent_required": ConsentRequired,
    "hold_expired": HoldExpired,
    "already_confirmed": AlreadyConfirmed,
}


@dataclass(frozen=True)
class Actor:
    """Who acts for a business: a member of staff or an API key, at a branch."""

    branch_id: int
    staff_id: int | None = None
    api_key_id: int | None = None
    branch_said: bool = True

    @property
    def said(self) -> int | None:
        """The branch as input: None where the caller left it to us, and we may find another one next time."""
        return self.branch_id if self.branch_said else None


@dataclass(frozen=True)
class Call:
    """What names an operation: its key, a hash of its input, the till's own number and moment (None: now)."""

    key: str
    input_hash: bytes
    reference: str | None = None
    occurred_at: datetime | None = None


class Posted(NamedTuple):
    """An operation as the ledger stored it. Points are signed; `owed_delta` < 0 is debt collected, > 0 debt added;
    `pending` are points that a sale promised for later (+), or a refund took from those (−)."""

    outcome: str
    customer: UUID
    id: int
    public_id: UUID
    kind: str
    refusal: dict[str, Any] | None
    points: int
    balance_after: int
    owed_delta: int
    pending: int | None
    visits: int | None
    tier_id: int | None
    enrolled: bool
    trail: list[dict[str, str]] | None
    occurred_at: datetime
    wallet_id: int
    customer_id: int
    amount: Decimal | None = None

    @property
    def replayed(self) -> bool:
        return self.outcome == "replayed"

    def or_raise(self) -> "Posted":
        """Raises the stored refusal; call it when the transaction is over."""
        if self.refusal:
            raise REFUSALS[self.refusal["code"]](self)
        return self


def input_hash(kind: str, content: Mapping[str, Any]) -> bytes:
    """SHA-256 of the operation's kind and parsed input, so that `12.5` and `12.50` are the same input."""
    return hashlib.sha256(orjson.dumps([kind, content], option=orjson.OPT_SORT_KEYS, default=_plain)).digest()


def _plain(value: object) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


OPERATION = """(o).id, (o).public_id, (o).kind, (o).refusal, (o).points, (o).balance_after, (o).owed_delta, (o).pending,
       (o).visits, (o).tier_id, (o).enrolled, (o).trail, (o).occurred_at, (o).wallet_id, (o).customer_id"""
CALL = """%(business)s::bigint, %(branch)s::bigint, %(staff)s::bigint, %(api_key)s::bigint, %(scope)s::text,
       %(key)s::text, %(input_hash)s::bytea, %(reference)s::text, %(occurred_at)s::timestamptz, %(time_zone)s::text"""
# Put together from the constants above; every value is a parameter.
PURCHASE = f"""
SELECT outcome, customer, {OPERATION}, amount FROM loyalty_purchase(%(program)s::bigint, {CALL},
       %(customer)s::bigint, %(phone)s::text, %(external_id)s::text, %(amount)s::numeric, %(points)s::bigint,
       %(trail)s::jsonb, %(tier)s::bigint, %(expires_at)s::timestamptz, %(lines)s::jsonb,
       %(last_entry)s::bigint, %(visits)s::integer, %(idle_expires)s::boolean, %(due_at)s::timestamptz
     ) AS p(outcome, o, customer, amount)"""  # noqa: S608
REDEEM = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_redeem(%(program)s::bigint, {CALL},
       %(customer)s::bigint, %(points)s::bigint, %(description)s::text, %(reward)s::bigint,
       %(hold_until)s::timestamptz, %(code)s::text, %(refusal)s::jsonb) AS r(outcome, o, customer)"""  # noqa: S608
REVERSE = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_reverse({CALL}, %(operation)s::bigint
     ) AS r(outcome, o, customer)"""  # noqa: S608
CONFIRM = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_confirm({CALL}, %(operation)s::bigint
     ) AS r(outcome, o, customer)"""  # noqa: S608

ADJUST = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_adjust(%(business)s::bigint, %(staff)s::bigint, %(by)s::bigint,
       %(scope)s::text, %(key)s::text, %(input_hash)s::bytea, %(time_zone)s::text, %(wallet)s::bigint,
       %(points)s::bigint, %(reason)s::text, %(expires_at)s::timestamptz) AS a(outcome, o, customer)"""  # noqa: S608


def purchase(
    *,
    rules: Rules,
    actor: Actor,
    call: Call,
    customer_id: int | None,
    phone: str | None = None,
    external_id: str | None = None,
    amount: Decimal,
    earned: Earned,
    tier_id: int | None,
    seen: tuple[int, int] | None = None,
    expires_at: datetime | None,
    due_at: datetime | None = None,
    lines: list[dict[str, Any]] | None = None,
) -> Posted:
    """Records a sale and posts its points. Without `customer_id` the phone or outside id is enrolled.

    Where the points depend on what the customer did before, `seen` is their last entry and their visits here, as they
    were read. Raises `Stale` when these or the tier have moved. Points are pending until `due_at`.
    """
    return _post(
        PURCHASE,
        _call(rules, actor, call)
        | {
            "customer": customer_id,
            "phone": phone,
            "external_id": external_id,
            "amount": amount,
            "points": earned.points,
            "trail": orjson.dumps(earned.trail).decode(),
            "tier": tier_id,
            "last_entry": seen[0] if seen else None,
            "visits": seen[1] if seen else None,
            "idle_expires": rules.expiry.by_inactivity,
            "due_at": due_at,
            "expires_at": expires_at,
            "lines": orjson.dumps(lines, default=str).decode() if lines else None,
        },
    )


@dataclass(frozen=True)
class Spend:
    """What points are spent on: a reward by its id, or words alone. With a `code` it is held until `hold_until` for who
    has the code."""

    points: int
    description: str
    reward_id: int | None = None
    code: str | None = None
    hold_until: datetime | None = None


def redeem(
    *,
    rules: Rules,
    actor: Actor,
    call: Call,
    customer_id: int | None,
    spend: Spend,
    refusal: Mapping[str, Any] | None = None,
) -> Posted:
    """Spends points > 0 of a customer who has a wallet in the programme; None for the repeat of a known call.

    `refusal` is why the caller refuses already: it is stored in the place of a redemption that the rules would accept.
    """
    return _post(
        REDEEM,
        _call(rules, actor, call)
        | {
            "customer": customer_id,
            "points": spend.points,
            "description": spend.description,
            "reward": spend.reward_id,
            "hold_until": spend.hold_until,
            "code": spend.code,
            "refusal": orjson.dumps(refusal).decode() if refusal else None,
        },
    )


def confirm(*, rules: Rules, actor: Actor, call: Call, operation_id: int) -> Posted:
    """Hands out what a hold of this business keeps."""
    return _post(CONFIRM, _call(rules, actor, call) | {"operation": operation_id})


def reverse(*, rules: Rules, actor: Actor, call: Call, operation_id: int) -> Posted:
    """Refunds all of a purchase or cancels a redemption of this business."""
    return _post(REVERSE, _call(rules, actor, call) | {"operation": operation_id})


def adjust(
    *,
    rules: Rules,
    staff_id: int | None,
    by_id: int,
    call: Call,
    wallet_id: int,
    points: int,
    reason: str,
    expires_at: datetime | None,
) -> Posted:
    """Gives points (+) of this business to a wallet of its programme, or takes (−) points that it issued."""
    values = {
        "business": rules.business_id,
        "staff": staff_id,
        "by": by_id,
        "scope": _scope(rules),
        "key": call.key,
        "input_hash": call.input_hash,
        "time_zone": rules.time_zone,
        "wallet": wallet_id,
        "points": points,
        "reason": reason,
        "expires_at": expires_at,
    }
    return _post(ADJUST, values)


def is_known(*, rules: Rules, key: str) -> bool:
    """Whether the key names an operation already: then the same call is answered, and nothing is written."""
    return Operation.objects.filter(scope=_scope(rules), key=key).exists()


def _scope(rules: Rules) -> str:
    return f"business:{rules.business_id}"


def _call(rules: Rules, actor: Actor, call: Call) -> dict[str, Any]:
    return {
        "program": rules.program_id,
        "business": rules.business_id,
        "branch": actor.branch_id,
        "staff": actor.staff_id,
        "api_key": actor.api_key_id,
        "scope": _scope(rules),
        "key": call.key,
        "input_hash": call.input_hash,
        "reference": call.reference,
        "occurred_at": call.occurred_at,
        "time_zone": rules.time_zone,
    }


def _post(statement: str, values: dict[str, Any]) -> Posted:
    (row,) = _retrying(statement, values)
    outcome = row[0]
    if outcome == "key_reused":
        raise KeyReused
    if outcome == "stale":
        raise Stale
    if outcome == "future":
        raise MomentAhead
    posted = Posted(*row)
    return posted._replace(refusal=_parsed(posted.refusal), trail=_parsed(posted.trail))


def _parsed(column: Any) -> Any:
    """Django leaves jsonb as text in raw queries."""
    return orjson.loads(column) if isinstance(column, str) else column


def _retrying(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Runs one statement of the kernel again where a repeat is safe: it was rolled back whole.

    A unique violation means that a parallel operation took the key or the reference first: the repeat reads it
    and answers as a replay or a refusal. Inside somebody's transaction a savepoint keeps that transaction alive.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if connection.in_atomic_block:
                with transaction.atomic():
                    return _execute(statement, values)
            return _execute(statement, values)
        except DatabaseError as error:
            if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise Busy from error
            again = isinstance(error.__cause__, psycopg.errors.UniqueViolation | psycopg.errors.DeadlockDetected)
            if not again or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _execute(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


DUE_HOLDS = """
SELECT operation_id FROM loyalty_redemption
 WHERE status = 'held' AND held_until <= loyalty_now() AND operation_id > %(last)s::bigint
 ORDER BY operation_id LIMIT 200"""
RELEASE = "SELECT loyalty_release(%(operation)s::bigint, %(early)s::boolean)"


def release_due() -> int:
    """Releases every hold of the installation whose time is over, and returns how many. Safe to repeat.

    Each in a transaction of its own: several would lock a wallet after a reward. Whose wallet is busy waits for the
    next round.
    """
    released = last = 0
    while due := _execute(DUE_HOLDS, {"last": last}):
        for (last,) in due:
            with suppress(Busy):
                released += _retrying(RELEASE, {"operation": last, "early": False})[0][0]
    return released


def give_back(*, operation_id: int) -> bool:
    """Releases a hold before its end, for the customer; False where it was collected or is over. Raises `Busy`."""
    released: bool = _retrying(RELEASE, {"operation": operation_id, "early": True})[0][0]
    return released


POST_MANY = """
SELECT outcome FROM loyalty_post_many(%(program)s::bigint, %(business)s::bigint, %(staff)s::bigint, %(scope)s::text,
       %(time_zone)s::text, %(rows)s::jsonb) ORDER BY position"""


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
    return [outcome for (outcome,) in _retrying(POST_MANY, values)]


def _hash_of(row: Row) -> bytes:
    content = {"customer": row.customer_id, "amount": row.amount, "at": row.occurred_at}
    return input_hash("purchase", content | ({"lines": row.lines} if row.lines else {}))


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Sets the ledger's clock on this connection: for histories and tests, where time has already passed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('regulars.now', %s::text, false)", [moment.isoformat()])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('regulars.now', '', false)")


DUE_WALLETS = """
SELECT DISTINCT wallet_id FROM loyalty_lot
 WHERE open AND expires_at <= loyalty_now() AND wallet_id > %s::bigint ORDER BY wallet_id LIMIT %s::integer"""
RIPE_WALLETS = """
SELECT DISTINCT wallet_id FROM loyalty_pending
 WHERE settled_by_id IS NULL AND due_at <= loyalty_now() AND wallet_id > %s::bigint
 ORDER BY wallet_id LIMIT %s::integer"""
# Along the primary key: an index on what every purchase moves would cost each of them more than this costs a night.
IDLE_WALLETS = """
SELECT w.id FROM loyalty_wallet w JOIN businesses_program p ON p.id = w.program_id
 WHERE p.expiry_kind = 'inactivity' AND p.points_last_months IS NOT NULL AND w.balance > 0
   AND w.active_at + make_interval(months => p.points_last_months) <= loyalty_now()
   AND w.id > %s::bigint ORDER BY w.id LIMIT %s::integer"""
EXPIRE = "SELECT coalesce(sum(loyalty_expire(wallet_id)), 0)::bigint FROM unnest(%s::bigint[]) AS due(wallet_id)"


def expire_due() -> int:
    """Expires every lot of the installation whose moment has come, and returns the points. Safe to repeat."""
    return _settle(DUE_WALLETS)


def expire_idle() -> int:
    """Expires every wallet in which nothing has happened for too long, and returns the points. Safe to repeat."""
    return _settle(IDLE_WALLETS)


def mature_due() -> None:
    """Gives every pending point of the installation whose time has come. Safe to repeat."""
    _settle(RIPE_WALLETS)


def _settle(which: str) -> int:
    """A commit per few wallets, in the order in which everybody locks several. Returns the points that expired."""
    expired = last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(which, [last, WALLETS_PER_SWEEP])
            due = [wallet_id for (wallet_id,) in cursor.fetchall()]
            if not due:
                return expired
            cursor.execute(EXPIRE, [due])
            expired += cursor.fetchone()[0]
            last = due[-1]
