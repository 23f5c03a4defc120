"""The coupons that a purchase brings: of the business's own offers, and of its chains for other businesses.

All in one statement, behind the lock of the wallet. Nobody holds two of one offer at a time.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection

from loyalty.earning import Part
from loyalty.outcomes import Posted
from promotions.models import new_code
from promotions.running import Given

# Their days are those of the business where they are used; the first and the last day of a chain are its giver's.
# A chain is asked again when its row is locked: of any number at once each waits for the promise of the one before.
ISSUE = """
WITH wanted AS (
  SELECT * FROM unnest(%(offers)s::bigint[], %(amounts)s::numeric[], %(codes)s::text[]) AS w(offer_id, amount, code)
), due AS (
  SELECT w.code, o.id, ch.id AS chain_id,
         (least((%(at)s::timestamptz AT TIME ZONE b.time_zone)::date + o.lasts_days, o.ends_on) + 1)::timestamp
           AT TIME ZONE b.time_zone AS expires_at
    FROM wanted w JOIN promotions_offer o ON o.id = w.offer_id JOIN businesses_business b ON b.id = o.business_id
    LEFT JOIN promotions_chain ch ON ch.offer_id = o.id
    LEFT JOIN businesses_business g ON g.id = ch.giver_id
   WHERE o.ended_at IS NULL AND o.paused_at IS NULL AND coalesce(ch.minimum, o.given_from) <= w.amount
     AND (o.starts_on IS NULL OR o.starts_on <= (%(at)s::timestamptz AT TIME ZONE b.time_zone)::date)
     AND (o.ends_on IS NULL OR o.ends_on >= (%(at)s::timestamptz AT TIME ZONE b.time_zone)::date)
     AND NOT EXISTS (SELECT FROM promotions_coupon c
                      WHERE c.customer_id = %(customer)s::bigint AND c.offer_id = o.id AND c.status = 'issued'
                        AND (c.expires_at IS NULL OR c.expires_at > %(at)s::timestamptz))
     AND (o.limit_per_customer IS NULL OR o.limit_per_customer >
            (SELECT count(*) FROM promotions_coupon c
              WHERE c.customer_id = %(customer)s::bigint AND c.offer_id = o.id AND c.status <> 'cancelled'))
     AND (ch.id IS NULL OR (
            (ch.starts_on IS NULL OR ch.starts_on <= (%(at)s::timestamptz AT TIME ZONE g.time_zone)::date)
            AND ch.ends_on >= (%(at)s::timestamptz AT TIME ZONE g.time_zone)::date
            AND (b.status, g.status) = ('active', 'active') AND NOT b.confidential AND NOT g.confidential
            AND b.program_id = g.program_id
            AND NOT EXISTS (SELECT FROM promotions_coupon c
                             WHERE c.customer_id = %(customer)s::bigint AND c.offer_id = o.id
                               AND c.status <> 'cancelled'
                               AND c.issued_at > %(at)s::timestamptz - make_interval(days => ch.every_days))))
   ORDER BY o.id FOR UPDATE OF o
), promised AS (
  UPDATE promotions_chain ch SET promised = ch.promised + ch.most_discount FROM due d
   WHERE ch.id = d.chain_id AND ch.ended_at IS NULL AND ch.promised + ch.most_discount <= ch.budget
     AND d.expires_at > greatest(ch.settled_until, loyalty_now())
  RETURNING ch.offer_id
), counted AS (
  UPDATE promotions_offer o SET issued = o.issued + 1 FROM due d
   WHERE o.id = d.id AND (o.total_limit IS NULL OR o.issued < o.total_limit)
     AND (d.chain_id IS NULL OR o.id IN (SELECT offer_id FROM promised))
  RETURNING o.id
)
INSERT INTO promotions_coupon (public_id, offer_id, customer_id, code, source, status, issued_by_id, issued_at,
                               expires_at)
SELECT gen_random_uuid(), d.id, %(customer)s::bigint, d.code,
       CASE WHEN d.chain_id IS NULL THEN 'promotion' ELSE 'chain' END,
       'issued', %(operation)s::bigint, %(at)s::timestamptz, d.expires_at
  FROM due d JOIN counted USING (id)"""


def due(*, given: Sequence[Given], paid: Decimal, parts: Sequence[Part]) -> dict[int, Decimal]:
    """The offers of which a purchase may bring a coupon, and how much of it counts for each."""
    counted = {each.offer_id: each.counted(paid, parts) for each in given}
    return {each.offer_id: counted[each.offer_id] for each in given if counted[each.offer_id] >= each.amount}


def issue(*, posted: Posted, due: dict[int, Decimal]) -> None:
    """Each counts against its offer's limit, and one of a chain against its budget."""
    with connection.cursor() as cursor:
        cursor.execute(
            ISSUE,
            {
                "offers": list(due),
                "amounts": list(due.values()),
                "codes": [new_code() for _ in due],
                "customer": posted.customer_id,
                "operation": posted.id,
                "at": posted.occurred_at,
            },
        )
