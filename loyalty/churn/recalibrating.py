"""Corrects what the model says where a business's own past shows how it errs: by a logistic regression on the chance
that it gives and on three things that it may weigh wrongly. Learnt of one window of the horizon, and judged on the one
after it, the last that is over; where it does not win there, the model stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from typing import Any

from django.db import connection

from businesses.models import Business
from loyalty.churn import histories
from loyalty.churn.mbg import History
from loyalty.churn.scorer import Scorer

FEWEST = 300  # customers: of fewer no correction is learnt
NAMES = ("c0", "c1", "c2", "c3", "c4")
# The correction that changes nothing, towards which every other one is drawn.
AS_IT_IS: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0, 0.0)
ROUNDS, CLOSE = 25, 1e-8
LEAST = 1e-9  # a chance nearer to 0 or 1 is as good as that

# Over x, tx, t, gap and the model's chance p; %(c0)s … as fitted. A database refuses what a float cannot hold.
CORRECTED = f"""1 / (1 + exp(-greatest(least(%(c0)s::float8
    + %(c1)s::float8 * ln(greatest(p, {LEAST}) / greatest(1 - p, {LEAST}))
    + %(c2)s::float8 * ln((t - tx) / gap + 0.05) + %(c3)s::float8 * ln((1 + x)::float8)
    + %(c4)s::float8 * ln((1 + t - tx)::float8), 600), -600)))"""
# Who of a relation of scores did not come within the days that followed.
HAPPENED = """
SELECT s.churn, (t - tx) / gap, x, t - tx, NOT EXISTS (
    SELECT FROM loyalty_purchase p WHERE p.customer_id = s.customer_id AND p.business_id = %(business)s::bigint
       AND p.local_on > %(today)s::date AND p.local_on <= %(until)s::date AND {visit})
  FROM ({scores}) s ORDER BY hashint8(customer_id), customer_id LIMIT %(most)s::integer"""
SCORES = """
SELECT *, {churn} AS {name} FROM (
  SELECT *, {alive} AS alive, (%(mean_gap)s::float8 + tx) / (1 + x) AS gap FROM ({histories}) h) h"""


@dataclass(frozen=True)
class Seen:
    """What was told of a customer on a day, and whether they then stayed away; `overdue` in usual gaps, `recency` in
    days since the last visit."""

    churn: float
    overdue: float
    x: int
    recency: int
    stayed_away: bool

    @property
    def features(self) -> tuple[float, ...]:
        odds = log(max(self.churn, LEAST) / max(1 - self.churn, LEAST))
        return (1.0, odds, log(self.overdue + 0.05), log(1 + self.x), log(1 + self.recency))


def learn(*, business: Business, by: Scorer, today: date, horizon: int) -> dict[str, float]:
    """The numbers of CORRECTED by name; empty where the model stays as it is."""
    window = timedelta(days=horizon)
    learnt_of = seen(business=business, by=by, as_of=today - 2 * window, horizon=horizon)
    judged_on = seen(business=business, by=by, as_of=today - window, horizon=horizon)
    if learnt_of is None or judged_on is None or len(judged_on) < FEWEST:
        return {}
    found = fit(learnt_of)
    return dict(zip(NAMES, found, strict=True)) if loss(judged_on, found) < loss(judged_on, AS_IT_IS) else {}


def seen(*, business: Business, by: Scorer, as_of: date, horizon: int) -> list[Seen] | None:
    """What the model, learnt of what stood then, would have told at the end of that day, and what happened until the
    end of the horizon; of a sample. None where nothing could have been learnt."""
    known = histories.then(business_id=business.pk, today=as_of)
    if not histories.enough(known):
        return None
    values = terms(business, known, by.fit(known).parameters, as_of, horizon) | {"most": histories.SAMPLE}
    return happened(scores_of(histories.THEN, by), values, visit=histories.stood("until"))


def terms(
    business: Business, known: Mapping[History, int], parameters: Mapping[str, float], as_of: date, horizon: int
) -> dict[str, Any]:
    """What HAPPENED asks for; `most` customers, or with None everybody."""
    return {
        **parameters,
        "business": business.pk,
        "today": as_of,
        "until": as_of + timedelta(days=horizon),
        "horizon": horizon,
        "mean_gap": histories.mean_gap(known),
        "most": None,
    }


def happened(scores: str, values: dict[str, Any], *, visit: str) -> list[Seen]:
    """`visit` says in SQL which purchase `p` is one."""
    with connection.cursor() as cursor:
        cursor.execute(HAPPENED.format(scores=scores, visit=visit), values)
        return [Seen(*row) for row in cursor.fetchall()]


def scores_of(relation: str, by: Scorer, *, corrected: bool = False) -> str:
    """The SQL that scores a relation of histories."""
    names = {"alive": by.alive, "churn": by.churn, "histories": relation}
    if not corrected:
        return SCORES.format(name="churn", **names)
    return f"SELECT *, {CORRECTED} AS churn FROM ({SCORES.format(name='p', **names)}) p"  # noqa: S608 - of constants


def fit(of: Sequence[Seen]) -> tuple[float, ...]:
    """The likeliest numbers, by Newton's steps; each as likely as a normal one around AS_IT_IS, of variance 1."""
    rows = [(each.features, float(each.stayed_away)) for each in of]
    numbers = AS_IT_IS
    places = range(len(numbers))
    for _round in range(ROUNDS):
        slope = [usual - number for number, usual in zip(numbers, AS_IT_IS, strict=True)]
        bend = [[float(i == j) for j in places] for i in places]
        for features, did in rows:
            p = _chance(features, numbers)
            weight = p * (1 - p)
            for i in places:
                slope[i] += (did - p) * features[i]
                for j in places:
                    bend[i][j] += weight * features[i] * features[j]
        step = _solved(bend, slope)
        numbers = tuple(number + each for number, each in zip(numbers, step, strict=True))
        if max(map(abs, step)) < CLOSE:
            break
    return numbers


def loss(of: Sequence[Seen], numbers: Sequence[float]) -> float:
    """The mean log loss of the corrected chances."""
    chances = [(_chance(each.features, numbers), each.stayed_away) for each in of]
    return -sum(log(max(p if did else 1 - p, LEAST)) for p, did in chances) / len(chances)


def _chance(features: Sequence[float], numbers: Sequence[float]) -> float:
    odds = sum(feature * number for feature, number in zip(features, numbers, strict=True))
    return 1 / (1 + exp(-max(-600.0, min(600.0, odds))))


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination; the matrix is positive definite, so that no pivot is nothing."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at, pivot in enumerate(rows):
        for other in rows[at + 1 :]:
            factor = other[at] / pivot[at]
            for column in range(at, len(pivot)):
                other[column] -= factor * pivot[column]
    found = [0.0] * len(right)
    for at in reversed(range(len(right))):
        rest = sum(rows[at][column] * found[column] for column in range(at + 1, len(right)))
        found[at] = (rows[at][-1] - rest) / rows[at][at]
    return found
