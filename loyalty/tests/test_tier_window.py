"""The 12 months in which purchases count towards a tier, by the calendar of each business."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from conftest import Shop, assert_books_agree
from loyalty import ledger, tiers
from loyalty.tests.conftest import buy, make_tiers, tier, wallet

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("bought", "now", "counts"),
    [
        ("2025-03-04T12:00", "2026-03-03T12:00", True),
        ("2025-03-03T12:00", "2026-03-03T12:00", False),  # a year to the day
        ("2028-02-29T12:00", "2029-02-28T12:00", True),
        ("2028-02-29T12:00", "2029-03-01T00:30", False),
        ("2027-02-28T12:00", "2028-02-28T12:00", False),
        ("2027-03-01T12:00", "2028-02-29T12:00", True),
        # By the calendar of Berlin: half past midnight in summer and in winter, and the hour that comes twice.
        ("2025-07-02T00:30+02:00", "2026-07-01T23:59+02:00", True),
        ("2025-07-01T23:59+02:00", "2026-07-01T00:01+02:00", False),
        ("2025-10-26T02:30+01:00", "2026-10-25T02:30+02:00", True),
        ("2025-10-25T23:30+02:00", "2026-10-25T00:30+02:00", False),
    ],
)
def test_twelve_months_are_those_of_the_calendar_of_the_business(
    new_shop: Callable[..., Shop], bought: str, now: str, counts: bool
) -> None:
    shop = new_shop("kiosk", country="DE", time_zone="Europe/Berlin")
    at, moment = (
        stamp if (stamp := datetime.fromisoformat(text)).tzinfo else stamp.replace(tzinfo=UTC) for text in (bought, now)
    )
    make_tiers(shop, ("Silver", 100))
    with ledger.clock_at(at):
        buy(shop, 99, at=at)
    with ledger.clock_at(moment):
        buy(shop, 1, at=moment)
        assert tier() == ("Silver" if counts else None)
        assert tiers.come_to(wallet=wallet(), at=moment).measure == (100 if counts else 1)
        assert_books_agree()
