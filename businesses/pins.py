"""PINs: a manager approves something on a cashier's own screen, without signing in there.

Wrong ones are counted in the database, one guess after another. Whose PIN it was not is never said: one of nobody,
of a cashier, of somebody who left and of another business's manager are the same answer after the same work.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _

from businesses import limits, shown
from businesses.access import MANAGERS
from businesses.models import Pin, Staff, WrongPin

LENGTH = 6
WINDOW = timedelta(minutes=15)
MOST_PER_CASHIER = 5
MOST_PER_BUSINESS = 20


class NotApproved(Exception):
    """Nobody approved it. The message is for who typed the PIN; empty where none was typed."""


class NotAPin(NotApproved):
    """Other than six digits: no guess."""


class NobodysPin(NotApproved):
    """No owner or manager who works at the business has it."""


class TooManyGuesses(NotApproved):
    """Nothing typed counts any more for a while."""


def is_pin(text: str) -> bool:
    return len(text) == LENGTH and text.isascii() and text.isdigit()


def is_trivial(pin: str) -> bool:
    """What everybody tries first: 111111, 112211, 123456, 654321, 246802, 121212, 123123."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(set(pin)) < 3 or len(steps) == 1 or pin == pin[:3] * 2


def choose(*, staff: Staff, pin: str, at: datetime) -> None:
    """Sets or replaces one's own PIN at one business; it has passed `is_pin` and not `is_trivial`."""
    values = {"digest": make_password(_peppered(staff, pin)), "set_at": at}
    Pin.objects.update_or_create(staff=staff, defaults=values)


def approver(*, pin: str, cashier: Staff, at: datetime) -> Staff:
    """The owner or manager of the cashier's business whose PIN was typed. Raises a `NotApproved`."""
    if not pin:
        raise NotApproved
    if not is_pin(pin):
        raise NotAPin(_("A PIN has six digits."))
    with transaction.atomic(durable=True):  # else a wrong guess could be rolled back
        limits.one_after_another(f"pins:{cashier.business_id}")
        if (wait := _wait(cashier, at)) > timedelta():
            until = (at + wait + timedelta(minutes=1)).astimezone(ZoneInfo(cashier.business.time_zone))
            raise TooManyGuesses(_("Too many wrong PINs. Try again at %(time)s.") % {"time": shown.clock(until)})
        found = _whose(pin, cashier.business_id)
        if found is None:
            WrongPin.objects.create(business_id=cashier.business_id, staff=cashier, at=at)
    if found is None:
        raise NobodysPin(_("That is not the PIN of a manager here."))
    return found


def _wait(cashier: Staff, at: datetime) -> timedelta:
    lately = WrongPin.objects.filter(business_id=cashier.business_id, at__gt=at - WINDOW).order_by("-at")
    moments = lately.values_list("at", flat=True)
    return max(
        limits.wait(moments.filter(staff=cashier), most=MOST_PER_CASHIER, window=WINDOW, at=at),
        limits.wait(moments, most=MOST_PER_BUSINESS, window=WINDOW, at=at),
    )


def _whose(pin: str, business_id: int) -> Staff | None:
    """Tries everybody's, also after the right one: how long it takes says nothing."""
    may = Staff.objects.working().filter(business_id=business_id, role__in=MANAGERS, pin__isnull=False)
    tried = [
        (staff, check_password(_peppered(staff, pin), staff.pin.digest))
        for staff in may.select_related("pin", "user").order_by("pk")
    ]
    return next((staff for staff, fits in tried if fits), None)


def _peppered(staff: Staff, pin: str) -> str:
    """A million PINs are soon tried, however slow their hash: the database alone must not be enough to do it."""
    return hmac.new(settings.KEY_PEPPER.encode(), f"pin:{staff.pk}:{pin}".encode(), hashlib.sha256).hexdigest()
