"""How good predictions were: each a chance, beside what then happened."""

from collections.abc import Sequence
from itertools import groupby
from math import log
from typing import NamedTuple

BINS = 10
CERTAIN = 1e-15  # no prediction is punished for ever


class Measures(NamedTuple):
    """`auc`: None where everybody or nobody came back."""

    auc: float | None
    brier: float
    ece: float
    log_loss: float


def measured(predicted: Sequence[float], happened: Sequence[bool]) -> Measures:
    """Raises `ValueError` for nothing."""
    if not predicted:
        raise ValueError("nothing was predicted")
    pairs = list(zip(predicted, happened, strict=True))
    count = len(pairs)
    loss = -sum(log(max(p if did else 1 - p, CERTAIN)) for p, did in pairs) / count
    return Measures(auc(pairs), sum((p - did) ** 2 for p, did in pairs) / count, _calibration_error(pairs), loss)


def auc(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """The chance that of two customers, one of whom it happened to, that one had the higher prediction; ties count
    half. (Mann and Whitney, by ranks.)"""
    yes = sum(did for _p, did in pairs)
    no = len(pairs) - yes
    if not yes or not no:
        return None
    ranks = before = 0.0
    for _p, tied in groupby(sorted(pairs), key=lambda pair: pair[0]):
        group = [did for _p, did in tied]
        ranks += sum(group) * (before + (len(group) + 1) / 2)
        before += len(group)
    return (ranks - yes * (yes + 1) / 2) / (yes * no)


def _calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error: how far what happened lies from what was predicted, over ten bins of equal
    width, each weighed by its customers."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, did in pairs:
        bins.setdefault(min(int(p * BINS), BINS - 1), []).append((p, did))
    return sum(abs(sum(p - did for p, did in each)) for each in bins.values()) / len(pairs)
