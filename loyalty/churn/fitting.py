"""The parameters that explain a business's customers best, drawn towards what shops are like."""

from collections.abc import Callable, Mapping
from math import exp, inf, log
from typing import NamedTuple

from loyalty.churn.mbg import PRIOR, History, Parameters, log_likelihood

STEP = 0.3  # of the first simplex, in logarithms
CLOSE = 1e-6  # spread of the simplex's values, and of its corners, at which it is at rest
MOST_ROUNDS = 2_000
FARTHEST = 25.0  # in logarithms: beyond it nothing is told apart


class Fit(NamedTuple):
    parameters: Parameters
    log_likelihood: float


def fit(histories: Mapping[History, int], *, prior: Parameters | None = PRIOR) -> Fit:
    """The maximum a posteriori: each logarithm of a parameter is as likely as a normal one around the prior's, of
    variance 1. Without a prior, the maximum likelihood."""
    centre = [log(value) for value in prior or PRIOR]

    def badness(point: list[float]) -> float:
        if any(abs(each) > FARTHEST for each in point):
            return inf
        away = sum((each - usual) ** 2 for each, usual in zip(point, centre, strict=True)) / 2 if prior else 0
        return away - log_likelihood(histories, Parameters(*map(exp, point)))

    found = Parameters(*map(exp, _lowest(badness, centre)))
    return Fit(found, log_likelihood(histories, found))


def _lowest(of: Callable[[list[float]], float], start: list[float]) -> list[float]:
    """Nelder and Mead's simplex, begun anew where it came to rest until that changes nothing."""
    best = start
    while True:
        found = _simplex(of, best)
        if of(best) - of(found) < CLOSE:
            return found
        best = found


def _simplex(of: Callable[[list[float]], float], start: list[float]) -> list[float]:
    corners = [start] + [[*start[:n], start[n] + STEP, *start[n + 1 :]] for n in range(len(start))]
    valued = sorted((of(corner), corner) for corner in corners)
    for _round in range(MOST_ROUNDS):
        (lowest, best), (highest, worst) = valued[0], valued[-1]
        if highest - lowest < CLOSE and all(abs(x - y) < CLOSE * 100 for x, y in zip(best, worst, strict=True)):
            break
        rest = [corner for _value, corner in valued[:-1]]
        middle = [sum(each) / len(rest) for each in zip(*rest, strict=True)]

        def along(step: float, middle: list[float] = middle, worst: list[float] = worst) -> tuple[float, list[float]]:
            point = [m + step * (m - w) for m, w in zip(middle, worst, strict=True)]
            return of(point), point

        tried = along(1)
        if tried[0] < lowest:
            tried = min(tried, along(2))
        elif tried[0] >= valued[-2][0]:
            tried = along(0.5) if tried[0] < highest else along(-0.5)
        if tried[0] < highest:
            valued[-1] = tried
        else:  # smaller, around the best
            shrunk = [[(b + c) / 2 for b, c in zip(best, corner, strict=True)] for corner in [*rest[1:], worst]]
            valued = [valued[0], *((of(corner), corner) for corner in shrunk)]
        valued.sort()
    return valued[0][1]
