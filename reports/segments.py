"""Customers by how lately, how often and for how much they buy (RFM), and how many of each month came again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db import connection

from reports.models import Segment, SegmentName

COHORTS = """
WITH months AS (
  SELECT DISTINCT customer_id, date_trunc('month', "on")::date AS month FROM reports_customerday
   WHERE business_id = ANY(%(businesses)s::bigint[])
), cohorts AS (
  SELECT customer_id, month, min(month) OVER (PARTITION BY customer_id) AS first FROM months
)
SELECT first, (extract(year FROM age(month, first)) * 12 + extract(month FROM age(month, first)))::integer, count(*)
  FROM cohorts WHERE first >= %(since)s::date GROUP BY 1, 2"""


@dataclass(frozen=True)
class Share:
    """Customers of one sort: how many, what part of all, what they have spent."""

    name: SegmentName
    customers: int
    share: float
    amount: Decimal


@dataclass(frozen=True)
class Cohort:
    """Those who first bought in a month. `retention[k]`: the share who bought k months later; None where that month is
    not over or not come."""

    month: date
    size: int
    retention: list[float | None]


def count(*, at: datetime) -> int:
    """Counts the segments of every business anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reports_count_segments(%s::timestamptz)", [at])
        return int(cursor.fetchone()[0])


def of(business_id: int) -> list[Share]:
    """The best first; nothing where there are fewer than five customers, or before the first night."""
    rows = {row.name: row for row in Segment.objects.filter(business_id=business_id)}
    whole = sum(row.customers for row in rows.values())
    return [
        Share(name, rows[name].customers, rows[name].customers / whole, rows[name].amount)
        for name in SegmentName
        if name in rows
    ]


def cohorts(*, business_ids: Sequence[int], today: date, months: int = 12) -> list[Cohort]:
    """The last `months` months, this one among them; the oldest first. Customers of several businesses count once."""
    this_month = today.replace(day=1)
    since = this_month - relativedelta(months=months - 1)
    with connection.cursor() as cursor:
        cursor.execute(COHORTS, {"businesses": list(business_ids), "since": since})
        found = {(first, later): customers for first, later, customers in cursor.fetchall()}
    made = []
    for first in (since + relativedelta(months=number) for number in range(months)):
        size = found.get((first, 0), 0)
        if size:
            over = (this_month.year - first.year) * 12 + this_month.month - first.month
            shares = [found.get((first, later), 0) / size if later < over else None for later in range(1, months)]
            made.append(Cohort(first, size, [1.0, *shares]))
    return made
