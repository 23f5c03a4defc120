"""Limits that are counted in the database, one asker after another: who cannot be counted is refused."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet


def one_after_another(*names: str) -> None:
    """Until the transaction ends; locked in sorted order, so that two askers never wait for each other."""
    numbers = sorted(int.from_bytes(_digest(name)[:8], signed=True) for name in names)
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [number])


def wait(moments: QuerySet[Any, datetime], *, most: int, window: timedelta, at: datetime) -> timedelta:
    """How long until another of `most` within the `window` is free, not above zero if one is. Newest first."""
    counted = list(moments[:most])
    return counted[-1] + window - at if len(counted) == most else timedelta()


def _digest(name: str) -> bytes:
    return hmac.digest(settings.KEY_PEPPER.encode(), f"lock:{name}".encode(), hashlib.sha256)
