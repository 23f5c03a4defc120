"""A cashier's day at the counter: the totals, the list, and who was here."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from customers import people
from customers.people import Person
from loyalty import parts
from loyalty.models import Membership, Operation, OperationKind, Redemption, RedemptionStatus, Wallet

LIST_LENGTH = 20
RECENT = 8


@dataclass(frozen=True)
class Totals:
    """Of what still stands: what was refunded counts nowhere."""

    customers: int
    points: int
    sales: Decimal


@dataclass(frozen=True)
class Act:
    """One line of today's list, newest first."""

    operation: Operation
    person: Person
    undone: bool
    amount: Decimal | None
    description: str | None
    at: datetime | None = None  # of what was collected, when that was


def _acts(staff_id: int) -> QuerySet[Operation]:
    kinds = [OperationKind.PURCHASE, OperationKind.REDEMPTION, OperationKind.CONFIRMATION]
    return Operation.objects.filter(staff_id=staff_id, kind__in=kinds, refusal__isnull=True)


def totals(*, staff_id: int, day: date) -> Totals:
    row = (
        _acts(staff_id)
        .filter(local_on=day, kind=OperationKind.PURCHASE)
        .annotate(left=F("purchase__amount") - F("purchase__refunded"), taken_back=Coalesce(Subquery(TAKEN_BACK), 0))
        .aggregate(
            customers=Count("customer", distinct=True, filter=Q(left__gt=0)),
            points=Sum(F("points") + Coalesce("pending", 0) - F("taken_back")),
            sales=Sum("left"),
        )
    )
    return Totals(row["customers"], row["points"] or 0, row["sales"] or Decimal(0))


# The points that refunds took from a sale, those that are owed and those that wait among them.
TAKEN_BACK = (
    parts.REVERSALS.values("reverses_id")
    .annotate(taken=-Sum(F("points") - Greatest("owed_delta", 0) + Coalesce("pending", 0)))
    .values("taken")
)


def today(*, staff_id: int, day: date, program_id: int, length: int = LIST_LENGTH) -> list[Act]:
    done = parts.with_undone(_acts(staff_id).filter(local_on=day))
    rows = list(
        done.annotate(amount=F("purchase__amount"), description=F("redemption__description"))
        .select_related("approval__staff__user", "purchase")
        .order_by("-id")[:length]
    )
    persons = people.on_screen(program_id=program_id, customer_ids=[row.customer_id for row in rows])
    collected = _collected([row.pk for row in rows if row.kind == OperationKind.CONFIRMATION])
    acts = []
    for row in rows:
        person = persons[row.customer_id]
        if held := collected.get(row.pk):
            undone = held.status == RedemptionStatus.CANCELLED
            acts.append(Act(held.operation, person, undone, None, held.description, row.occurred_at))
        else:
            acts.append(Act(row, person, row.undone, row.amount, row.description))
    return acts


def _collected(confirmations: list[int]) -> dict[int, Redemption]:
    """What each confirmation handed out: the line that a cashier may undo."""
    if not confirmations:
        return {}
    held = Redemption.objects.filter(confirmed_by__in=confirmations).select_related("operation__approval")
    return {row.confirmed_by_id: row for row in held if row.confirmed_by_id}


@dataclass(frozen=True)
class Recent:
    wallet: Wallet
    person: Person
    membership: Membership | None


def recent(*, staff_id: int, business_id: int, program_id: int) -> list[Recent]:
    """The last few customers whom this cashier served."""
    served = _acts(staff_id).order_by("-local_on", "-id").values_list("customer_id", flat=True)[: RECENT * 8]
    ids = list(dict.fromkeys(served))[:RECENT]
    wallets = {
        wallet.customer_id: wallet for wallet in Wallet.objects.filter(program_id=program_id, customer_id__in=ids)
    }
    memberships = {
        row.customer_id: row for row in Membership.objects.filter(business_id=business_id, customer_id__in=ids)
    }
    persons = people.on_screen(program_id=program_id, customer_ids=ids)
    return [Recent(wallets[pk], persons[pk], memberships.get(pk)) for pk in ids]
