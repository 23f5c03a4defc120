"""Would the model have been right? What was known on a day of the past, and what happened then."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from businesses.models import Business
from loyalty.churn import histories, recalibrating, scorer
from loyalty.churn.measures import measured

VISIT = "p.amount > 0 AND p.refunded < p.amount"


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
    if not histories.enough(known):
        raise TooFewCustomers
    fitted = by.fit(known)
    correction: dict[str, float] = {}
    if sum(known.values()) >= recalibrating.FEWEST:
        correction = recalibrating.learn(business=business, by=by, today=as_of, horizon=horizon)
    parameters = {**fitted.parameters, **correction}
    values = recalibrating.terms(business, known, parameters, as_of, horizon)
    scores = recalibrating.scores_of(histories.THEN, by, corrected=bool(correction))
    rows = recalibrating.happened(scores, values, visit=VISIT)
    predicted, stayed_away = [each.churn for each in rows], [each.stayed_away for each in rows]
    found = measured(predicted, stayed_away)
    return Evaluation(
        **found._asdict(),
        customers=len(rows),
        churned=sum(stayed_away) / len(rows),
        model=by.version,
        parameters=parameters,
    )
