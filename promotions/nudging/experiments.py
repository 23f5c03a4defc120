"""Turning it on and off, and into which group a customer falls."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from businesses.limits import one_after_another
from businesses.models import Business, Staff
from promotions.models import BUCKETS, Experiment


class Confidential(Exception):
    """A message would tell whose customer somebody is: such a business writes to nobody by itself."""


class ChangedMeanwhile(Exception):
    """Another experiment runs than the one that the author saw."""


def bucket(key: str, customer_id: int) -> int:
    """One of 10,000, always the same for a customer of an experiment, and another one in the next."""
    digest = hashlib.sha256(f"{key}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def is_control(bucket: int, *, percent: int) -> bool:
    return bucket * 100 < BUCKETS * percent


def running(business: Business) -> Experiment | None:
    return Experiment.objects.filter(business=business, ended_at=None).select_related("offer").first()


@transaction.atomic
def begin(
    *, business: Business, terms: Mapping[str, Any], staff: Staff, at: datetime, seen: int | None = None
) -> Experiment:
    """A new one, which ends the one that runs: `seen` is its id, as the author knew it. Raises `Confidential`,
    `ChangedMeanwhile`."""
    if business.confidential:
        raise Confidential
    one_after_another(f"experiment:{business.pk}")
    now = running(business)
    if (now.pk if now else None) != seen:
        raise ChangedMeanwhile
    if now:
        end(experiment=now, staff=staff, at=at)
    public_id = uuid.uuid4()
    return Experiment.objects.create(
        business=business, public_id=public_id, key=f"win-back-{public_id}", begun_by=staff, begun_at=at, **terms
    )


def end(*, experiment: Experiment, staff: Staff, at: datetime) -> None:
    """Nobody is drawn any more; coupons that customers hold stay good, and who was drawn is measured. Twice is once."""
    Experiment.objects.filter(pk=experiment.pk, ended_at=None).update(ended_at=at, ended_by=staff)
