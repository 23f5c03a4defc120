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

# Of a customer who spent and got all of it back nothing is left to owe, and nothing to count.
DEBTS = """
SELECT month, owes_id, is_owed_id, sum(points)::bigint, sum(amount), count(*) FILTER (WHERE points <> 0)
  FROM (SELECT date_trunc('month', local_on::timestamp)::date AS month, owes_id, is_owed_id, customer_id,
               sum(points) AS points, sum(amount) AS amount
          FROM ({lines}) l GROUP BY 1, 2, 3, 4) of_customer
 GROUP BY 1, 2, 3"""
COLUMNS = "local_on, owes_id, is_owed_id, customer_id, points, amount"
IN_TIME = "local_on >= %(since)s::date AND local_on < %(until)s::date"
# Each half along an index of its own.
OF_BUSINESS = f"""
SELECT {COLUMNS} FROM loyalty_clearingline WHERE owes_id = %(business)s::bigint AND {IN_TIME}
 UNION ALL SELECT {COLUMNS} FROM loyalty_clearingline WHERE is_owed_id = %(business)s::bigint AND {IN_TIME}"""  # noqa: S608
OF_PROGRAMME = f"""
SELECT {COLUMNS} FROM loyalty_clearingline
 WHERE is_owed_id IN (SELECT id FROM businesses_business WHERE program_id = %(program)s::bigint) AND {IN_TIME}"""  # noqa: S608
# To tell all customers from each other would be most of what a year costs. Here each is one of 63 places, and
# who got anything back in that month is left out: there are no fewer than that.
PLACE = "1::bigint << mod(customer_id, 63)::integer"
AT_LEAST = f"""
SELECT date_trunc('month', local_on::timestamp)::date, owes_id, is_owed_id, sum(points)::bigint, sum(amount),
       bit_count((coalesce(bit_or({PLACE}) FILTER (WHERE points > 0), 0)
                  & ~coalesce(bit_or({PLACE}) FILTER (WHERE points < 0), 0))::bit(64))
  FROM ({OF_BUSINESS}) l GROUP BY 1, 2, 3"""  # noqa: S608
# … and where those are few, they are counted.
COUNTED = DEBTS.format(
    lines=f"""
SELECT l.* FROM ({OF_BUSINESS}) l
  JOIN unnest(%(months)s::date[], %(owe)s::bigint[], %(are_owed)s::bigint[]) AS few(month, owes_id, is_owed_id)
    ON (few.owes_id, few.is_owed_id, few.month)
       = (l.owes_id, l.is_owed_id, date_trunc('month', l.local_on::timestamp)::date)"""  # noqa: S608
)
CUSTOMERS = f"""
SELECT owed, count(*) FROM (
  SELECT is_owed_id = %(business)s::bigint AS owed, customer_id FROM ({OF_BUSINESS}) l
   GROUP BY 1, 2 HAVING sum(points) <> 0) of_customer
 GROUP BY owed"""  # noqa: S608


@dataclass(frozen=True)
class Debt:
    """What one business owes another for a month: points spent, or taken back, at `is_owed` that `owes` had given. The
    amount is rounded to the currency here, once, so that whatever is summed up later is exact. `customers` are those
    behind it; of a business's own, where they are not few, at least so many."""

    month: date
    owes: int
    is_owed: int
    points: int
    amount: Decimal
    customers: int


def of_business(*, business_id: int, currency: str, since: date, until: date) -> list[Debt]:
    """Both sides of it, of the months that begin from `since` on and before `until`."""
    values: dict[str, Any] = {"business": business_id, "since": since, "until": until}
    found = _debts(AT_LEAST, currency, values)
    few = [debt for debt in found if debt.customers < FEW]
    if not few:
        return found
    cells = {"months": [debt.month for debt in few], "owe": [debt.owes for debt in few]}
    counted = _debts(COUNTED, currency, values | cells | {"are_owed": [debt.is_owed for debt in few]})
    return [debt for debt in found if debt.customers >= FEW] + counted


def of_programme(*, program_id: int, currency: str, since: date, until: date) -> list[Debt]:
    return _debts(DEBTS.format(lines=OF_PROGRAMME), currency, {"program": program_id, "since": since, "until": until})


def customers(*, business_id: int, month: date) -> dict[bool, int]:
    """How many stand behind all that the business is owed (True) and owes (False) for a month."""
    values = {"business": business_id, "since": month, "until": month + relativedelta(months=1)}
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, values)
        return {False: 0, True: 0} | dict(cursor.fetchall())


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
        Debt(month, owes, is_owed, points, amount.quantize(unit, ROUND_HALF_EVEN), people)
        for month, owes, is_owed, points, amount, people in rows
    ]
