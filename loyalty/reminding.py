"""Telling customers before their points expire: 30 days ahead, and 7.

Who comes every week earns points that expire every week a year later: so one warning is about all that goes within its
days, and the next of its kind comes when those days are over.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.db import connection, transaction

from customers import messages, texts
from customers.models import MessageKind
from loyalty.models import ExpiryWarning

AHEAD = (7, 30)  # days; who has not heard of what goes within a week hears that alone
WALLETS_AT_ONCE = 200
# Nobody wants to be woken up for points.
FROM, UNTIL = time(9), time(20)

CANDIDATES = """
SELECT DISTINCT wallet_id FROM loyalty_lot
 WHERE open AND expires_at > loyalty_now() AND expires_at <= loyalty_now() + make_interval(days => %(days)s::integer)
 UNION
SELECT w.id FROM loyalty_wallet w JOIN businesses_program p ON p.id = w.program_id
 WHERE p.expiry_kind = 'inactivity' AND w.balance > 0
   AND w.active_at + make_interval(months => p.points_last_months) > loyalty_now()
   AND w.active_at + make_interval(months => p.points_last_months)
       <= loyalty_now() + make_interval(days => %(days)s::integer)
 ORDER BY 1"""
# Written to by the business that they agreed to hear from and came to last; a confidential one writes as its programme.
DUE = """
SELECT w.id, w.customer_id, c.phone, coalesce(nullif(f.language, ''), s.language), s.id, s.sender, s.time_zone,
       l.points::bigint, l.first_at, loyalty_now()
  FROM loyalty_wallet w
  CROSS JOIN LATERAL (SELECT loyalty_idle_at(w) AS at) idle
  CROSS JOIN LATERAL (
    SELECT sum(remaining) AS points, min(least(expires_at, idle.at)) AS first_at
      FROM loyalty_lot WHERE wallet_id = w.id AND open AND least(expires_at, idle.at) > loyalty_now()
       AND least(expires_at, idle.at) <= loyalty_now() + make_interval(days => %(days)s::integer)) l
  JOIN customers_customer c ON c.id = w.customer_id AND c.phone IS NOT NULL AND c.blocked_at IS NULL
  LEFT JOIN customers_profile f ON f.customer_id = w.customer_id AND f.program_id = w.program_id
  CROSS JOIN LATERAL (
    SELECT b.id, b.language, b.time_zone, CASE WHEN b.confidential THEN p.name ELSE b.name END AS sender
      FROM businesses_business b
      JOIN businesses_program p ON p.id = b.program_id
      LEFT JOIN loyalty_membership m ON m.business_id = b.id AND m.customer_id = w.customer_id
     WHERE b.program_id = w.program_id AND b.status = 'active' AND b.tells_points_expiring
       AND (SELECT k.granted FROM customers_consent k
             WHERE k.customer_id = w.customer_id AND k.business_id = b.id AND k.channel = 'sms'
             ORDER BY k.id DESC LIMIT 1)
     ORDER BY m.last_at DESC NULLS LAST, b.id LIMIT 1) s
 WHERE w.id = ANY(%(wallets)s::bigint[]) AND l.points > 0
   AND NOT EXISTS (SELECT FROM loyalty_expirywarning x
                    WHERE x.wallet_id = w.id AND x.days <= %(days)s::integer
                      AND x.made_at > loyalty_now() - make_interval(days => x.days))
 ORDER BY w.id FOR UPDATE OF w"""


class Due(NamedTuple):
    wallet_id: int
    customer_id: int
    phone: str
    language: str
    business_id: int
    sender: str
    time_zone: str
    points: int
    first_at: datetime
    now: datetime


def warn() -> int:
    """Queues every warning that is due, and returns how many. Safe to repeat, late, and beside another."""
    return sum(_warn(days) for days in AHEAD)


def _warn(days: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"days": days})
        wallets = [wallet_id for (wallet_id,) in cursor.fetchall()]
    warned = 0
    for first in range(0, len(wallets), WALLETS_AT_ONCE):
        warned += _warn_some(days, wallets[first : first + WALLETS_AT_ONCE])
    return warned


@transaction.atomic
def _warn_some(days: int, wallets: list[int]) -> int:
    """Under the locks of the wallets: who warns beside us waits here, and then finds what we have said."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM loyalty_wallet WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE", [wallets])
        cursor.execute(DUE, {"days": days, "wallets": wallets})
        found = [Due(*row) for row in cursor.fetchall()]
    for due in found:
        _queue(days, due)
    return len(found)


def _queue(days: int, due: Due) -> None:
    zone = ZoneInfo(due.time_zone)
    day = format_date(due.first_at.astimezone(zone).date(), "d MMMM", locale=due.language)
    message = messages.queue(
        kind=MessageKind.POINTS_EXPIRING,
        to=due.phone,
        text=texts.points_expiring(language=due.language, sender=due.sender, points=due.points, day=day),
        language=due.language,
        customer_id=due.customer_id,
        business_id=due.business_id,
        at=due.now,
        send_after=by_daylight(due.now.astimezone(zone)),
        send_before=due.first_at,
    )
    ExpiryWarning.objects.create(
        wallet_id=due.wallet_id, days=days, points=due.points, first_at=due.first_at, message=message, made_at=due.now
    )


def by_daylight(local: datetime) -> datetime:
    """Now, or the next morning, by the clock of who writes."""
    if FROM <= local.time() < UNTIL:
        return local
    day = local.date() if local.time() < FROM else local.date() + timedelta(days=1)
    return datetime.combine(day, FROM, local.tzinfo)
