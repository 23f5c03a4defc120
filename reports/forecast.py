"""What the next four weeks are likely to bring: the mean of the last four of each weekday, with a band from how far the
days were from it. More clever models were not better on real shops."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

from reports import figures
from reports.periods import Period

DAYS = 28
WEEKS = DAYS // 7
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Forecast:
    """Amounts in the programme's currency, net of refunds. 19 of 20 times the sum lies between `low` and `high`, if the
    days stay as they were."""

    days: list[tuple[date, Decimal]]
    total: Decimal
    low: Decimal
    high: Decimal


def of(*, business_id: int, today: date) -> Forecast | None:
    """None with fewer than 28 whole days of history. Today is not over, and is the first day that is forecast."""
    first = figures.first_day(business_id)
    past = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
    if first is None or first > past.first:
        return None
    sold = {day: sums.amount for day, sums in figures.by_day(business_id=business_id, period=past)}
    days = [(day, sold.get(day, Decimal(0))) for day, _last in past.steps()]
    means = [sum((amount for _day, amount in days[place::7]), Decimal(0)) / WEEKS for place in range(7)]
    squares = sum(float(amount - means[number % 7]) ** 2 for number, (_day, amount) in enumerate(days))
    total = sum(means, Decimal(0)) * WEEKS
    # Of 28 days to come each strays by itself, and each of 7 means is of 4 days only and stands for 4.
    variance = squares / (DAYS - 7) * (DAYS + 7 * WEEKS**2 / WEEKS)
    band = Decimal(str(round(NORMAL_95 * sqrt(variance), 3)))
    coming = [(today + timedelta(days=number), means[number % 7]) for number in range(DAYS)]
    return Forecast(coming, total, max(Decimal(0), total - band), total + band)
