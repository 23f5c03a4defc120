"""The next four weeks, worked by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import sqrt

import pytest

from conftest import Shop
from loyalty.tests.conftest import buy
from reports import folding, forecast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
TODAY = date(2026, 3, 30)  # a Monday


def sell(shop: Shop, amount: int, days_ago: int) -> None:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)
    buy(shop, amount, at=noon - timedelta(days=days_ago))


def of(shop: Shop) -> forecast.Forecast | None:
    folding.fold()
    return forecast.of(business_id=shop.business.pk, today=TODAY)


def test_27_days_are_too_few(shop: Shop) -> None:
    sell(shop, 10, 27)
    assert of(shop) is None


def test_every_weekday_goes_on_as_it_went(shop: Shop) -> None:
    for week in range(1, 5):
        sell(shop, 70, 7 * week)  # Mondays
        sell(shop, 30, 7 * week - 2)  # Wednesdays
    sell(shop, 500, 0)  # today is not over
    found = of(shop)
    assert found
    assert [(day, amount) for day, amount in found.days if amount][:3] == [
        (TODAY, 70),
        (TODAY + timedelta(days=2), 30),
        (TODAY + timedelta(days=7), 70),
    ]
    assert (found.total, found.low, found.high) == (400, 400, 400)


def test_the_band_is_as_wide_as_the_days_strayed(shop: Shop) -> None:
    """Mondays of 80, 120, 80 and 120: a mean of 100, and four times 20 beside it."""
    for week, amount in enumerate((80, 120, 80, 120), start=1):
        sell(shop, amount, 7 * week)
    found = of(shop)
    assert found
    assert found.total == 400
    band = 1.96 * sqrt(4 * 20**2 / 21 * 56)
    assert float(found.high - found.total) == pytest.approx(band, abs=0.01)
    assert found.low == pytest.approx(Decimal(400) - (found.high - 400))
