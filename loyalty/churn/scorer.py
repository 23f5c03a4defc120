"""What a model of churn must have, and the one that is used unless `CHURN_SCORER` names a better one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from loyalty.churn import fitting, mbg
from loyalty.churn.mbg import History


@dataclass(frozen=True)
class Fitted:
    """Numbers by their names in the scorer's SQL."""

    parameters: dict[str, float]
    prior: dict[str, float]
    log_likelihood: float


class Scorer(Protocol):
    """`alive` and `churn` are SQL expressions over a customer's `x`, `tx` and `t`, see `History`, with the fitted
    parameters and `horizon` as %(name)s; `churn` may use the first as `alive`. So one statement scores everybody.

    `version` moves with whatever moves a score: it is kept with each model, and a model of another one is not used.
    """

    version: str
    alive: str
    churn: str

    def fit(self, histories: Mapping[History, int]) -> Fitted: ...


class MbgNbd:
    """MBG/NBD, drawn towards what shops are like. Knows nothing but how often, how long and how recently."""

    version = "mbg-nbd-1"
    alive = mbg.ALIVE
    churn = mbg.CHURN

    def fit(self, histories: Mapping[History, int]) -> Fitted:
        found = fitting.fit(histories)
        return Fitted(found.parameters._asdict(), mbg.PRIOR._asdict(), found.log_likelihood)


def current() -> Scorer:
    made: Scorer = import_string(settings.CHURN_SCORER)()
    return made
