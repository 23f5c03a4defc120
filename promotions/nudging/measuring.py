"""What everybody who was drawn did within the horizon: once, when it is over, of both groups alike."""

from datetime import datetime

from django.db import connection

AT_ONCE = 5_000

# Net of what came back so far. The days find the purchases by their index; the moments decide.
MEASURE = """
WITH over AS (
  SELECT a.id, a.customer_id, a.assigned_at, a.until_at, e.business_id
    FROM promotions_assignment a JOIN promotions_experiment e ON e.id = a.experiment_id
   WHERE a.measured_at IS NULL AND a.until_at <= %(at)s::timestamptz
   ORDER BY a.until_at, a.id LIMIT %(most)s::integer FOR UPDATE OF a SKIP LOCKED)
UPDATE promotions_assignment a
   SET measured_at = %(at)s::timestamptz, returned = did.sales > 0, revenue = did.revenue
  FROM over
 CROSS JOIN LATERAL (
       SELECT count(*) AS sales, coalesce(sum(p.amount - p.refunded), 0) AS revenue FROM loyalty_purchase p
        WHERE p.customer_id = over.customer_id AND p.business_id = over.business_id
          AND p.local_on >= over.assigned_at::date - 1 AND p.local_on <= over.until_at::date + 1
          AND p.occurred_at >= over.assigned_at AND p.occurred_at < over.until_at AND p.amount > p.refunded) did
 WHERE a.id = over.id"""


def measure_due(*, at: datetime) -> int:
    """Returns how many were measured. Safe to repeat, and beside another of its kind."""
    measured = 0
    while some := _measure_some(at):
        measured += some
    return measured


def _measure_some(at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, {"at": at, "most": AT_ONCE})
        return int(cursor.rowcount)
