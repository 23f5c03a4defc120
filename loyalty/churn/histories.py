"""What is known of the customers of a business: when they came first and last, and on how many days."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from loyalty.churn.mbg import History

SAMPLE = 20_000

# Each a relation of customer, x, tx, t, last_on by `business` and `today`. Full refunds and free purchases are no
# visits. Of a membership; a visit of today may be ahead of the clock that asks.
NOW = """
SELECT id, customer_id, visit_days - 1 AS x, last_on - first_on AS tx,
       greatest(%(today)s::date, last_on) - first_on AS t, last_on
  FROM loyalty_membership m WHERE business_id = %(business)s::bigint AND visit_days > 0"""
# Of purchases, as they stood at the end of a day of the past.
STOOD = """(p.amount > 0 AND (p.refunded = 0 OR p.amount > (
         SELECT coalesce(sum(r.amount), 0) FROM loyalty_operation o JOIN loyalty_refund r ON r.operation_id = o.id
          WHERE o.reverses_id = p.operation_id AND o.refusal IS NULL AND o.local_on <= %({day})s::date)))"""


def stood(day: str) -> str:
    """Whether a purchase `p` was a visit at the end of the day that is called so."""
    return STOOD.format(day=day)


THEN = f"""
SELECT customer_id, (count(DISTINCT local_on) - 1)::integer AS x, max(local_on) - min(local_on) AS tx,
       %(today)s::date - min(local_on) AS t, max(local_on) AS last_on
  FROM loyalty_purchase p WHERE business_id = %(business)s::bigint AND local_on <= %(today)s::date AND {stood("today")}
 GROUP BY customer_id"""  # noqa: S608 - put together from constants

COUNTED = """
SELECT x, tx, t, count(*) FROM (
  SELECT x, tx, t FROM ({histories}) h ORDER BY hashint8(customer_id), customer_id LIMIT %(sample)s::integer) sample
 GROUP BY x, tx, t ORDER BY x, tx, t"""


FEWEST, FEWEST_RETURNED = 30, 10  # customers, and of them those who came back: of fewer nothing is learnt


def enough(known: Mapping[History, int]) -> bool:
    return sum(known.values()) >= FEWEST and sum(n for each, n in known.items() if each.x) >= FEWEST_RETURNED


def mean_gap(known: Mapping[History, int]) -> float:
    """Days between two visits, over all who came back."""
    return sum(each.tx * n for each, n in known.items()) / sum(each.x * n for each, n in known.items())


def now(*, business_id: int, today: date) -> Mapping[History, int]:
    """Of the members, at most SAMPLE of them, always the same."""
    return _counted(NOW, business_id, today)


def then(*, business_id: int, today: date) -> Mapping[History, int]:
    """As they stood on a day of the past, whatever has happened since."""
    return _counted(THEN, business_id, today)


def _counted(histories: str, business_id: int, today: date) -> Mapping[History, int]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"business": business_id, "today": today, "sample": SAMPLE}
        cursor.execute(COUNTED.format(histories=histories), values)
        return {History(x, tx, t): count for x, tx, t, count in cursor.fetchall()}
