"""What happened at a business, newest day first, filtered; as quick for a million operations as for ten.

A page looks through WINDOW operations at most. A rare kind may fill no page in that; then the next page looks further.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from businesses.models import Staff
from loyalty import parts
from loyalty.models import Operation

PAGE = 30
WINDOW = 5_000
CHUNK = 1_000


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
    # Only ids at first: what a line shows is read for the lines of this page alone. Mostly the first look is enough.
    for reach in (4 * PAGE, WINDOW):
        looked = list(_looked(business_id, filters, before)[:reach])
        ids = [row.pk for row in looked if _is_asked(row, filters)][: PAGE + 1]
        if len(ids) > PAGE or len(looked) < reach:
            break
    rows = list(_shown(ids[:PAGE]))
    if len(ids) > PAGE:
        return Page(rows, rows[-1].public_id)
    return Page(rows, looked[-1].public_id, looked[-1].local_on) if len(looked) == reach else Page(rows)


def everything(*, business_id: int, filters: Filters) -> Iterator[list[Any]]:
    """All that is asked for, in pieces, each with a query of its own: nobody's export holds a transaction open."""
    before = None
    while True:
        looked = list(_looked(business_id, filters, before)[:CHUNK])
        if not looked:
            return
        yield list(_shown([row.pk for row in looked if _is_asked(row, filters)]))
        before = looked[-1].public_id


def _looked(business_id: int, filters: Filters, before: UUID | None) -> QuerySet[Any]:
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
    columns = ("public_id", "local_on", "kind", "branch_id")
    found = found.annotate(refused=Q(refusal__isnull=False)).order_by("-local_on", "-pk")
    return found.values_list("pk", *columns, "refused", named=True)


def _is_asked(row: Any, filters: Filters) -> bool:
    kind, branch = filters.kind or row.kind, filters.branch_id or row.branch_id
    return bool((row.kind, row.branch_id, row.refused) == (kind, branch, filters.refused))


def _shown(ids: list[int]) -> QuerySet[Any]:
    together = (
        "branch",
        "staff__user",
        "api_key",
        "wallet",
        "approval__staff__user",
        "adjustment",
        "promise",
        "purchase",
    )
    amount = Coalesce(F("purchase__amount"), -F("refund__amount"))
    found: QuerySet[Any] = (
        parts.with_undone(Operation.objects.filter(pk__in=ids))
        .annotate(amount=amount, spent_on=F("redemption__description"))
        .select_related(*together)
        .order_by("-local_on", "-pk")
    )
    return found


def staff_of(business_id: int) -> QuerySet[Staff]:
    """Also those who left: what they did stays."""
    return Staff.objects.filter(business_id=business_id).select_related("user").order_by("user__first_name", "id")
