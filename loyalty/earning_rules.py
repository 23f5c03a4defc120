"""Making, changing and ending the rules by which sales earn. The arithmetic is in `loyalty/earning.py`.

A rule is never edited: changing one ends it and puts the next of its series in its place.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from businesses.models import Business, Program, User
from loyalty.models import EarningRule

MOST_RULES = 100


class TooMany(Exception):
    """A business, or a programme for all of them, keeps at most `MOST_RULES` in force."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed or ended this rule."""


def is_full(*, program: Program, business: Business | None) -> bool:
    """Whether there is no room for another rule of the business, or of the programme for all of them."""
    return EarningRule.objects.filter(program=program, business=business, ended_at=None).count() >= MOST_RULES


def make(
    *, program: Program, business: Business | None, values: Mapping[str, Any], by: User, at: datetime
) -> EarningRule:
    """A new rule of a business, or without one of all businesses of the programme. Raises `TooMany`."""
    if is_full(program=program, business=business):
        raise TooMany
    return EarningRule.objects.create(program=program, business=business, made_by=by, made_at=at, **values)


@transaction.atomic
def change(*, rule: EarningRule, values: Mapping[str, Any], by: User, at: datetime) -> EarningRule:
    """The rule that takes its place. Raises `ChangedMeanwhile`."""
    end(rule=rule, by=by, at=at)
    return EarningRule.objects.create(
        program_id=rule.program_id,
        business_id=rule.business_id,
        series=rule.series,
        made_by=by,
        made_at=at,
        **values,
    )


def end(*, rule: EarningRule, by: User, at: datetime) -> None:
    """From the next sale on it gives nothing. Raises `ChangedMeanwhile`."""
    if not EarningRule.objects.filter(pk=rule.pk, ended_at=None).update(ended_by=by, ended_at=at):
        raise ChangedMeanwhile
