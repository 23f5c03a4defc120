"""The only door to the points ledger. Each function is one call of the SQL kernel (`loyalty/sql/kernel.sql`). Beside it
`loyalty/bulk.py` posts many sales at once, and `loyalty/sweeps.py` does what time has made due.

Every write carries an idempotency key, unique within its scope for ever. The same key with the same input gives
the first answer again; with other input it raises `KeyReused`. A refusal by a rule is a stored operation too:
it comes back as `Posted` with a `refusal`, and the caller raises it after the commit (`Posted.or_raise`).
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import psycopg.errors
from django.db import DatabaseError, connection, transaction

from businesses import money
from loyalty.earning import Earned
from loyalty.models import Operation
from loyalty.outcomes import Busy, KeyReused, MomentAhead, Posted, Stale
from loyalty.rules import Rules

ATTEMPTS = 4


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


def input_hash(kind: str, content: Mapping[str, Any]) -> bytes:
    """SHA-256 of the operation's kind and parsed input, so that `12.5` and `12.50` are the same input."""
    return hashlib.sha256(orjson.dumps([kind, content], option=orjson.OPT_SORT_KEYS, default=_plain)).digest()


def _plain(value: object) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


OPERATION = """(o).id, (o).public_id, (o).kind, (o).refusal, (o).points, (o).balance_after, (o).owed_delta, (o).pending,
       (o).spent, (o).visits, (o).tier_id, (o).enrolled, (o).trail, (o).occurred_at, (o).wallet_id, (o).customer_id"""
CALL = """%(business)s::bigint, %(branch)s::bigint, %(staff)s::bigint, %(api_key)s::bigint, %(scope)s::text,
       %(key)s::text, %(input_hash)s::bytea, %(reference)s::text, %(occurred_at)s::timestamptz, %(time_zone)s::text"""
# Put together from the constants above; every value is a parameter.
PURCHASE = f"""
SELECT outcome, customer, {OPERATION}, amount, paid, reached FROM loyalty_purchase(%(program)s::bigint, {CALL},
       %(customer)s::bigint, %(phone)s::text, %(external_id)s::text, %(amount)s::numeric, %(points)s::bigint,
       %(trail)s::jsonb, %(tier)s::bigint, %(expires_at)s::timestamptz, %(lines)s::jsonb,
       %(last_entry)s::bigint, %(visits)s::integer, %(idle_expires)s::boolean, %(due_at)s::timestamptz,
       %(spent)s::bigint, %(paid)s::numeric, %(tier_counts)s::numeric, %(tiers_version)s::bigint,
       %(refusal)s::jsonb, %(given)s::jsonb) AS p(outcome, o, customer, amount, paid, reached)"""  # noqa: S608
REDEEM = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_redeem(%(program)s::bigint, {CALL},
       %(customer)s::bigint, %(points)s::bigint, %(description)s::text, %(reward)s::bigint,
       %(hold_until)s::timestamptz, %(code)s::text, %(refusal)s::jsonb) AS r(outcome, o, customer)"""  # noqa: S608
CONFIRM = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_confirm({CALL}, %(operation)s::bigint
     ) AS r(outcome, o, customer)"""  # noqa: S608
REFUND = f"""
SELECT outcome, customer, {OPERATION}, amount FROM loyalty_refund({CALL}, %(operation)s::bigint, %(amount)s::numeric,
       %(lines)s::jsonb, %(decimals)s::integer) AS r(outcome, o, customer, amount)"""  # noqa: S608
RELEASE = "SELECT loyalty_release(%(operation)s::bigint, %(early)s::boolean)"
CANCEL = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_cancel({CALL}, %(operation)s::bigint
     ) AS c(outcome, o, customer)"""  # noqa: S608

ADJUST = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_adjust(%(business)s::bigint, %(staff)s::bigint, %(by)s::bigint,
       %(scope)s::text, %(key)s::text, %(input_hash)s::bytea, %(time_zone)s::text, %(wallet)s::bigint,
       %(points)s::bigint, %(reason)s::text, %(expires_at)s::timestamptz) AS a(outcome, o, customer)"""  # noqa: S608

