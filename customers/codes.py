"""One-time codes that prove a phone: six digits, five minutes, five attempts, one browser.

Limits are counted in the database, under a lock: who cannot be counted gets no code. A code for a number that
nobody has costs the same work and looks the same; only its digest fits no digits and its message is withheld.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import limits
from customers import messages, texts
from customers.models import Code, MessageKind

LASTS = timedelta(minutes=5)
MOST_ATTEMPTS = 5
PAUSE = timedelta(seconds=45)
WINDOW = timedelta(hours=1)
MOST_PER_PHONE = 5
MOST_PER_CLIENT = 20
KEPT = timedelta(days=1)


class TooSoon(Exception):
    """A limit was reached; `wait` is how long until the next code."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(_("You can ask for a new code in %(time)s.") % {"time": clock(wait)})


class NotProven(Exception):
    """The code does not prove the phone. The message is for the person who typed it."""


class WrongCode(NotProven):
    """Other digits; attempts may be left."""


class LateCode(NotProven):
    """The right or the wrong digits, too late."""


class TooManyAttempts(NotProven):
    """Nothing typed counts any more."""


class UsedCode(NotProven):
    """It has proven a phone before."""


class NoCode(NotProven):
    """None was sent to this phone from this browser, or a newer one was sent since."""


@dataclass(frozen=True)
class Asked:
    """What one browser has to remember between asking for a code and typing it."""

    phone: str
    browser: str


def issue(*, phone: str, client: str, language: str, deliver: bool, at: datetime) -> Asked:
    """Makes a code and queues its message. An older code of the phone is void from now on. Raises `TooSoon`."""
    code, browser = f"{secrets.randbelow(1_000_000):06}", secrets.token_urlsafe(18)
    with transaction.atomic():
        limits.one_after_another(f"phone:{phone}", f"client:{client}")
        if wait := _wait(phone, client, at):
            raise TooSoon(wait)
        Code.objects.create(
            phone=phone,
            digest=_digest("code", phone, code if deliver else secrets.token_hex(3)),
            browser=_digest("browser", browser),
            client=_digest("client", client),
            created_at=at,
            expires_at=at + LASTS,
        )
        messages.queue(
            kind=MessageKind.CODE,
            to=phone,
            text=texts.code(language=language, code=code, lasts=LASTS),
            language=language,
            send_before=at + LASTS,
            withheld=not deliver,
            at=at,
        )
    return Asked(phone, browser)


def check(*, asked: Asked, code: str, at: datetime) -> None:
    """Uses the code up, or raises a `NotProven`. The lock on the row makes attempts count one after another."""
    with transaction.atomic():
        newest = Code.objects.select_for_update().filter(phone=asked.phone).order_by("-id").first()
        mistake = _attempt(newest, asked, code, at)
    if mistake:  # after the commit: the attempt counts
        raise mistake


def wait(*, phone: str, at: datetime) -> timedelta | None:
    """How long until the phone may ask again after its newest code."""
    newest = Code.objects.filter(phone=phone).order_by("-id").first()
    return _positive(newest.created_at + PAUSE - at) if newest else None


def forget(*, at: datetime) -> int:
    """Deletes codes that nothing counts any more: many name people who are no customers."""
    return Code.objects.filter(created_at__lt=at - KEPT).delete()[0]


def clock(duration: timedelta) -> str:
    """`0:42`, rounded up."""
    minutes, seconds = divmod(-(-duration // timedelta(seconds=1)), 60)
    return f"{minutes}:{seconds:02}"


def _attempt(newest: Code | None, asked: Asked, code: str, at: datetime) -> NotProven | None:
    if newest is None or not hmac.compare_digest(bytes(newest.browser), _digest("browser", asked.browser)):
        return NoCode(_("This code is no longer valid. Ask for a new one."))
    if newest.used_at:
        return UsedCode(_("That code was used already. Ask for a new one."))
    if newest.attempts >= MOST_ATTEMPTS:
        return TooManyAttempts(_("Too many wrong attempts. Ask for a new code."))
    if at >= newest.expires_at:
        return LateCode(_("That code has expired. Ask for a new one."))
    newest.attempts += 1
    right = hmac.compare_digest(bytes(newest.digest), _digest("code", asked.phone, code))
    newest.used_at = at if right else None
    newest.save(update_fields=["attempts", "used_at"])
    return None if right else WrongCode(_wrong(MOST_ATTEMPTS - newest.attempts))


def _wrong(left: int) -> str:
    if not left:
        return _("That code is not right either. Ask for a new one.")
    return ngettext(
        "That code is not right. You have %(left)s attempt left.",
        "That code is not right. You have %(left)s attempts left.",
        left,
    ) % {"left": left}


def _wait(phone: str, client: str, at: datetime) -> timedelta | None:
    """The longest of the waits that the limits ask for."""
    lately = (
        Code.objects.filter(created_at__gt=at - WINDOW).order_by("-created_at").values_list("created_at", flat=True)
    )
    of_phone, of_client = lately.filter(phone=phone), lately.filter(client=_digest("client", client))
    newest = of_phone.first()
    waits = [newest + PAUSE - at] if newest else []
    waits.append(limits.wait(of_phone, most=MOST_PER_PHONE, window=WINDOW, at=at))
    waits.append(limits.wait(of_client, most=MOST_PER_CLIENT, window=WINDOW, at=at))
    return _positive(max(waits))


def _positive(duration: timedelta) -> timedelta | None:
    return duration if duration > timedelta() else None


def _digest(*parts: str) -> bytes:
    return hmac.digest(settings.KEY_PEPPER.encode(), ":".join(parts).encode(), hashlib.sha256)
