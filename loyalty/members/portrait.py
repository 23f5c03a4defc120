"""One customer as one business knows them: how often they come, and when they came."""

from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta
from django.db import connection
from django.db.models import Count, F
from django.db.models.functions import TruncMonth

from loyalty.members.listing import REACH
from loyalty.models import Membership, Purchase

MONTHS = 12


@dataclass(frozen=True)
class Rhythm:
    """`gap`: the days that usually pass between visits; `since`: those since the last; `once`: there was but one."""

    gap: float
    since: int
    once: bool

    @property
    def overdue(self) -> float:
        return self.since / self.gap


def rhythm(*, membership: Membership, today: date, gap: float | None = None) -> Rhythm | None:
    """By the usual `gap`, where it is known. None for who never came, and where nobody ever came back: nothing is
    usual there yet.

    The usual gap is (g₀ + tx) / (1 + x): x repeat days within tx days, drawn towards g₀, the mean gap of the business,
    the more the fewer they are. (The posterior mean of an exponential gap with one gap of g₀ as prior.)
    """
    if not (membership.visit_days and membership.first_on and membership.last_on):
        return None
    x, tx = membership.visit_days - 1, (membership.last_on - membership.first_on).days
    if not gap:
        mean = mean_gap(business_id=membership.business_id)
        if not mean:
            return None
        gap = (mean + tx) / (1 + x)
    return Rhythm(gap, max((today - membership.last_on).days, 0), x == 0)


# Of those who came last, as the list of customers holds them: a few milliseconds for a million members.
MEAN_GAP = """
SELECT sum(last_on - first_on)::float / nullif(sum(visit_days - 1), 0) FROM (
  SELECT first_on, last_on, visit_days FROM loyalty_membership WHERE business_id = %s::bigint
   ORDER BY last_on DESC NULLS LAST, id DESC LIMIT %s::integer) m WHERE visit_days > 1"""


def mean_gap(*, business_id: int) -> float | None:
    """Days between two visits, over all who came back; None where nobody did."""
    with connection.cursor() as cursor:
        cursor.execute(MEAN_GAP, [business_id, REACH])
        (mean,) = cursor.fetchone()
    return mean or None


def visits_by_month(*, customer_id: int, business_id: int, today: date) -> list[tuple[date, int]]:
    """The first day and the visits of each of the last twelve months, this one too."""
    first = today.replace(day=1) - relativedelta(months=MONTHS - 1)
    standing = Purchase.objects.filter(
        customer_id=customer_id, business_id=business_id, local_on__gte=first, refunded__lt=F("amount")
    )
    counted = standing.annotate(month=TruncMonth("local_on")).values_list("month").annotate(visits=Count("pk"))
    by_month = dict(counted.order_by())
    months = [first + relativedelta(months=number) for number in range(MONTHS)]
    return [(month, by_month.get(month, 0)) for month in months]
