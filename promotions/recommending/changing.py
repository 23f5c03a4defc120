"""Changing what a business lets be recommended, with the memory of who changed what."""

from datetime import datetime
from typing import Any

from django.db import transaction

from businesses.limits import one_after_another
from businesses.models import Business, Staff
from promotions.models import RecommendationRules, RecommendationRulesChange


class ChangedMeanwhile(Exception):
    """Others changed some of these fields after the author began. `fields` are their names."""

    def __init__(self, fields: set[str]) -> None:
        super().__init__(fields)
        self.fields = fields


def rules_of(business: Business) -> RecommendationRules:
    """As it has set them, or unsaved ones that say the defaults."""
    return RecommendationRules.objects.filter(business=business).first() or RecommendationRules(business=business)


def count(business: Business) -> int:
    """How many changes there have been: whoever begins to answer remembers it as `seen`."""
    return RecommendationRulesChange.objects.filter(business=business).count()


@transaction.atomic
def apply(*, business: Business, values: dict[str, Any], staff: Staff, at: datetime, seen: int | None = None) -> None:
    """Sets the fields that differ and keeps each change with its author. Raises `ChangedMeanwhile`."""
    one_after_another(f"recommending:{business.pk}")  # there may be no row to lock yet
    now = rules_of(business)
    news = {name: value for name, value in values.items() if value != getattr(now, name)}
    changes = RecommendationRulesChange.objects.filter(business=business).order_by("id")
    if seen is not None and (theirs := {change.field for change in changes[seen:]} & news.keys()):
        raise ChangedMeanwhile(theirs)
    RecommendationRulesChange.objects.bulk_create(
        RecommendationRulesChange(
            business=business, staff=staff, field=name, before=str(getattr(now, name)), after=str(value), at=at
        )
        for name, value in news.items()
    )
    for name, value in news.items():
        setattr(now, name, value)
    if news:
        now.save()
