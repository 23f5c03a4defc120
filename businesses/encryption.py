"""Personal fields and secrets at rest: AES-256-GCM under the keys of `settings.FIELD_KEYS`.

A sealed value is `<key id>.<base64(nonce + ciphertext)>`; the key id is the first 8 hex digits of the key's
SHA-256, so that a rotated-out key can still be named. The first key encrypts, all decrypt.
"""

import base64
import hashlib
import os
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE_BYTES = 12


@cache
def _keys() -> dict[str, AESGCM]:
    raw = [base64.b64decode(key) for key in settings.FIELD_KEYS]
    return {hashlib.sha256(key).hexdigest()[:8]: AESGCM(key) for key in raw}


def seal(text: str) -> str:
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    return f"{key_id}.{base64.b64encode(nonce + key.encrypt(nonce, text.encode(), None)).decode()}"


def unseal(sealed: str) -> str:
    """Raises `KeyError` when the key that sealed it is no longer in `FIELD_KEYS`."""
    key_id, _, body = sealed.partition(".")
    raw = base64.b64decode(body)
    return _keys()[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def current_prefix() -> str:
    """What every value begins with that the first key sealed."""
    return f"{next(iter(_keys()))}."


class EncryptedTextField(models.TextField):
    """Text that the database never sees. It cannot be searched; an empty string stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        return seal(value) if value else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return unseal(value) if value else value
