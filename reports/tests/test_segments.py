"""Segments and cohorts, with the worked figures of a small log of purchases."""

import csv
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from conftest import NOON, Shop
from loyalty.tests.conftest import buy, refund
from reports import folding, segments
from reports.models import Segment, SegmentName

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
METRICS = Path(os.environ.get("SAMPLE_DATA", "/nowhere")).parent / "metrics"
needs_metrics = pytest.mark.skipif(not (METRICS / "expected.json").exists(), reason="needs the worked figures")


def phone(number: int) -> str:
    return f"+99450{number:07}"


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
def test_cohorts_are_those_of_the_worked_log(new_shop: Any) -> None:
    shops: dict[str, Shop] = {}
    bought: dict[str, Any] = {}
    with (METRICS / "tx.csv").open() as file:
        for row in csv.DictReader(file):
            shop = shops.setdefault(row["business"], None) or new_shop(
                f"shop-{row['business'].lower()}", time_zone="UTC"
            )
            shops[row["business"]] = shop
            at, who = datetime.fromisoformat(row["date"]).replace(hour=12, tzinfo=UTC), phone(int(row["customer"][1:]))
            if float(row["amount"]) > 0:
                bought[row["customer"] + row["business"]] = buy(shop, row["amount"], phone=who, at=at)
            else:
                refund(shop, bought[row["customer"] + row["business"]])
    folding.fold()
    expected = json.loads((METRICS / "expected.json").read_text())["cohorts"]
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
    assert found == expected
