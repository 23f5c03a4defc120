"""Changing the rules of a business, and what it offers, with the memory of who changed what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from businesses.models import Business, SettingChange, Staff, User


@dataclass
class ChangedMeanwhile(ValueError):
    """Others changed the same fields after these answers were begun. `now` is the business as it stands."""

    changes: list[SettingChange]
    now: Business


class Newer(Exception):
    """Others changed a row since its author saw it. `changes`, the first first."""

    def __init__(self, changes: list[Any]) -> None:
        super().__init__(changes)
        self.changes = changes


def count(business: Business) -> int:
    """How many changes there have been: whoever begins to answer remembers it as `seen`."""
    return business.setting_changes.count()


@transaction.atomic
def apply(
    *,
    business_id: int,
    values: dict[str, Any],
    staff: Staff | None = None,
    api_key_id: int | None = None,
    operator: User | None = None,
    at: datetime,
    seen: int | None = None,
) -> Business:
    """Sets the fields that differ and keeps each change with its author: a member of staff, an API key or the operator.

    With `seen`, see `count`, it raises `ChangedMeanwhile` rather than overwrite what the author has not seen.
    """
    business = Business.objects.select_for_update(of=("self",)).select_related("program").get(pk=business_id)
    before = {name: getattr(business, name) for name in values}
    news = {name: value for name, value in values.items() if value != before[name]}
    if seen is not None and (unseen := _unseen(business, seen, news)):
        raise ChangedMeanwhile(unseen, business)
    for name, value in news.items():
        setattr(business, name, value)
    if news:
        business.save(update_fields=news)
    SettingChange.objects.bulk_create(
        SettingChange(
            business=business,
            staff=staff,
            api_key_id=api_key_id,
            operator=operator,
            field=name,
            before=_text(before[name]),
            after=_text(value),
            at=at,
        )
        for name, value in news.items()
    )
    return business


@transaction.atomic
def keep(
    *,
    row: Model,
    values: Mapping[str, Any],
    at: datetime,
    staff: Staff | None,
    operator: User | None,
    seen: int | None = None,
    refuse: Callable[[Any, Mapping[str, Any]], None] = lambda now, news: None,
) -> None:
    """Sets the fields of a row that differ, and no others, and keeps each as one of the row's `changes`.

    With `seen`, how many changes its author knew of, it raises `Newer` rather than overwrite what they have not seen.
    `refuse` raises where the row as it stands cannot take what is new.
    """
    rows = type(row)._default_manager
    now: Any = rows.select_for_update(of=("self",)).get(pk=row.pk)
    if seen is not None and (newer := list(now.changes.order_by("id")[seen:])):
        raise Newer(newer)
    before = {name: getattr(now, name) for name in values}
    news = {name: value for name, value in values.items() if value != before[name]}
    refuse(now, news)
    if news:
        rows.filter(pk=now.pk).update(**news)
    by = {now.changes.field.name: now, "staff": staff, "operator": operator, "at": at}
    kept = now.changes.model
    now.changes.bulk_create(
        kept(field=name, before=_text(before[name]), after=_text(value), **by) for name, value in news.items()
    )


def _unseen(business: Business, seen: int, news: dict[str, Any]) -> list[SettingChange]:
    later = business.setting_changes.select_related("staff__user", "api_key", "operator").order_by("id")[seen:]
    return [change for change in later if change.field in news]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
