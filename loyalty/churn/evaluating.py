"""Would the model have been right? What was known on a day of the past, and what happened then."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from businesses.models import Business
from loyalty.churn import histories, scorer, scoring
from loyalty.churn.measures import measured

HAPPENED = """
SELECT scores.churn, NOT EXISTS (
    SELECT FROM loyalty_purchase p WHERE p.customer_id = scores.customer_id AND p.business_id = %(business)s::bigint
       AND p.local_on > %(today)s::date AND p.local_on <= %(until)s::date AND p.amount > 0 AND p.refunded < p.amount)
  FROM ({scores}) scores"""


class TooFewCustomers(Exception):
    """Nothing could have been learnt of them."""


@dataclass(frozen=True)
class Evaluation:
    """`auc`: None where everybody or nobody came back."""

    auc: float | None
    brier: float
    ece: float
    log_loss: float
    customers: int
    churned: float
    model: str
    parameters: dict[str, float]

    def figures(self) -> dict[str, Any]:
        return asdict(self)


def evaluate(*, business: Business, as_of: date, horizon: int) -> Evaluation:
    """Learns from what stood at the end of `as_of`, and from nothing later; predicts who does not come within the
    `horizon` days that followed, and compares. Raises `TooFewCustomers`."""
    by = scorer.current()
    known = histories.then(business_id=business.pk, today=as_of)
    if not scoring.enough(known):
        raise TooFewCustomers
    fitted = by.fit(known)
    values: dict[str, Any] = {
        **fitted.parameters,
        "business": business.pk,
        "today": as_of,
        "until": as_of + timedelta(days=horizon),
        "horizon": horizon,
        "mean_gap": scoring.mean_gap(known),
    }
    with connection.cursor() as cursor:
        cursor.execute(HAPPENED.format(scores=scoring.scores_of(histories.THEN, by)), values)
        rows = cursor.fetchall()
    predicted, stayed_away = [row[0] for row in rows], [row[1] for row in rows]
    found = measured(predicted, stayed_away)
    return Evaluation(
        **found._asdict(),
        customers=len(rows),
        churned=sum(stayed_away) / len(rows),
        model=by.version,
        parameters=fitted.parameters,
    )
