"""What an experiment is said to have brought, and when nothing is said yet."""

from datetime import timedelta

import pytest

from conftest import NOON, Shop
from promotions.models import Arm, Assignment, Experiment, Trigger
from promotions.nudging import results
from promotions.nudging.results import Results, Verdict
from promotions.tests.nudged import begin

pytestmark = pytest.mark.django_db


def lived_through(
    experiment: Experiment, arm: Arm, *, drawn: int, returned: int, spent: int = 10, waiting: int = 0, first: int = 1
) -> None:
    """So many were drawn into a group, of whom so many returned; of some more it is not known yet."""
    Assignment.objects.bulk_create(
        Assignment(
            experiment=experiment,
            customer_id=first + number,
            arm=arm,
            bucket=number % 10_000,
            trigger=Trigger.NIGHT,
            churn=0.9,
            model="mbg-nbd-1/1",
            assigned_at=NOON,
            until_at=NOON + timedelta(days=30),
            returned=number < returned if number < drawn else None,
            revenue=(spent if number < returned else 0) if number < drawn else None,
            measured_at=NOON + timedelta(days=30) if number < drawn else None,
        )
        for number in range(drawn + waiting)
    )


def of(shop: Shop, treated: tuple[int, int], control: tuple[int, int], **terms: int) -> Results:
    experiment = begin(shop, **terms)
    lived_through(experiment, Arm.TREATMENT, drawn=treated[0], returned=treated[1])
    lived_through(experiment, Arm.CONTROL, drawn=control[0], returned=control[1], first=1_000_000)
    return results.of(experiment)


def test_a_difference_that_is_certain_is_said(shop: Shop) -> None:
    found = of(shop, (4500, 630), (500, 50))
    assert found.uplift is not None
    assert (found.uplift.value, found.uplift.low, found.uplift.high) == (
        pytest.approx(0.04),
        pytest.approx(0.008979, abs=1e-6),
        pytest.approx(0.065555, abs=1e-6),
    )
    assert found.incremental == pytest.approx(180)
    assert (found.verdict, found.is_uneven) == (Verdict.WORKS, False)


def test_an_interval_with_nothing_in_it_asks_for_more(shop: Shop) -> None:
    found = of(shop, (900, 126), (300, 30), control_percent=25)
    assert found.verdict == Verdict.NOT_YET
    assert found.uplift is not None
    assert not found.uplift.is_certain
    # 10 % → 14 %, three treated to one of control: 709 and 2,126 by the formula; 1,200 are there.
    of_control, of_treated = results.statistics.sample(0.10, 0.14, ratio=3)
    assert found.missing == of_control + of_treated - 1200 > 1000


def test_a_certain_harm_is_said_too(shop: Shop) -> None:
    assert of(shop, (900, 90), (100, 30)).verdict == Verdict.HARMS


def test_with_enough_customers_and_no_difference_nothing_more_is_asked_for(shop: Shop) -> None:
    found = of(shop, (40_000, 4_000), (20_000, 2_000), control_percent=33)
    assert (found.missing, found.verdict) == (0, Verdict.NO_DIFFERENCE)


@pytest.mark.parametrize(
    ("treated", "control"), [((0, 0), (0, 0)), ((1, 1), (0, 0)), ((0, 0), (1, 0)), ((3, 3), (1, 0))]
)
def test_of_nobody_and_of_a_few_nothing_is_claimed(
    shop: Shop, treated: tuple[int, int], control: tuple[int, int]
) -> None:
    found = of(shop, treated, control)
    assert found.verdict == Verdict.NOT_YET
    assert found.missing > 1000  # as many as the smallest difference worth knowing needs
    assert not found.is_uneven


def test_everybody_counts_who_was_drawn_but_only_what_is_measured_is_compared(shop: Shop) -> None:
    experiment = begin(shop)
    lived_through(experiment, Arm.TREATMENT, drawn=20, returned=5, waiting=7)
    found = results.of(experiment)
    assert (found.treated.drawn, found.treated.measured, found.treated.share.hits) == (27, 20, 5)
    assert (found.control.drawn, found.uplift) == (0, None)


def test_groups_that_are_not_what_the_draw_makes_are_an_alarm(shop: Shop) -> None:
    assert of(shop, (4400, 440), (600, 60)).is_uneven


def test_one_large_purchase_does_not_decide(shop: Shop) -> None:
    experiment = begin(shop)
    lived_through(experiment, Arm.TREATMENT, drawn=300, returned=100)
    lived_through(experiment, Arm.CONTROL, drawn=99, returned=33, first=1_000_000)
    lived_through(experiment, Arm.CONTROL, drawn=1, returned=1, spent=100_000, first=2_000_000)
    found = results.of(experiment)
    assert found.control.revenue.mean == pytest.approx(10 * 34 / 100)
    assert found.revenue is not None
    assert not found.revenue.is_certain


def test_the_results_are_two_statements_however_many_were_drawn(shop: Shop, django_assert_num_queries: object) -> None:
    experiment = begin(shop)
    lived_through(experiment, Arm.TREATMENT, drawn=2000, returned=100)
    with django_assert_num_queries(2):  # type: ignore[operator]
        results.of(experiment)
