"""What became of the points that a business gave, and what those still out are likely to cost."""

from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from businesses.models import Program
from reports.models import Economy, Outstanding


def count(*, at: datetime) -> int:
    """Counts the points of every business anew; returns how many businesses have given any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reports_count_economy(%s::timestamptz)", [at])
        return int(cursor.fetchone()[0])


def of(business_id: int) -> Economy | None:
    """None before the first night, and where nothing was ever given."""
    return Economy.objects.filter(business_id=business_id).first()


def by_month(business_id: int) -> dict[date | None, int]:
    """Points still out by the month at whose end none of them is left, its first day; None: those without a day."""
    return dict(Outstanding.objects.filter(business_id=business_id).values_list("month", "points"))


def worth(points: int, program: Program) -> Decimal:
    """In the programme's currency."""
    return points * program.point_value


def liability(economy: Economy, program: Program) -> Decimal:
    """Outstanding × point value × the share that was redeemed of lots whose time is over; all of it while there are
    none."""
    rate = economy.redemption_rate
    return worth(economy.outstanding, program) * (Decimal(1) if rate is None else rate)
