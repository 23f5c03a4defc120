"""Changing the rules of a business, with the memory of who changed what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from businesses.models import Business, SettingChange, Staff, User


@dataclass
class ChangedMeanwhile(ValueError):
    """Others changed the same fields after these answers were begun. `now` is the business as it stands."""

    changes: list[SettingChange]
    now: Business


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


def _unseen(business: Business, seen: int, news: dict[str, Any]) -> list[SettingChange]:
    later = business.setting_changes.select_related("staff__user", "api_key", "operator").order_by("id")[seen:]
    return [change for change in later if change.field in news]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
