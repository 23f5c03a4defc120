"""Sealing anew, with the first of `FIELD_KEYS`, what an older key sealed; then the older one may go."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import transaction
from django.db.models import F, Field, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast

from businesses.encryption import EncryptedTextField, current_prefix, seal, unseal

CHUNK = 1000
SEALED = re.compile(r"[0-9a-f]{8}\.[A-Za-z0-9+/]+=*")


class Chunk(NamedTuple):
    """`lost` rows name a key that `FIELD_KEYS` no longer holds, and stay as they are."""

    looked_at: int
    rotated: int
    lost: int


class Place:
    """A column that holds sealed values."""

    def __init__(self, model: type[Model], field: "Field[Any, Any]") -> None:
        self.model, self.field = model, field
        self.is_text = isinstance(field, EncryptedTextField)

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    def rows(self) -> QuerySet[Any]:
        """Those that may hold a value of an older key; `sealed` is what the database holds."""
        if not self.is_text:
            return self.model._base_manager.annotate(sealed=F(self.field.name))
        rows = self.model._base_manager.annotate(sealed=Cast(self.field.name, TextField()))
        return rows.exclude(sealed="").exclude(sealed__startswith=current_prefix())

    def rotate(self) -> Iterator[Chunk]:
        """Each chunk is committed by itself: stopped and begun again, this goes on with what is left."""
        last: Any = 0
        while True:
            with transaction.atomic():
                # Locked, so that a recovery code used at this moment is not forgotten.
                rows = self.rows().filter(pk__gt=last).order_by("pk").select_for_update()
                found = list(rows.values_list("pk", "sealed")[:CHUNK])
                outcomes = [self._reseal(pk, sealed) for pk, sealed in found]
            if not found:
                return
            last = found[-1][0]
            yield Chunk(len(found), outcomes.count(True), outcomes.count(None))

    def _reseal(self, pk: Any, sealed: Any) -> bool | None:
        """Whether the row needed it; None if its key is gone."""
        try:
            anew = resealed(sealed)
        except KeyError:
            return None
        if anew == sealed:
            return False
        # As plain text: the field itself would seal what is sealed.
        value = Value(anew, output_field=TextField()) if self.is_text else anew
        self.model._base_manager.filter(pk=pk).update(**{self.field.name: value})
        return True


def places() -> Iterator[Place]:
    """Every encrypted field of every model, and the secrets of second factors, which allauth keeps as JSON."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield Place(model, field)
    yield Place(Authenticator, Authenticator._meta.get_field("data"))


def resealed(value: Any) -> Any:
    """The same with every sealed text in it under the first key. Raises `KeyError` if a key is gone."""
    if isinstance(value, dict):
        return {name: resealed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [resealed(inner) for inner in value]
    if isinstance(value, str) and SEALED.fullmatch(value) and not value.startswith(current_prefix()):
        return seal(unseal(value))
    return value
