"""Each customer's chance of not coming back: all of a business once a day, and one of them whenever it is asked.

Safe to repeat, killed anywhere, and beside another of its kind: a business at a time, each in one transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from businesses.limits import one_after_another
from businesses.models import Business, BusinessStatus
from loyalty.churn import histories, recalibrating, scorer
from loyalty.churn.recalibrating import scores_of
from loyalty.churn.scorer import Scorer
from loyalty.models import ChurnModel, Membership

HORIZON = 30  # days, where a business says nothing else
LEARNT_FOR = timedelta(days=7)
# By less a score is not written again: most move by nothing from one day, or from one model, to the next.
MOVED, DAYS = 0.002, 0.5
OVERDUE, LIKELY = 2.0, 0.5  # times the usual gap, and chance of churn, from which somebody is slipping away

SLIPPING = "x > 0 AND n.churn >= %(likely)s::float8 AND t - tx >= %(overdue)s::float8 * n.gap"
# A float of four bytes holds nothing below 1e-37.
FIRST = f"""
INSERT INTO loyalty_churnscore (membership_id, business_id, alive, churn, gap, last_on, slipping)
SELECT id, %(business)s::bigint, greatest(alive, 1e-30), churn, gap, last_on, {SLIPPING}
  FROM ({{scores}}) n"""  # noqa: S608 - all put together from constants
# An update of those that moved and an insert of the few that are new; ON CONFLICT would look for each row on its own.
AGAIN = f"""
WITH again AS (
  UPDATE loyalty_churnscore s
     SET alive = greatest(n.alive, 1e-30), churn = n.churn, gap = n.gap, last_on = n.last_on, slipping = {SLIPPING}
    FROM ({{scores}}) n
   WHERE s.membership_id = n.id AND (s.last_on <> n.last_on OR s.slipping <> ({SLIPPING})
      OR abs(s.churn - n.churn) >= %(moved)s::float8 OR abs(s.gap - n.gap) >= %(days)s::float8))
{FIRST.replace("{scores}", "{unscored}")}"""  # noqa: S608
UNSCORED = f"{histories.NOW} AND NOT EXISTS (SELECT FROM loyalty_churnscore s WHERE s.membership_id = m.id)"
ONE = "SELECT alive, churn, gap, t - tx FROM ({scores}) scores"
OF_ONE = f"{histories.NOW} AND customer_id = %(customer)s::bigint"


@dataclass(frozen=True)
class Chance:
    """`churn`: of no visit within `horizon` days; `alive`: of not having gone for good; `since`: days since the last
    visit, of which `gap` usually pass; `model`: by what it was estimated."""

    churn: float
    alive: float
    gap: float
    since: int
    horizon: int
    model: str

    @property
    def overdue(self) -> float:
        return self.since / self.gap


def score_due(*, at: datetime) -> int:
    """Scores every business that was not scored yet on its today, and returns how many."""
    businesses = Business.objects.filter(status=BusinessStatus.ACTIVE).order_by("pk")
    done = 0
    for business in businesses:
        model = newest(business_id=business.pk)
        if model is None or model.scored_on is None or model.scored_on < _today(business, at):
            done += score(business=business, at=at)
    return done


@transaction.atomic
def score(*, business: Business, at: datetime) -> bool:
    """Scores everybody of a business, by a model that is learnt anew when it is a week old, or when the
    business looks further ahead or less far. False where it was done
    today already, or where too little is known of its customers."""
    one_after_another(f"churn:{business.pk}")
    today, by = _today(business, at), scorer.current()
    model = newest(business_id=business.pk)
    if model and model.scored_on and model.scored_on >= today:
        return False
    if model is None or model.fitted_on <= today - LEARNT_FOR or model.horizon != business.churn_days:
        model = _learn(business, by, today) or model
    if model is None:
        return False
    # While the table is empty, the planner would look through all of it for each row that it writes.
    before = ChurnModel.objects.filter(business=business, scored_on__isnull=False).exists()
    sql = (AGAIN if before else FIRST).format(
        scores=scores_of(histories.NOW, by, corrected=model.is_corrected),
        unscored=scores_of(UNSCORED, by, corrected=model.is_corrected),
    )
    values = _values(model, today) | {"likely": LIKELY, "overdue": OVERDUE, "moved": MOVED, "days": DAYS}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    model.scored_on = today
    model.save(update_fields=["scored_on"])
    return True


def chance(*, business: Business, customer_id: int, at: datetime) -> Chance | None:
    """As of this moment. None for who never came, and where too little is known of the business's customers."""
    model = newest(business_id=business.pk)
    if model is None:
        return None
    values = _values(model, _today(business, at)) | {"customer": customer_id}
    with connection.cursor() as cursor:
        scores = scores_of(OF_ONE, scorer.current(), corrected=model.is_corrected)
        cursor.execute(ONE.format(scores=scores), values)
        row = cursor.fetchone()
    if row is None:
        return None
    alive, churn, gap, since = row
    return Chance(churn=churn, alive=alive, gap=gap, since=since, horizon=model.horizon, model=model.label)


def newest(*, business_id: int) -> ChurnModel | None:
    """The model in use: none of another release, whose parameters mean something else."""
    version = scorer.current().version
    return ChurnModel.objects.filter(business_id=business_id, version=version).order_by("-pk").first()


def _learn(business: Business, by: Scorer, today: date) -> ChurnModel | None:
    if not _may_be_enough(business):
        return None
    known = histories.now(business_id=business.pk, today=today)
    if not histories.enough(known):
        return None
    fitted = by.fit(known)
    correction: dict[str, float] = {}
    if sum(known.values()) >= recalibrating.FEWEST:
        correction = recalibrating.learn(business=business, by=by, today=today, horizon=business.churn_days)
    return ChurnModel.objects.create(
        business=business,
        version=by.version,
        parameters={**fitted.parameters, **correction},
        prior=fitted.prior,
        horizon=business.churn_days,
        customers=sum(known.values()),
        log_likelihood=fitted.log_likelihood,
        fitted_on=today,
        mean_gap=histories.mean_gap(known),
    )


def _may_be_enough(business: Business) -> bool:
    """Before all of them are read."""
    return Membership.objects.filter(business=business)[: histories.FEWEST].count() == histories.FEWEST


def _values(model: ChurnModel, today: date) -> dict[str, Any]:
    return {
        **model.parameters,
        "business": model.business_id,
        "today": today,
        "horizon": model.horizon,
        "mean_gap": model.mean_gap,
    }


def _today(business: Business, at: datetime) -> date:
    return at.astimezone(ZoneInfo(business.time_zone)).date()
