"""What happened at a business, newest day first, filtered; as quick for a million operations as for ten.

A page looks through WINDOW operations at most. A rare kind may fill no page in that; then the next page looks further.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from businesses.models import Staff
from loyalty.models import Operation

PAGE = 30
WINDOW = 20_000
CHUNK = 2_000


@dataclass(frozen=True)
class Filters:
    """What is asked for; None and "" ask for everything. `refused`: only what was refused, else only what was done."""

    kind: str = ""
    branch_id: int | None = None
    staff_id: int | None = None
    since: date | None = None
    until: date | None = None
    refused: bool = False


@dataclass(frozen=True)
class Page:
    """`operations` carry `amount`, `spent_on` and `undone` besides. `before`: where the next page begins, None at the
    end; `looked_on`: the day back to which it has looked without filling the page."""

    operations: list[Any]
    before: UUID | None = None
    looked_on: date | None = None


def page(*, business_id: int, filters: Filters, before: UUID | None = None) -> Page:
    looked = _operations(business_id, filters, before)
    window = looked.values("pk")[:WINDOW]
    rows = list(_shown(_asked(Operation.objects.filter(pk__in=window), filters))[: PAGE + 1])
    if len(rows) > PAGE:
        return Page(rows[:PAGE], rows[PAGE - 1].public_id)
    last = looked.values("public_id", "local_on")[WINDOW - 1 : WINDOW].first()
    return Page(rows, last["public_id"], last["local_on"]) if last else Page(rows)


def everything(*, business_id: int, filters: Filters) -> Iterator[list[Any]]:
    """All that is asked for, in pieces, each with a query of its own: nobody's export holds a transaction open."""
    before = None
    while True:
        looked = list(_operations(business_id, filters, before).values_list("pk", "public_id")[:CHUNK])
        if not looked:
            return
        ids = [pk for pk, _public_id in looked]
        yield list(_shown(_asked(Operation.objects.filter(pk__in=ids), filters)))
        before = looked[-1][1]


def _operations(business_id: int, filters: Filters, before: UUID | None) -> QuerySet[Operation]:
    """In the order of the index, from where the last page ended; what an index answers is filtered here."""
    found = Operation.objects.filter(business_id=business_id)
    if filters.staff_id:
        found = found.filter(staff_id=filters.staff_id)
    if filters.since:
        found = found.filter(local_on__gte=filters.since)
    if filters.until:
        found = found.filter(local_on__lte=filters.until)
    edge = before and Operation.objects.filter(business_id=business_id, public_id=before).first()
    if edge:
        found = found.filter(
            Q(local_on__lt=edge.local_on) | Q(local_on=edge.local_on, pk__lt=edge.pk), local_on__lte=edge.local_on
        )
    return found.order_by("-local_on", "-pk")


def _asked(found: QuerySet[Operation], filters: Filters) -> QuerySet[Operation]:
    asked: dict[str, Any] = {"refusal__isnull": not filters.refused}
    if filters.kind:
        asked["kind"] = filters.kind
    if filters.branch_id:
        asked["branch_id"] = filters.branch_id
    return found.filter(**asked)


def _shown(found: QuerySet[Operation]) -> QuerySet[Any]:
    reversal = Operation.objects.filter(reverses_id=OuterRef("pk"), refusal__isnull=True)
    together = ("branch", "staff__user", "api_key", "wallet", "approval__staff__user", "adjustment")
    return (
        found.annotate(undone=Exists(reversal), amount=F("purchase__amount"), spent_on=F("redemption__description"))
        .select_related(*together)
        .order_by("-local_on", "-pk")
    )


def staff_of(business_id: int) -> QuerySet[Staff]:
    """Also those who left: what they did stays."""
    return Staff.objects.filter(business_id=business_id).select_related("user").order_by("user__first_name", "id")
