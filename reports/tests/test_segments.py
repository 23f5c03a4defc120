"""Segments and cohorts, with the worked figures of a small log of purchases."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from conftest import NOON, Shop
from loyalty.tests.conftest import buy, refund
from reports import folding, segments
from reports.models import Segment, SegmentName
from reports.tests.worked import expected, live, needs_metrics, phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]


def test_the_best_and_the_lost_of_ten(shop: Shop) -> None:
    """The n-th of ten came n days ago for the last time, and the earlier ones came more often and for more."""
    for number in range(10):
        for visit in range(10 - number):
            buy(shop, 10, phone=phone(number), at=NOON - timedelta(days=10 * number + visit))
    assert segments.count(at=timezone.now()) == 4
    # Fifths of two each, alike in all three: (5, 5), (4, 4), (3, 3), (2, 2), (1, 1).
    assert [(each.name, each.customers, each.share) for each in segments.of(shop.business.pk)] == [
        (SegmentName.CHAMPIONS, 4, 0.4),
        (SegmentName.NEED_ATTENTION, 2, 0.2),
        (SegmentName.HIBERNATING, 2, 0.2),
        (SegmentName.LOST, 2, 0.2),
    ]


def test_four_customers_are_no_segments(shop: Shop) -> None:
    for number in range(4):
        buy(shop, 10, phone=phone(number))
    segments.count(at=timezone.now())
    assert segments.of(shop.business.pk) == []


def test_what_was_refunded_whole_is_no_customer(shop: Shop) -> None:
    for number in range(5):
        buy(shop, 10, phone=phone(number))
    refund(shop, buy(shop, 500, phone=phone(6)))
    segments.count(at=timezone.now())
    assert sum(Segment.objects.values_list("customers", flat=True)) == 5


@needs_metrics
def test_cohorts_are_those_of_the_worked_log(new_shop: Callable[..., Shop]) -> None:
    shops = live(new_shop)
    folding.fold()
    made = segments.cohorts(
        business_ids=[shop.business.pk for shop in shops.values()], today=date(2026, 5, 1), months=12
    )
    found = {
        f"{each.month:%Y-%m}": {
            "size": each.size,
            "retention": {str(k): round(share, 4) for k, share in enumerate(each.retention) if share is not None},
        }
        for each in made
    }
    assert found == expected("cohorts")
