"""What the businesses of a programme bring each other. It is a sequence of purchases and proves no referral."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Q

from loyalty.clearing.positions import FEW
from reports.models import Breadth, Passage


@dataclass(frozen=True)
class Pair:
    """A partner of a business; None where fewer than FEW customers went that way. `balance` is the smaller amount over
    the larger one: 1 where both bring each other the same."""

    partner_id: int
    brought: Passage | None
    sent: Passage | None

    @property
    def balance(self) -> Decimal | None:
        if self.brought is None or self.sent is None:
            return None
        return balance(self.brought.amount, self.sent.amount)


def balance(one: Decimal, other: Decimal) -> Decimal | None:
    """min/max of what two businesses bring each other; None where that is nothing."""
    return min(one, other) / max(one, other) if max(one, other) > 0 else None


def count(*, at: datetime) -> int:
    """Counts every programme anew; returns how many pairs of businesses anybody went between."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reports_count_network(%s::timestamptz)", [at])
        return int(cursor.fetchone()[0])


def of(business_id: int) -> list[Pair]:
    """Those with anything to show, who brought most first."""
    told = Passage.objects.filter(Q(business_id=business_id) | Q(origin_id=business_id), customers__gte=FEW)
    brought = {each.origin_id: each for each in told if each.business_id == business_id}
    sent = {each.business_id: each for each in told if each.origin_id == business_id}
    pairs = [Pair(partner, brought.get(partner), sent.get(partner)) for partner in brought.keys() | sent.keys()]
    return sorted(pairs, key=lambda pair: (-(pair.brought.amount if pair.brought else 0), pair.partner_id))


def breadth(program_id: int) -> tuple[Decimal | None, Decimal | None]:
    """The shares that partners may see, without the confidential: of the first 60 days and of the last; None where it
    would tell of a few."""
    found = Breadth.objects.filter(program_id=program_id, discreet=True).first()
    if found is None:
        return None, None
    return (
        found.share if found.eligible >= FEW else None,
        found.active_share if found.active >= FEW else None,
    )
