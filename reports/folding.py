"""Keeps the sums by day up to date: some seconds behind the ledger, and never in its way."""

import psycopg.errors
from django.db import DatabaseError, connection, transaction

NEWEST = "SELECT last_value FROM loyalty_operation_id_seq"
OTHERS = psycopg.errors.LockNotAvailable | psycopg.errors.SerializationFailure | psycopg.errors.UniqueViolation


def fold() -> int | None:
    """Counts the days anew that the ledger has touched since the last time; returns how many, or None where somebody
    else folds just now. Needs a connection without an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)  # before the snapshot, see sql/fold.sql
        (newest,) = cursor.fetchone()
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT reports_fold_new(%s::bigint)", [newest])
            return int(cursor.fetchone()[0])
    except DatabaseError as error:
        if isinstance(error.__cause__, OTHERS):
            return None
        raise
