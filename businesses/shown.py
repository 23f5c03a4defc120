"""Numbers and moments as the reader's language writes them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit
from django.utils.functional import keep_lazy_text
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

MINUS = "\u2212"


def language() -> str:
    return get_language() or "en"


@keep_lazy_text
def capital(text: Any) -> str:
    """`Status`, `İlk alış`: with a large first letter."""
    return f"İ{text[1:]}" if text.startswith("i") and language() == "az" else capfirst(text)


def number(value: int) -> str:
    """`1,240`, `1 240`."""
    return str(format_decimal(value, locale=language())).replace("-", MINUS)


def decimal(value: Decimal) -> str:
    """`1.5`, `1,5`: with the decimals that it needs."""
    return _decimal(value + 0, language())  # a nought below nought is equal to one that is not


@lru_cache(4096)
def _decimal(value: Decimal, of_language: str) -> str:
    return str(format_decimal(value, "#,##0.##########", locale=of_language)).replace("-", MINUS)


def percent(share: float | Decimal | None) -> str:
    """`67 %` of 0.667; a dash where there is no share."""
    return "–" if share is None else f"{round(100 * share)} %"


def signed(value: int) -> str:
    """`+37`, `−300`, `0`."""
    return f"+{number(value)}" if value > 0 else number(value)


def day(on: date, now: datetime, *, month: str = "MMM") -> str:
    """`20 Nov`, with the year when it is another."""
    return str(format_date(on, f"d {month}" if on.year == now.year else f"d {month} y", locale=language()))


def day_of_year(on: date) -> str:
    """`20 Nov`."""
    return str(format_date(on, "d MMM", locale=language()))


def full_day(on: date) -> str:
    """`20 November 2026`."""
    return str(format_date(on, "d MMMM y", locale=language()))


def short_day(on: date) -> str:
    """`20 Nov 2026`."""
    return str(format_date(on, "d MMM y", locale=language()))


def month(on: date) -> str:
    """`November 2026`, as a title."""
    name = str(format_date(on, "LLLL y", locale=language()))
    return name[:1].upper() + name[1:]


def full_moment(moment: datetime) -> str:
    """`20 Nov 2026, 15:32` in the zone that the moment was brought to."""
    return str(format_datetime(moment, "d MMM y, HH:mm", locale=language()))


def clock(moment: datetime) -> str:
    """`15:32` in the zone that the moment was brought to."""
    return str(format_time(moment, "HH:mm", locale=language()))


def ago(moment: datetime, now: datetime) -> str:
    """`3 days ago`; `just now` within a minute."""
    passed = now - moment
    if passed.total_seconds() < 60:
        return _("just now")
    return str(format_timedelta(-passed, add_direction=True, locale=language()))


def lasted(time: timedelta) -> str:
    """`0.04 sec`, `25 sec`, `3 min`: how long something took."""
    seconds = time.total_seconds()
    if seconds >= 90:
        return str(format_timedelta(time, threshold=1.5, format="short", locale=language()))
    return str(format_unit(max(round(seconds, 2 if seconds < 1 else 0), 0.01), "second", "short", locale=language()))


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
