"""Every read of the ledger's entries: lists, the last few, and why a balance is what it is.

What a business may see of a customer's life elsewhere: points and moments, never a name, an amount, a key or a
reference. Beside a confidential business (`Rules.discreet`) not even the lines of the others show: the balance less all
that is shown would tell what was given there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Sum

from loyalty.models import Entry, Lot, Purchase, Redemption, Wallet
from loyalty.rules import Rules

LAST = 5


@dataclass(frozen=True)
class Line:
    """An entry as one business may see it. `business` is None elsewhere."""

    id: int
    operation: UUID
    kind: str
    points: int
    balance_after: int
    owed_delta: int
    reverses: UUID | None
    occurred_at: datetime
    business: str | None
    amount: Decimal | None
    description: str | None
    reference: str | None
    key: str | None


def visible(*, wallet_id: int, rules: Rules) -> QuerySet[Entry]:
    """A customer's entries that staff of the rules' business may know of, newest first."""
    found = Entry.objects.select_related("operation", "business", "reverses__operation")
    entries = found.filter(wallet_id=wallet_id).order_by("-id")
    return entries.filter(business_id=rules.business_id) if rules.discreet else entries


def lines(entries: Iterable[Entry], *, business_id: int) -> Iterator[Line]:
    """The entries of `visible` as lines, with what belongs to other businesses left out."""
    rows = list(entries)
    operations = [row.operation_id for row in rows]
    amounts = dict(Purchase.objects.filter(pk__in=operations).values_list("pk", "amount"))
    spent_on = dict(Redemption.objects.filter(pk__in=operations).values_list("pk", "description"))
    for row in rows:
        mine = row.business_id == business_id
        yield Line(
            id=row.pk,
            operation=row.operation.public_id,
            kind=row.kind,
            points=row.points,
            balance_after=row.balance_after,
            owed_delta=row.owed_delta,
            reverses=row.reverses.operation.public_id if row.reverses and mine else None,
            occurred_at=row.occurred_at,
            business=row.business.name if mine and row.business else None,
            amount=amounts.get(row.operation_id) if mine else None,
            description=spent_on.get(row.operation_id) if mine else None,
            reference=row.operation.reference if mine else None,
            key=row.operation.key if mine and row.operation.scope != "system" else None,
        )


@dataclass(frozen=True)
class Recent:
    """One of the last lines, for a lookup; where and how much only where it is the business's own. A purchase whose
    points wait has no entry yet, and is a line of `pending` points."""

    occurred_at: datetime
    points: int
    business: str | None
    amount: Decimal | None
    pending: int = 0


# What `visible` and `lines` do, and `pending.visible`, in one statement: tills look customers up all day.
LAST_LINES = """
SELECT l.occurred_at, l.points, own.name, p.amount, l.pending
  FROM (
    (SELECT operation_id, id, business_id, occurred_at, points, 0 AS pending
       FROM loyalty_entry
      WHERE wallet_id = %(wallet)s::bigint AND (business_id = %(business)s::bigint OR NOT %(discreet)s::boolean)
      ORDER BY id DESC LIMIT %(lines)s::integer)
    UNION ALL
    (SELECT w.operation_id, 0, w.issuer_id, o.occurred_at, 0, w.points - w.refunded
       FROM loyalty_pending w JOIN loyalty_operation o ON o.id = w.operation_id
      WHERE w.wallet_id = %(wallet)s::bigint AND w.settled_by_id IS NULL
        AND (w.issuer_id = %(business)s::bigint OR NOT %(discreet)s::boolean)
      ORDER BY w.operation_id DESC LIMIT %(lines)s::integer)
  ) l
  LEFT JOIN businesses_business own ON own.id = l.business_id AND own.id = %(business)s::bigint
  LEFT JOIN loyalty_purchase p ON p.operation_id = l.operation_id AND p.business_id = own.id
 ORDER BY l.operation_id DESC, l.id DESC LIMIT %(lines)s::integer"""


def last(*, wallet_id: int, rules: Rules) -> list[Recent]:
    values = {"wallet": wallet_id, "business": rules.business_id, "discreet": rules.discreet, "lines": LAST}
    with connection.cursor() as cursor:
        cursor.execute(LAST_LINES, values)
        return [Recent(*row) for row in cursor.fetchall()]


def expiring(*, wallet: Wallet, rules: Rules) -> list[dict[str, Any]]:
    """What expires when, soonest first: {points, at}; beside a confidential business only what one issued oneself."""
    lots = Lot.objects.open_of(wallet, discreetly=rules.discreet).filter(gone_at__isnull=False)
    if rules.discreet:
        lots = lots.filter(issuer_id=rules.business_id)
    rows = lots.values("gone_at").annotate(points=Sum("remaining")).order_by("gone_at")
    return [{"points": row["points"], "at": row["gone_at"]} for row in rows]


@dataclass(frozen=True)
class Why:
    """A balance opened to the lots that make it up.

    `elsewhere` sums what other businesses issued; beside a confidential one it is None.
    """

    lots: list[Lot]
    elsewhere: int | None


def why(*, wallet: Wallet, rules: Rules) -> Why:
    lots = Lot.objects.open_of(wallet, discreetly=rules.discreet)
    mine = lots.filter(issuer_id=rules.business_id).select_related("entry__operation").order_by("gone_at", "id")
    if rules.discreet:
        return Why(list(mine), None)
    others = lots.exclude(issuer_id=rules.business_id).aggregate(points=Sum("remaining"))["points"]
    return Why(list(mine), others or 0)
