"""Changing the rules of a business, with the memory of who changed what."""

from datetime import datetime
from typing import Any

from django.db import transaction

from businesses.models import Business, SettingChange, Staff


@transaction.atomic
def apply(
    *, business_id: int, values: dict[str, Any], staff: Staff | None = None, api_key_id: int | None = None, at: datetime
) -> Business:
    """Sets the fields that differ and keeps each change with its author: a member of staff or an API key."""
    business = Business.objects.select_for_update(of=("self",)).select_related("program").get(pk=business_id)
    before = {name: getattr(business, name) for name in values}
    news = {name: value for name, value in values.items() if value != before[name]}
    for name, value in news.items():
        setattr(business, name, value)
    if news:
        business.save(update_fields=news)
    SettingChange.objects.bulk_create(
        SettingChange(
            business=business,
            staff=staff,
            api_key_id=api_key_id,
            field=name,
            before=_text(before[name]),
            after=_text(value),
            at=at,
        )
        for name, value in news.items()
    )
    return business


def _text(value: Any) -> str:
    return "" if value is None else str(value)
