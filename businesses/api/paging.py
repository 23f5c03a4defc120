"""Cursor pages: `?limit=&cursor=` → `{results, next_cursor}`. A cursor is sealed: our ids do not show."""

from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import QueryDict

from businesses.api.problems import Problem
from businesses.encryption import seal, unseal

MOST = 100
USUAL = 25
Row = TypeVar("Row", bound=Model)


def page(newest_first: QuerySet[Row], query: QueryDict, render: Callable[[list[Row]], list[Any]]) -> dict[str, Any]:
    """One page of rows that are ordered by `-id`; `render` turns its rows into what is shown, one for one."""
    limit, before = limit_of(query), _before(query.get("cursor"))
    if before is not None:
        newest_first = newest_first.filter(pk__lt=before)
    found = list(newest_first[: limit + 1])
    rows = found[:limit]
    return {"results": render(rows), "next_cursor": sealed(rows[-1].pk) if len(found) > limit else None}


@dataclass(frozen=True)
class Listing:
    """A list in SQL, for those that are asked for all the time: the `columns`, the id first, of what is `found`
    (FROM … WHERE …), and what else may be `asked`: a condition for each name. A page after the first begins `below`
    the id `%(before)s`. For a long list the order has to be that of an index."""

    columns: Sequence[str]
    found: str
    asked: Mapping[str, str] = field(default_factory=dict)
    order: str = "id DESC"
    below: str = "id < %(before)s::bigint"

    def page(
        self, values: Mapping[str, Any], query: QueryDict, render: Callable[[list[Any]], list[Any]]
    ) -> dict[str, Any]:
        """As `page` above. Of `values`, None asks for nothing."""
        limit, before = limit_of(query), _before(query.get("cursor"))
        rows = self.rows({**values, "before": before}, limit + 1)
        following = sealed(rows[limit - 1][0]) if len(rows) > limit else None
        return {"results": render(rows[:limit]), "next_cursor": following}

    def rows(self, values: Mapping[str, Any], most: int) -> list[Any]:
        conditions = {**self.asked, "before": self.below}
        asked = [condition for name, condition in conditions.items() if values.get(name) is not None]
        columns, where = ", ".join(self.columns), " AND ".join([self.found, *asked])
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} {where} ORDER BY {self.order} LIMIT {most}", values)
            return list(cursor.fetchall())


def only(query: QueryDict, *names: str) -> None:
    """Refuses what neither stands among the names nor belongs to paging: a field that is not known is never ignored."""
    if unknown := query.keys() - {*names, "limit", "cursor"}:
        errors = {str(name)[:64]: ["No such field."] for name in unknown}
        raise Problem(422, "invalid", "Some fields are wrong.", errors=errors)


def offset_of(query: QueryDict) -> int:
    """Where a page begins of a list that is not in the order of its ids; `sealed` made the cursor."""
    return max(0, _before(query.get("cursor")) or 0)


def sealed(place: int) -> str:
    """With signs that an address takes as they are."""
    return seal(str(place)).translate(str.maketrans("+/", "-_"))


def limit_of(query: QueryDict) -> int:
    text = query.get("limit")
    if text is None:
        return USUAL
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
        raise Problem(422, "invalid", "Some fields are wrong.", errors={"limit": [f"Has to be between 1 and {MOST}."]})
    return int(text)


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        return int(unseal(cursor.translate(str.maketrans("-_", "+/"))))
    except (KeyError, ValueError, NotBase64, InvalidTag):
        errors = {"cursor": ["Is not a cursor of ours."]}
        raise Problem(422, "invalid", "Some fields are wrong.", errors=errors) from None
