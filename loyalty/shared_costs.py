"""What one business pays another of the discount that a coupon gave there. Clearing counts it with the points."""

from decimal import Decimal

from django.db import connection

from loyalty.outcomes import Posted

# The day is the operation's, as with points: both sides count the same month.
BOOK = """
INSERT INTO loyalty_sharedcost (operation_id, customer_id, owes_id, is_owed_id, local_on, amount)
SELECT o.id, o.customer_id, %(owes)s::bigint, o.business_id, o.local_on, %(amount)s::numeric
  FROM loyalty_operation o WHERE o.id = %(operation)s::bigint"""
TAKE_BACK = """
INSERT INTO loyalty_sharedcost (operation_id, customer_id, owes_id, is_owed_id, local_on, amount, reverses_id)
SELECT o.id, s.customer_id, s.owes_id, s.is_owed_id, o.local_on, -s.amount, s.id
  FROM loyalty_sharedcost s JOIN loyalty_operation o ON o.id = %(operation)s::bigint
 WHERE s.operation_id = %(sale)s::bigint AND s.reverses_id IS NULL
   AND NOT EXISTS (SELECT FROM loyalty_sharedcost r WHERE r.reverses_id = s.id)"""


def book(*, posted: Posted, owes_id: int, amount: Decimal) -> None:
    """Of a sale: another business owes so much, above 0, to the one where it happened."""
    with connection.cursor() as cursor:
        cursor.execute(BOOK, {"operation": posted.id, "owes": owes_id, "amount": amount})


def take_back(*, posted: Posted, sale: int) -> None:
    """A refund of all that was left of a sale takes back whatever others owed for it. Once."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, {"operation": posted.id, "sale": sale})
