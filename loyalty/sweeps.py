"""What time has made due, over the whole installation: points that expire and points that arrive."""

from django.db import connection, transaction

WALLETS_PER_SWEEP = 200

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
