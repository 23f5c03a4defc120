"""What a nudge says: the words of the business, in the customer's language, with what is true of this one filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from businesses.models import Business
from promotions.models import Coupon

# {business}: its name; of the coupon the {offer}, its {code}, and the last {day} on which it counts.
ALWAYS, OF_COUPON = ("business",), ("offer", "code", "day")
PLACEHOLDER = re.compile(r"\{(\w*)\}")
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True)
class Mistake(Exception):
    """A text that cannot be said. `reason`: `unknown`, `brace`, or `no_coupon`; `name`: of which placeholder."""

    reason: str
    name: str = ""


def usual(*, language: str, with_offer: bool) -> str:
    """What a business may begin with."""
    with translation.override(language):
        if with_offer:
            return _("We miss you! Come back for {offer}: your code {code} is good until {day}.")
        return _("We miss you! It has been a while, and your points are waiting.")


def check(text: str, *, with_offer: bool) -> None:
    """Raises `Mistake`."""
    for name in PLACEHOLDER.findall(text):
        if name in OF_COUPON and not with_offer:
            raise Mistake("no_coupon", name)
        if name not in ALWAYS + OF_COUPON:
            raise Mistake("unknown", name)
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        raise Mistake("brace")


def text(*, texts: Mapping[str, str], language: str, business: Business, coupon: Coupon | None) -> str:
    """To one customer, in their language, or in that of the business."""
    found = texts.get(language) or texts[business.language]
    spoken = language if texts.get(language) else business.language
    said = {"business": business.name}
    if coupon is not None:
        said |= {"offer": coupon.offer.name, "code": str(coupon), "day": last_day(coupon.expires_at, business, spoken)}
    return PLACEHOLDER.sub(lambda each: said.get(each[1], ""), found)


def sample(text_: str, *, business: Business, offer: str, at: datetime) -> str:
    """As it might read, before anybody has a coupon."""
    said = {
        "business": business.name,
        "offer": offer,
        "code": "A7K4MPX3QD",
        "day": last_day(at, business, business.language),
    }
    return PLACEHOLDER.sub(lambda each: said.get(each[1], each[0]), text_)


def last_day(expires_at: datetime | None, business: Business, language: str) -> str:
    """On which it counts; of one without an end a dash."""
    if expires_at is None:
        return "–"
    moment = expires_at.astimezone(ZoneInfo(business.time_zone)) - timedelta(seconds=1)  # it ends at midnight
    return str(format_date(moment.date(), "d MMMM", locale=language))
