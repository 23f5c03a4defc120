"""The nightly look at everybody's tier.

Who no longer earns theirs is told, and loses it by one step when the programme's days of notice are over. Who was not
measured since their sales were posted in bulk, or since the tiers changed, is measured.
"""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.db import connection, transaction
from django.utils import translation

from customers import messages, texts
from customers.models import MessageKind
from loyalty import tier_words, tiers
from loyalty.models import Wallet
from loyalty.reminding import by_daylight

WALLETS_AT_ONCE = 2_000
LOCKED_AT_ONCE = 100

# The last wallet of the next stretch, and those in it of which something may have to be said or done.
STRETCH = """
SELECT max(w.id), coalesce(array_agg(w.id ORDER BY w.id) FILTER (WHERE
         p.tier_basis <> '' AND (w.tier_version IS DISTINCT FROM p.tiers_version OR w.tier_ends_at IS NOT NULL
         OR CASE WHEN t.threshold > 0 OR t.categories > 0 THEN NOT loyalty_tier_is_held(w, loyalty_now()) END)), '{}')
  FROM (SELECT * FROM loyalty_wallet
         WHERE id > %(last)s::bigint AND (%(program)s::bigint IS NULL OR program_id = %(program)s::bigint)
         ORDER BY id LIMIT %(many)s::integer) AS s
  JOIN loyalty_wallet w ON w.id = s.id
  JOIN businesses_program p ON p.id = w.program_id
  LEFT JOIN loyalty_tier t ON t.id = w.tier_id"""
REVIEW = """
SELECT due.id, r.outcome, r.ends_at, loyalty_now()
  FROM unnest(%s::bigint[]) AS due(id) CROSS JOIN LATERAL loyalty_review_tier(due.id) r"""
# Written to by the business that they agreed to hear from and came to last; a confidential one writes as its programme.
READER = """
SELECT c.phone, coalesce(nullif(f.language, ''), b.language), b.id,
       CASE WHEN b.confidential THEN p.name ELSE b.name END, b.time_zone
  FROM loyalty_wallet w
  JOIN businesses_program p ON p.id = w.program_id
  JOIN customers_customer c ON c.id = w.customer_id AND c.phone IS NOT NULL AND c.blocked_at IS NULL
  JOIN businesses_business b ON b.program_id = w.program_id AND b.status = 'active'
   AND (SELECT k.granted FROM customers_consent k
         WHERE k.customer_id = w.customer_id AND k.business_id = b.id AND k.channel = 'sms' ORDER BY k.id DESC LIMIT 1)
  LEFT JOIN customers_profile f ON f.customer_id = w.customer_id AND f.program_id = w.program_id
  LEFT JOIN loyalty_membership m ON m.business_id = b.id AND m.customer_id = w.customer_id
 WHERE w.id = %s::bigint
 ORDER BY m.last_at DESC NULLS LAST, b.id LIMIT 1"""


class Reader(NamedTuple):
    phone: str
    language: str
    business_id: int
    sender: str
    time_zone: str


def review(*, program_id: int | None = None) -> dict[str, int]:
    """Looks at every wallet, of one programme or of all, along the primary key and with a commit per few.

    Returns how many were `noticed`, `lowered`, `raised` or `kept`. Safe to repeat, late, killed anywhere, and beside
    purchases.
    """
    done = {"noticed": 0, "lowered": 0, "raised": 0, "kept": 0}
    last: int | None = 0
    while last is not None:
        with connection.cursor() as cursor:
            cursor.execute(STRETCH, {"last": last, "program": program_id, "many": WALLETS_AT_ONCE})
            last, candidates = cursor.fetchone()
        for first in range(0, len(candidates), LOCKED_AT_ONCE):
            for outcome in _review(candidates[first : first + LOCKED_AT_ONCE]):
                done[outcome] += 1
    return done


@transaction.atomic
def _review(wallets: list[int]) -> list[str]:
    """Each is locked and looked at again: a purchase may have come between."""
    with connection.cursor() as cursor:
        cursor.execute(REVIEW, [wallets])
        reviewed = cursor.fetchall()
    for wallet_id, outcome, _ends_at, now in reviewed:
        if outcome == "noticed":
            _tell(Wallet.objects.select_related("program", "tier").get(pk=wallet_id), now)
    return [outcome for _wallet, outcome, *_rest in reviewed]


def _tell(wallet: Wallet, now: datetime) -> None:
    reader = _reader(wallet)
    standing = tiers.standing(wallet=wallet, at=now)
    if reader is None or standing is None or standing.ending is None or wallet.tier_ends_at is None:
        return
    zone = ZoneInfo(reader.time_zone)
    with translation.override(reader.language):
        lacking = tier_words.lacking(standing.ending, wallet.program)
    messages.queue(
        kind=MessageKind.TIER_ENDING,
        to=reader.phone,
        text=texts.tier_ending(
            language=reader.language,
            sender=reader.sender,
            tier=standing.ending.tier.name,
            day=format_date(wallet.tier_ends_at.astimezone(zone).date(), "d MMMM", locale=reader.language),
            lacking=lacking,
        ),
        language=reader.language,
        customer_id=wallet.customer_id,
        business_id=reader.business_id,
        at=now,
        send_after=by_daylight(now.astimezone(zone)),
        send_before=wallet.tier_ends_at,
    )


def _reader(wallet: Wallet) -> Reader | None:
    with connection.cursor() as cursor:
        cursor.execute(READER, [wallet.pk])
        row = cursor.fetchone()
    return Reader(*row) if row else None
