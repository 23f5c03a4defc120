"""What time has made due, over the whole installation: points that expire, points that arrive, and
holds that nobody collected."""

from contextlib import suppress

from django.db import connection, transaction

from loyalty import ledger, outcomes

WALLETS_PER_SWEEP = 200
HOLDS_PER_SWEEP = 200

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
DUE_HOLDS = """
SELECT operation_id FROM loyalty_redemption
 WHERE status = 'held' AND held_until <= loyalty_now() AND operation_id > %s::bigint
 ORDER BY operation_id LIMIT %s::integer"""
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


def release_due() -> int:
    """Releases every hold of the installation whose time is over, and returns how many. Safe to repeat.

    Each in a transaction of its own: several would lock a wallet after a reward. Whose wallet is busy waits for the
    next round.
    """
    released = last = 0
    while due := _due_holds(last):
        for last in due:
            with suppress(outcomes.Busy):
                released += ledger.release(operation_id=last)
    return released


def _due_holds(last: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(DUE_HOLDS, [last, HOLDS_PER_SWEEP])
        return [operation_id for (operation_id,) in cursor.fetchall()]


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
