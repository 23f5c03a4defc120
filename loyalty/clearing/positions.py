"""What businesses owe each other by month, read from the lines of clearing: all of it, for the operator and for
`months`, which decides what of it a business may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import connection

from businesses import money

FEW = 5  # customers: what fewer stand behind is looked at twice, and not told

# Of a customer who spent and got all of it back nothing is left to owe, and nothing to count. What was given in points
# and what coupons cost stands apart, so that neither tells of a few customers by being taken off the sum of both.
DEBTS = """
SELECT month, owes_id, is_owed_id, for_coupons, sum(points)::bigint, sum(amount),
       count(*) FILTER (WHERE points <> 0 OR amount <> 0)
  FROM (SELECT date_trunc('month', local_on::timestamp)::date AS month, owes_id, is_owed_id, for_coupons, customer_id,
               sum(points) AS points, sum(amount) AS amount
          FROM ({lines}) l GROUP BY 1, 2, 3, 4, 5) of_customer
 GROUP BY 1, 2, 3, 4"""
COLUMNS = "local_on, owes_id, is_owed_id, false AS for_coupons, customer_id, points, amount"
SHARED = "local_on, owes_id, is_owed_id, true AS for_coupons, customer_id, 0::bigint AS points, amount"
IN_TIME = "local_on >= %(since)s::date AND local_on < %(until)s::date"
# Each quarter along an index of its own.
OF_BUSINESS = " UNION ALL ".join(
    f"SELECT {columns} FROM {table} WHERE {side} = %(business)s::bigint AND {IN_TIME}"  # noqa: S608
    for table, columns in (("loyalty_clearingline", COLUMNS), ("loyalty_sharedcost", SHARED))
    for side in ("owes_id", "is_owed_id")
)
OF_PROGRAMME = " UNION ALL ".join(
    f"""SELECT {columns} FROM {table}
 WHERE is_owed_id IN (SELECT id FROM businesses_business WHERE program_id = %(program)s::bigint) AND {IN_TIME}"""  # noqa: S608
    for table, columns in (("loyalty_clearingline", COLUMNS), ("loyalty_sharedcost", SHARED))
)
# To tell all customers from each other would be most of what a year costs. Here each is one of 63 places, and
# who got anything back in that month is left out: there are no fewer than that.
PLACE = "1::bigint << mod(customer_id, 63)::integer"
AT_LEAST = f"""
SELECT date_trunc('month', local_on::timestamp)::date, owes_id, is_owed_id, for_coupons,
       sum(points)::bigint, sum(amount),
       bit_count((coalesce(bit_or({PLACE}) FILTER (WHERE points > 0 OR for_coupons AND amount > 0), 0)
                  & ~coalesce(bit_or({PLACE}) FILTER (WHERE points < 0 OR for_coupons AND amount < 0), 0))::bit(64))
  FROM ({OF_BUSINESS}) l GROUP BY 1, 2, 3, 4"""  # noqa: S608
# … and where those are few, they are counted.
COUNTED = DEBTS.format(
    lines=f"""
SELECT l.* FROM ({OF_BUSINESS}) l
  JOIN unnest(%(months)s::date[], %(owe)s::bigint[], %(are_owed)s::bigint[], %(for_coupons)s::boolean[])
    AS few(month, owes_id, is_owed_id, for_coupons)
    ON (few.owes_id, few.is_owed_id, few.for_coupons, few.month)
       = (l.owes_id, l.is_owed_id, l.for_coupons, date_trunc('month', l.local_on::timestamp)::date)"""  # noqa: S608
)
CUSTOMERS = f"""
SELECT owed, for_coupons, count(*) FROM (
  SELECT is_owed_id = %(business)s::bigint AS owed, for_coupons, customer_id FROM ({OF_BUSINESS}) l
   GROUP BY 1, 2, 3 HAVING sum(points) <> 0 OR sum(amount) <> 0) of_customer
 GROUP BY 1, 2"""  # noqa: S608


@dataclass(frozen=True)
class Debt:
    """What one business owes another for a month: points spent, or taken back, at `is_owed` that `owes` had given; or,
    `for_coupons`, its share of what these took off there. The amount is rounded to the currency here, once, so that
    whatever is summed up later is exact. `customers` are those behind it; of a business's own, where they are not few,
    at least so many."""

    month: date
    owes: int
    is_owed: int
    points: int
    amount: Decimal
    customers: int
    for_coupons: bool = False


def of_business(*, business_id: int, currency: str, since: date, until: date) -> list[Debt]:
    """Both sides of it, of the months that begin from `since` on and before `until`."""
    values: dict[str, Any] = {"business": business_id, "since": since, "until": until}
    found = _debts(AT_LEAST, currency, values)
    few = [debt for debt in found if debt.customers < FEW]
    if not few:
        return found
    cells: dict[str, Any] = {"months": [debt.month for debt in few], "owe": [debt.owes for debt in few]}
    cells |= {"are_owed": [debt.is_owed for debt in few], "for_coupons": [debt.for_coupons for debt in few]}
    counted = _debts(COUNTED, currency, values | cells)
    return [debt for debt in found if debt.customers >= FEW] + counted


def of_programme(*, program_id: int, currency: str, since: date, until: date) -> list[Debt]:
    return _debts(DEBTS.format(lines=OF_PROGRAMME), currency, {"program": program_id, "since": since, "until": until})


def customers(*, business_id: int, month: date) -> dict[tuple[bool, bool], int]:
    """How many stand behind all that the business is owed (True) and owes (False) for a month, each of points (False)
    and of coupons (True)."""
    values = {"business": business_id, "since": month, "until": month + relativedelta(months=1)}
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, values)
        return {(owed, for_coupons): count for owed, for_coupons, count in cursor.fetchall()}


def by_business(debts: Iterable[Debt]) -> dict[int, Decimal]:
    """Where each stands: what it is owed less what it owes. All of them together are nothing."""
    positions: dict[int, Decimal] = {}
    for debt in debts:
        positions[debt.is_owed] = positions.get(debt.is_owed, Decimal(0)) + debt.amount
        positions[debt.owes] = positions.get(debt.owes, Decimal(0)) - debt.amount
    return positions


def _debts(statement: str, currency: str, values: dict[str, Any]) -> list[Debt]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    unit = Decimal(1).scaleb(-money.decimals(currency))
    # Half to even: a debt and its return round alike.
    return [
        Debt(month, owes, is_owed, points, amount.quantize(unit, ROUND_HALF_EVEN), people, for_coupons)
        for month, owes, is_owed, for_coupons, points, amount, people in rows
    ]
