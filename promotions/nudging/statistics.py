"""Whether two groups differ, and by how much: shares, amounts, and whether the groups are as the draw makes them."""

from math import ceil, erfc, exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import NamedTuple

CONFIDENCE, POWER = 0.95, 0.80
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
Z_POWER = NormalDist().inv_cdf(POWER)


class Share(NamedTuple):
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n


class Amounts(NamedTuple):
    """What a group's members brought: how many they are, the mean, and the variance (that of a sample)."""

    n: int
    mean: float
    variance: float


class Difference(NamedTuple):
    """Of the first from the second, and the interval that holds the true one in 95 of 100 cases."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether there is one at all."""
        return self.low > 0 or self.high < 0


def wilson(of: Share) -> tuple[float, float]:
    """The interval of a share. Wilson (1927), without a correction for continuity."""
    middle = of.value + Z**2 / (2 * of.n)
    half = Z * sqrt(of.value * (1 - of.value) / of.n + Z**2 / (4 * of.n**2))
    whole = 1 + Z**2 / of.n
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def uplift(treated: Share, control: Share) -> Difference:
    """Newcombe (1998), method 10: from the intervals of both shares. Both groups have somebody."""
    p1, p0 = treated.value, control.value
    (low1, high1), (low0, high0) = wilson(treated), wilson(control)
    d = p1 - p0
    return Difference(d, d - sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2), d + sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2))


def sample(p0: float, p1: float, *, ratio: float = 1) -> tuple[int, int]:
    """How many the control and the treated have to be, `ratio` treated to one of control, for a difference of these
    shares to be seen in 80 of 100 cases. Both lie between 0 and 1, and differ."""
    pooled = (p0 + ratio * p1) / (1 + ratio)
    by_chance = Z * sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    seen = Z_POWER * sqrt(p0 * (1 - p0) + p1 * (1 - p1) / ratio)
    n = ((by_chance + seen) / (p1 - p0)) ** 2
    return ceil(n), ceil(ratio * n)


def drawn_by_chance(treated: int, control: int, *, control_share: float) -> float:
    """How likely it is that groups come out as uneven as these, or more: chi-square with one degree of freedom."""
    n = treated + control
    if not n:
        return 1.0
    expected1, expected0 = n * (1 - control_share), n * control_share
    chi_square = (treated - expected1) ** 2 / expected1 + (control - expected0) ** 2 / expected0
    return erfc(sqrt(chi_square / 2))


def difference_of_means(treated: Amounts, control: Amounts) -> Difference | None:
    """Welch (1947): of means whose variances may differ. None while a group has fewer than two."""
    if min(treated.n, control.n) < 2:
        return None
    share1, share0 = treated.variance / treated.n, control.variance / control.n
    d, error = treated.mean - control.mean, share1 + share0
    if not error:
        return Difference(d, d, d)
    freedom = error**2 / (share1**2 / (treated.n - 1) + share0**2 / (control.n - 1))
    half = student(freedom) * sqrt(error)
    return Difference(d, d - half, d + half)


def student(freedom: float) -> float:
    """Within how many standard errors 95 of 100 of Student's distribution lie."""
    low, high = Z, 700.0  # of one degree of freedom it is 12.7, and Welch has never fewer
    for _step in range(60):
        middle = (low + high) / 2
        outside = _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + middle**2))
        low, high = (middle, high) if outside > 1 - CONFIDENCE else (low, middle)
    return high


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised, by its continued fraction, from the side where that is quick (Lentz; Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 500):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _not_zero(1 + term * d), _not_zero(1 + term / c)
            fraction *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return front * fraction / a


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300
