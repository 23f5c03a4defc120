"""A list on pages: what templates/components/pagination.html shows of it, whatever the address asks for."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from businesses import shown

PAGE = 50
LONGEST = 120


def page(
    rows: Sequence[Any] | QuerySet[Any], number: str | None, *, size: int = PAGE, name: str = "page", **query: str
) -> dict[str, Any]:
    """The rows of one page and the ways to its neighbours, which keep the `query`.

    Nonsense gives the first page and a number too high the last. `name` is that of the number in the address.
    """
    found = Paginator(rows, size).get_page(number)
    kept = {key: value for key, value in query.items() if value}
    figures = {"first": found.start_index(), "last": found.end_index(), "all": found.paginator.count}
    return {
        "rows": found.object_list,
        "previous_url": _url(kept, name, found.previous_page_number()) if found.has_previous() else "",
        "next_url": _url(kept, name, found.next_page_number()) if found.has_next() else "",
        "shown": _("%(first)s–%(last)s of %(all)s") % {key: shown.number(value) for key, value in figures.items()},
    }


def sought(request: HttpRequest) -> str:
    """What a list is searched for, by `q` in its address."""
    return " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]


def _url(query: dict[str, str], name: str, number: int) -> str:
    return "?" + urlencode(query | {name: number})
