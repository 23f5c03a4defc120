"""What an experiment brought: the path of the nudges, the two groups side by side, and whether they differ."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Avg, Count, Q
from django.utils.functional import cached_property

from promotions.models import Arm, Experiment, Nudge, State
from promotions.nudging import statistics
from promotions.nudging.statistics import Amounts, Difference, Share

SMALLEST = 0.02  # a difference below it is not worth waiting for
EXPECTED = 0.05  # while there is none to go by
UNEVEN = 0.001  # groups so uneven come about by chance once in a thousand experiments
FEWEST = 10  # of a group: of fewer nothing is compared

# Of those who were measured. Of the highest one percent of both groups together each counts as the 99th percentile.
ARMS = """
WITH measured AS (
  SELECT arm, returned, revenue::float8 AS revenue FROM promotions_assignment
   WHERE experiment_id = %(experiment)s::bigint AND measured_at IS NOT NULL
), edge AS (SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY revenue) AS most FROM measured)
SELECT arm, count(*), count(*) FILTER (WHERE returned), avg(least(revenue, most)),
       coalesce(var_samp(least(revenue, most)), 0)
  FROM measured CROSS JOIN edge GROUP BY arm"""


class Verdict(StrEnum):
    WORKS = "works"
    HARMS = "harms"
    NO_DIFFERENCE = "no_difference"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Group:
    """`drawn` into it so far; of `share` and `revenue` only those whose time is over, and with whom they are known."""

    drawn: int
    share: Share
    revenue: Amounts

    @property
    def measured(self) -> int:
        return self.share.n


@dataclass(frozen=True)
class Results:
    treated: Group
    control: Group
    control_share: float
    predicted: float  # how many were expected to return, of those who were drawn

    @property
    def is_enough_to_compare(self) -> bool:
        return min(self.treated.measured, self.control.measured) >= FEWEST

    @cached_property
    def uplift(self) -> Difference | None:
        if not self.is_enough_to_compare:
            return None
        return statistics.uplift(self.treated.share, self.control.share)

    @property
    def incremental(self) -> float | None:
        """Customers who would not have come."""
        return None if self.uplift is None else self.treated.measured * self.uplift.value

    @cached_property
    def revenue(self) -> Difference | None:
        if not self.is_enough_to_compare:
            return None
        return statistics.difference_of_means(self.treated.revenue, self.control.revenue)

    @cached_property
    def missing(self) -> int:
        """About how many more have to be measured, of both groups together, for a difference such as that of today to
        be told from chance; for one of SMALLEST where it is smaller. 0: there are enough."""
        p0 = self.control.share.value if self.uplift else self.predicted
        d = self.uplift.value if self.uplift else EXPECTED
        d = max(d, SMALLEST) if d >= 0 else min(d, -SMALLEST)
        p0 = min(max(p0, 0.01), 0.99)
        p1 = min(max(p0 + d, 0.001), 0.999)
        of_control, of_treated = statistics.sample(p0, p1, ratio=(1 - self.control_share) / self.control_share)
        short = max(of_control / max(self.control.measured, 0.5), of_treated / max(self.treated.measured, 0.5))
        have = self.control.measured + self.treated.measured
        return 0 if short <= 1 else max(of_control + of_treated - have, 1)

    @property
    def verdict(self) -> Verdict:
        if self.uplift and self.uplift.is_certain:
            return Verdict.WORKS if self.uplift.value > 0 else Verdict.HARMS
        return Verdict.NOT_YET if self.missing else Verdict.NO_DIFFERENCE

    @property
    def is_uneven(self) -> bool:
        """The groups are not what the draw would make of them: something is wrong with who was drawn."""
        p = statistics.drawn_by_chance(self.treated.drawn, self.control.drawn, control_share=self.control_share)
        return p < UNEVEN


def of(experiment: Experiment) -> Results:
    by_arm = experiment.assignments.order_by().values("arm").annotate(count=Count("pk"), mean=Avg("churn"))
    drawn = {row["arm"]: (row["count"], row["mean"]) for row in by_arm}
    with connection.cursor() as cursor:
        cursor.execute(ARMS, {"experiment": experiment.pk})
        measured = {arm: (n, hits, mean, variance) for arm, n, hits, mean, variance in cursor.fetchall()}
    groups = {arm: _group(drawn.get(arm, (0, 0))[0], measured.get(arm)) for arm in Arm}
    everybody = sum(count for count, _churn in drawn.values())
    churn = sum(count * churn for count, churn in drawn.values()) / everybody if everybody else 0.9
    return Results(
        groups[Arm.TREATMENT], groups[Arm.CONTROL], experiment.control_percent / 100, predicted=1 - float(churn)
    )


@dataclass(frozen=True)
class Path:
    """Of the nudges of an experiment how many came so far. Whoever came on has been where they came from."""

    made: int
    sent: int
    delivered: int
    viewed: int
    used: int
    dismissed: int
    expired: int
    not_sent: int


def path(experiment: Experiment, at: datetime) -> Path:
    nudges = Nudge.objects.filter(assignment__experiment=experiment).with_state(at)
    sent = Q(message__sent_at__isnull=False) | Q(shown="screen") | Q(message=None)
    delivered = Q(message__delivered_at__isnull=False) | Q(shown="screen")
    viewed = Q(viewed_at__isnull=False) | Q(dismissed_at__isnull=False)
    used = Q(state=State.USED)
    counts = nudges.aggregate(
        made=Count("pk"),
        sent=Count("pk", filter=sent | viewed | used),
        delivered=Count("pk", filter=delivered | viewed | used),
        viewed=Count("pk", filter=viewed | used),
        used=Count("pk", filter=used),
        dismissed=Count("pk", filter=Q(state=State.DISMISSED)),
        expired=Count("pk", filter=Q(state=State.EXPIRED)),
        not_sent=Count("pk", filter=Q(state=State.NOT_SENT)),
    )
    return Path(**counts)


def _group(drawn: int, measured: tuple[int, int, float, float] | None) -> Group:
    n, hits, mean, variance = measured or (0, 0, 0.0, 0.0)
    return Group(drawn, Share(hits, n), Amounts(n, mean, variance))
