"""The figures of an experiment against ones that were worked out by hand."""

import hashlib
import json
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

import pytest

from promotions.nudging import experiments, statistics
from promotions.nudging.statistics import Amounts, Share


@pytest.fixture
def worked() -> Mapping[str, Any]:
    file = Path(__file__).resolve().parents[3] / "shared" / "metrics" / "expected.json"
    if not file.exists():
        pytest.skip("there are no worked figures beside the project")
    figures: Mapping[str, Any] = json.loads(file.read_text())
    return figures


def test_the_worked_figures_come_out(worked: Mapping[str, Any]) -> None:
    for name, treated, control in (
        ("uplift_900_126_of_control_300_30", Share(126, 900), Share(30, 300)),
        ("uplift_4500_630_vs_500_50", Share(630, 4500), Share(50, 500)),
    ):
        found, said = statistics.uplift(treated, control), worked[name]
        assert found.value == pytest.approx(said["abs"])
        assert (found.low, found.high) == pytest.approx(said["newcombe95"], abs=1e-6)
        assert treated.n * found.value == pytest.approx(said["incremental_customers"])
    sizes = worked["sample_size"]
    assert list(statistics.sample(0.10, 0.15)) == sizes["10%->15% 1:1"]
    assert list(statistics.sample(0.10, 0.12)) == sizes["10%->12% 1:1"]
    assert list(statistics.sample(0.10, 0.15, ratio=9)) == sizes["10%->15% 9:1"]
    assert list(statistics.sample(0.20, 0.25)) == sizes["20%->25% 1:1"]
    assert statistics.drawn_by_chance(4500, 500, control_share=0.1) == worked["srm"]["4500/500 @10%"][1]
    assert statistics.drawn_by_chance(4400, 600, control_share=0.1) == pytest.approx(
        worked["srm"]["4400/600 @10%"][1], abs=1e-4
    )


def test_the_worked_hash_comes_out(worked: Mapping[str, Any]) -> None:
    for customer in (1, 2, 3, 42, 1001):
        bucket = experiments.bucket("exp-winback-1", customer)
        assert bucket == worked["hash"][str(customer)]
        arm = "control" if experiments.is_control(bucket, percent=10) else "treatment"
        assert arm == worked["hash_arm_10pct_control"][str(customer)]
    drawn = sum(experiments.is_control(experiments.bucket("exp-winback-1", n), percent=10) for n in range(1, 200_001))
    assert drawn / 200_000 == pytest.approx(worked["hash_control_share_200k"], abs=5e-6)


def test_the_bucket_is_read_big_endian_from_the_first_eight_bytes() -> None:
    digest = hashlib.sha256(b"exp-winback-1:42").hexdigest()
    assert experiments.bucket("exp-winback-1", 42) == int(digest[:16], 16) % 10_000 == 7059


def test_at_the_edge_of_the_share_the_bucket_decides() -> None:
    assert experiments.is_control(999, percent=10)
    assert not experiments.is_control(1000, percent=10)


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.7062), (2, 4.3027), (10, 2.2281), (30, 2.0423), (1e6, 1.96)])
def test_students_distribution_is_as_tables_have_it(freedom: float, quantile: float) -> None:
    assert statistics.student(freedom) == pytest.approx(quantile, abs=2e-4)


def test_means_differ_as_welch_says() -> None:
    found = statistics.difference_of_means(Amounts(20, 10, 25), Amounts(10, 7, 4))
    assert found is not None  # 3 ± 2.0511 · √(25/20 + 4/10), with 27.22 degrees of freedom
    assert found == pytest.approx((3, 3 - 2.0511 * 1.6500**0.5, 3 + 2.0511 * 1.6500**0.5), abs=1e-3)
    assert found.is_certain


def test_nothing_breaks_on_the_smallest_groups() -> None:
    assert statistics.difference_of_means(Amounts(1, 5, 0), Amounts(9, 1, 2)) is None
    assert statistics.difference_of_means(Amounts(3, 5, 0), Amounts(9, 5, 0)) == (0, 0, 0)
    low, high = statistics.wilson(Share(0, 1))
    assert low == 0 < high < 1
    assert not statistics.uplift(Share(1, 1), Share(0, 1)).is_certain
    assert statistics.drawn_by_chance(0, 0, control_share=0.1) == 1
    assert all(abs(each) < inf for each in statistics.uplift(Share(0, 5), Share(5, 5)))
