"""The code that a customer's page shows for half a minute: a QR card that also agrees to spending, once.

Its content is the card's token, the half minute and an HMAC of both (RFC 2104, SHA-256, cut to 96 bits). A minute later
a photograph of it is worth the card alone.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings

STEP = timedelta(seconds=30)
AROUND = 1  # steps before and after: for clocks that differ, and fingers that are slow
MARK = "."


def content(*, token: str, at: datetime) -> str:
    step = step_of(at)
    return MARK.join((token, str(step), _signature(token, step)))


def left(*, at: datetime) -> int:
    """Seconds until the next one."""
    seconds = int(STEP.total_seconds())
    return seconds - int(at.timestamp()) % seconds


def token_in(text: str) -> str:
    """The card that a scanned code names: a rotating one or the card itself. It says who it is, and nothing more."""
    return text.split(MARK, 1)[0]


def is_one(text: str) -> bool:
    return text.count(MARK) == 2


def read(text: str) -> tuple[str, int] | None:
    """Token and step of a code that we made; None of any other."""
    if not is_one(text):
        return None
    token, digits, signature = text.split(MARK)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 12 and signature.isascii()):
        return None
    step = int(digits)
    return (token, step) if hmac.compare_digest(signature, _signature(token, step)) else None


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // int(STEP.total_seconds())


def _signature(token: str, step: int) -> str:
    digest = hmac.digest(settings.KEY_PEPPER.encode(), f"shown:{token}:{step}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:12]).decode()
