"""Columns of the hot tables."""

from typing import Any

from django.db import models


def hot(to: type[models.Model] | str, **options: Any) -> models.ForeignKey:
    """A foreign key of a hot table: no constraint, no index of its own unless asked for."""
    return models.ForeignKey(
        to, models.PROTECT, **{"db_constraint": False, "db_index": False, "related_name": "+", **options}
    )


class RealField(models.FloatField):
    """Four bytes: an estimate is not known more exactly."""

    def db_type(self, connection: object) -> str:
        return "real"


class TransactionIdField(models.Field):
    """PostgreSQL's 64-bit transaction id. Compare it in SQL only."""

    def db_type(self, connection: object) -> str:
        return "xid8"
