"""Branches of a business: found among very many, changed by one person after another; one at least stays open."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from businesses import alphabet, meanwhile
from businesses.finder import MOST, Finder
from businesses.models import Branch, Business

FEW = 20  # more than these nobody reads through: one looks for a branch by its name


class LastBranch(ValueError):
    """Purchases need a place; a business that stops is closed by its operator."""


class NameTaken(ValueError):
    """Another branch has it, perhaps a closed one."""


def listed(*, business: Business, sought: str = "", closed: bool = False) -> list[int]:
    """Ids of the branches with all these words in their name, city or address, by name. Closed ones come last."""
    rows = business.branches.values_list("pk", "name", "city", "address", "closed_at", named=True)
    if not closed:
        rows = rows.filter(closed_at=None)
    found = [row for row in rows if alphabet.holds(f"{row.name} {row.city} {row.address}", sought)]
    found.sort(key=lambda row: (row.closed_at is not None, alphabet.order(row.name, business.language)))
    return [row.pk for row in found]


def finder(*, business: Business, chosen: str = "", sought: str = "", none: str = "", closed: bool = False) -> Finder:
    """To choose one from, or `none`. The one that is `chosen`, by its public id, always stands there."""
    found = listed(business=business, sought=sought, closed=closed)
    count = len(found) if not sought else len(listed(business=business, closed=closed))
    many = count > FEW
    offered = rows(found[:MOST] if sought else []) if many else rows(found)
    if not any(str(row.public_id) == chosen for row in offered):
        offered = [*_known(business, chosen, closed), *offered]
    labels = [(str(row.public_id), f"{row.name} · {row.city}" if row.city else row.name) for row in offered]
    more = max(0, len(found) - MOST) if sought else 0
    return Finder(none=none, all=count, offered=labels, many=many, sought=sought, more=more)


def rows(ids: list[int]) -> list[Branch]:
    """Those branches, in that order."""
    by_id = Branch.objects.in_bulk(ids)
    return [by_id[pk] for pk in ids]


def add(branch: Branch) -> None:
    """A new one. Raises `NameTaken`."""
    _save(branch)


@transaction.atomic
def change(*, branch: Branch, values: dict[str, str], seen: dict[str, str]) -> None:
    """Its name, place and hours. Raises `NameTaken`, and `meanwhile.Changed` if it is no longer what was `seen`."""
    now = Branch.objects.select_for_update().get(pk=branch.pk)
    meanwhile.refuse(seen=seen, now={name: getattr(now, name) for name in values}, values=values)
    for name, value in values.items():
        setattr(now, name, value)
    _save(now)


@transaction.atomic
def close(*, branch: Branch, at: datetime) -> None:
    """Its purchases stay; nobody sells there any more. A second time changes nothing. Raises `LastBranch`."""
    Business.objects.select_for_update().get(pk=branch.business_id)  # two people closing two branches leave one
    if is_last(branch):
        raise LastBranch
    Branch.objects.filter(pk=branch.pk, closed_at=None).update(closed_at=at)


def reopen(*, branch: Branch) -> None:
    """People sell and join there again. A second time changes nothing."""
    Branch.objects.filter(pk=branch.pk).update(closed_at=None)


def is_last(branch: Branch) -> bool:
    """Whether no other branch of its business is open."""
    return not Branch.objects.filter(business=branch.business_id, closed_at=None).exclude(pk=branch.pk).exists()


def _known(business: Business, public_id: str, closed: bool) -> list[Branch]:
    try:
        found = business.branches.filter(public_id=UUID(public_id))
    except ValueError:
        return []
    return list(found if closed else found.filter(closed_at=None))


def _save(branch: Branch) -> None:
    try:
        with transaction.atomic():
            branch.save()
    except IntegrityError as error:
        raise NameTaken(branch.name) from error