GIVE_BONUS = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_give_bonus(%(business)s::bigint, %(staff)s::bigint, %(scope)s::text,
       %(key)s::text, %(input_hash)s::bytea, %(time_zone)s::text, %(wallet)s::bigint, %(points)s::bigint,
       %(expires_at)s::timestamptz) AS b(outcome, o, customer)"""  # noqa: S608
TAKE_BONUS = f"""
SELECT outcome, customer, {OPERATION} FROM loyalty_take_bonus(%(business)s::bigint, %(scope)s::text, %(key)s::text,
       %(input_hash)s::bytea, %(time_zone)s::text, %(operation)s::bigint) AS b(outcome, o, customer)"""  # noqa: S608


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
    spent: int | None = None,
    paid: Decimal = Decimal(0),
    refusal: dict[str, Any] | None = None,
    given: list[dict[str, Any]] | None = None,
) -> Posted:
    """Records a sale and posts its points. Without `customer_id` the phone or outside id is enrolled.

    Where the points depend on what the customer did before, `seen` is their last entry and their visits here, as they
    were read. Raises `Stale` when these or the tier have moved. Points are pending until `due_at`. `spent` points pay
    `paid` of the amount. `refusal` is one that the caller knows already. `given` are the points that
    capped rules gave: {series, points}.
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
            "tier_counts": rules.tier_counts(amount, earned.points),
            "tiers_version": rules.tiers_version,
            "lines": orjson.dumps(lines, default=str).decode() if lines else None,
            "spent": spent,
            "paid": paid,
            "refusal": orjson.dumps(refusal).decode() if refusal else None,
            "given": orjson.dumps(given, default=str).decode() if given else None,
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


def refund(
    *,
    rules: Rules,
    actor: Actor,
    call: Call,
    operation_id: int,
    amount: Decimal | None = None,
    pieces: Mapping[int, Decimal] | None = None,
) -> Posted:
    """Refunds what is left of a purchase of this business, `amount` > 0 of it, or `pieces` > 0 of its lines by id."""
    lines = [{"line": line, "quantity": str(quantity)} for line, quantity in (pieces or {}).items()]
    return _post(
        REFUND,
        _call(rules, actor, call)
        | {
            "operation": operation_id,
            "amount": amount,
            "lines": orjson.dumps(lines).decode() if lines else None,
            "decimals": money.decimals(rules.currency),
        },
    )


def cancel(*, rules: Rules, actor: Actor, call: Call, operation_id: int) -> Posted:
    """Gives the points of a redemption of this business back."""
    return _post(CANCEL, _call(rules, actor, call) | {"operation": operation_id})


def confirm(*, rules: Rules, actor: Actor, call: Call, operation_id: int) -> Posted:
    """Hands out what a hold of this business keeps."""
    return _post(CONFIRM, _call(rules, actor, call) | {"operation": operation_id})


def release(*, operation_id: int, early: bool = False) -> bool:
    """Gives back what a hold keeps whose time is over, or any for its customer (`early`); False where it was collected
    or is over. Raises `Busy`."""
    released: bool = retrying(RELEASE, {"operation": operation_id, "early": early})[0][0]
    return released


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


def give_bonus(*, rules: Rules, key: str, staff_id: int | None, wallet_id: int, points: int, at: datetime) -> Posted:
    """Gives points > 0 of this business without a sale. The key is the system's own, and names the cause for ever: not
    the input, for who asks again may be somebody else."""
    values = {"staff": staff_id, "wallet": wallet_id, "points": points, "expires_at": rules.expires_at(at)}
    return _post(GIVE_BONUS, _by_system(rules, key) | values)


def take_bonus(*, rules: Rules, key: str, operation_id: int) -> Posted:
    """Takes back a bonus that this business gave, whole; what of it was spent is owed."""
    return _post(TAKE_BONUS, _by_system(rules, key) | {"operation": operation_id})


def _by_system(rules: Rules, key: str) -> dict[str, Any]:
    return {
        "business": rules.business_id,
        "scope": "system",
        "key": key,
        "input_hash": b"",
        "time_zone": rules.time_zone,
    }


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
    (row,) = retrying(statement, values)
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


def retrying(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
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
