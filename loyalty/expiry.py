"""When points expire, by the policy of their programme.

Either each lot has its own moment, fixed when it is earned: to the day, at the end of a month, or on a fixed day of the
year; or a wallet expires whole when nothing has happened in it for so long. No lot's moment is ever moved, so a new
policy counts for what is earned from then on, except that inactivity counts for what has no moment of its own.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from businesses.models import ExpiryKind, Program


@dataclass(frozen=True)
class Expiry:
    """The policy of a programme. `months` None: never."""

    kind: str
    months: int | None
    in_month: int | None = None
    on_day: int | None = None

    @classmethod
    def of(cls, program: Program) -> "Expiry":
        return cls(program.expiry_kind, program.points_last_months, program.expires_in_month, program.expires_on_day)

    @property
    def by_inactivity(self) -> bool:
        return self.kind == ExpiryKind.INACTIVITY and self.months is not None

    def of_lot(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """The moment from which points earned then are gone; None when no day is fixed. Days end in `zone`."""
        if self.months is None or self.kind == ExpiryKind.INACTIVITY:
            return None
        if self.kind == ExpiryKind.MONTHS:
            to_the_day: datetime = earned_at + relativedelta(months=self.months)
            return to_the_day
        return _end_of(_last_day(self, self.months, earned_at.astimezone(zone).date()), zone)

    def of_wallet(self, active_at: datetime) -> datetime | None:
        """The moment at which a wallet that nothing happens in expires whole; None where no time runs out."""
        return active_at + relativedelta(months=self.months) if self.by_inactivity and self.months else None


@lru_cache(maxsize=1000)
def _last_day(expiry: Expiry, months: int, earned_on: date) -> date:
    """On which points earned that day can be spent: the end of a month, or the next fixed day. 29 February is the 28th
    in ordinary years."""
    first: date = earned_on + relativedelta(months=months)
    if expiry.kind == ExpiryKind.MONTH_END:
        month_end: date = first + relativedelta(day=31)
        return month_end
    this_year: date = first + relativedelta(month=expiry.in_month, day=expiry.on_day)
    return this_year if this_year >= first else this_year + relativedelta(years=1, day=expiry.on_day)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight after it, wherever the clock stands then."""
    return datetime.combine(day + timedelta(days=1), time(), zone)
