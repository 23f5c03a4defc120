"""The MBG/NBD model: how often customers come while they are regulars, and when they silently stop being so.

While alive, a customer visits at random at a rate of their own; after each visit, the first one too, they may be gone
for good, with a chance of their own. Both differ from customer to customer, by Gamma(r, alpha) and Beta(a, b).

Batislam, Denizel, Filiztekin (2007), "Empirical validation and comparison of models for customer base analysis"; the
shape of the arithmetic is that of BG/NBD: Fader, Hardie, Lee (2005), "Counting your customers the easy way".
"""

from collections.abc import Mapping
from math import exp, inf, lgamma, log, log1p
from typing import NamedTuple

FULL = 600.0  # exp() of more is near the end of what a float holds


class History(NamedTuple):
    """What the model knows of a customer, in days: `x` visit days after the first one, `tx` from the first to the last,
    `t` from the first until now."""

    x: int
    tx: float
    t: float


class Parameters(NamedTuple):
    r: float
    alpha: float
    a: float
    b: float


PRIOR = Parameters(r=0.74, alpha=42.0, a=0.37, b=1.6)  # of a shop we know nothing of; alpha in days

# Over columns x, tx and t; the latter reads the former as `alive`. A database refuses what a float cannot hold.
ALIVE = """1 / (1 + %(a)s::float8 / (%(b)s::float8 + x) * exp(least((%(r)s::float8 + x)
          * ln((%(alpha)s::float8 + t) / (%(alpha)s::float8 + tx)), 600)))"""
CHURN = """1 - alive * (1 - exp(greatest((%(r)s::float8 + x)
          * ln((%(alpha)s::float8 + t) / (%(alpha)s::float8 + t + %(horizon)s::float8)), -600)))"""


def alive(of: History, by: Parameters) -> float:
    """The chance that they have not stopped for good."""
    r, alpha, a, b = by
    grown = (r + of.x) * log((alpha + of.t) / (alpha + of.tx))
    return 1 / (1 + a / (b + of.x) * exp(min(grown, FULL)))


def churn(of: History, by: Parameters, *, horizon: float) -> float:
    """The chance of no visit in the next `horizon` days: gone for good, or merely not coming."""
    stays_away = (by.r + of.x) * log((by.alpha + of.t) / (by.alpha + of.t + horizon))
    return 1 - alive(of, by) * (1 - exp(max(stays_away, -FULL)))


def log_likelihood(histories: Mapping[History, int], by: Parameters) -> float:
    """Of all customers, each history counted as often as it occurs; −inf where the parameters cannot be."""
    r, alpha, a, b = by
    if min(by) <= 0 or max(by) == inf:
        return -inf
    days = {each: log(alpha + each) for of in histories for each in (of.tx, of.t)}
    constant = r * log(alpha) - lgamma(r) - _log_beta(a, b)
    of_x = {x: constant + lgamma(r + x) + _log_beta(a + 1, b + x) for x in {of.x for of in histories}}
    total = 0.0
    for (x, tx, t), count in histories.items():
        # Both ways to have come so far: gone since the last visit, or still there. The first is taken out of the sum.
        there = (b + x) / a * exp((r + x) * (days[tx] - days[t]))
        total += count * (of_x[x] - (r + x) * days[tx] + log1p(there))
    return total


def _log_beta(first: float, second: float) -> float:
    return lgamma(first) + lgamma(second) - lgamma(first + second)
