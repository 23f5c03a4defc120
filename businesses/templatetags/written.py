"""Numbers and moments in templates, as `businesses.shown` writes them."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.template import Library
from django.utils import timezone

from businesses import shown

register = Library()


@register.filter
def day(on: date, zone: str = "UTC") -> str:
    """`20 November 2026`; of a moment, by the calendar of `zone`."""
    return shown.full_day(on.astimezone(ZoneInfo(zone)).date() if isinstance(on, datetime) else on)


@register.filter
def moment(at: datetime) -> str:
    """`20 Nov 2026, 15:32`."""
    return shown.full_moment(timezone.localtime(at))


@register.filter
def number(value: int | Decimal) -> str:
    return shown.decimal(value) if isinstance(value, Decimal) else shown.number(value)


@register.filter
def signed(value: int) -> str:
    return shown.signed(value)
