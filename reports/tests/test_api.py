"""Reports by the API."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from conftest import Shop
from loyalty.tests.conftest import buy, redeem, refund
from loyalty.tests.test_api import Till, problem
from reports import folding

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]


@pytest.fixture
def till(shop: Shop) -> Till:
    """After two sales of today, one of last week, one that was refunded, and points that were used."""
    now = timezone.now()
    line = {"name": "Milk", "sku": "m", "category": "Dairy", "quantity": Decimal(2), "unit_price": Decimal(15)}
    buy(shop, 30, at=now, lines=[line])
    buy(shop, 20, at=now, phone="+994507654321")
    refund(shop, buy(shop, 100, at=now))
    buy(shop, 25, at=now - timedelta(days=7))
    redeem(shop, 5)
    folding.fold()
    return Till(shop)


def today(shop: Shop) -> str:
    return str(shop.rules.local(timezone.now()).date())


def test_a_summary_is_of_the_last_30_days(till: Till, shop: Shop) -> None:
    body = till.get("reports/summary").json()
    assert body.pop("as_of")
    assert body.pop("since") < body.pop("until") == today(shop)
    assert body == {
        "sales": 3, "amount": "75.00", "buyers": 2, "newcomers": 2, "points_issued": 75, "points_redeemed": 5,
    }  # fmt: skip


def test_sales_and_points_stand_by_day(till: Till, shop: Shop) -> None:
    day = today(shop)
    sales = till.get("reports/sales", since=day, until=day).json()
    assert (sales["sales"], sales["amount"]) == (2, "50.00")
    assert sales["days"] == [{"on": day, "sales": 2, "amount": "50.00"}]
    issued = till.get("reports/points-issued", since=day).json()
    assert (issued["points"], issued["days"]) == (50, [{"on": day, "points": 50}])
    used = till.get("reports/redemptions", since="2025-12-01", until=day).json()
    assert used["points"] == sum(each["points"] for each in used["days"]) == 5


def test_customers_are_counted_once_however_often_they_came(till: Till, shop: Shop) -> None:
    count = till.get("reports/customer-count").json()
    assert [count[name] for name in ("members", "buyers", "newcomers", "returning")] == [2, 2, 2, 0]
    customers = till.get("reports/customers").json()
    assert [each["buyers"] for each in customers["days"]] == [1, 2]
    assert customers["buyers"] == 2
    top = till.get("reports/top-customers").json()["results"]
    assert [(each["sales"], each["amount"]) for each in top] == [(2, "55.00"), (1, "20.00")]


def test_products_are_what_tills_named(till: Till) -> None:
    (milk,) = till.get("reports/products").json()["results"]
    assert milk == {"sku": "m", "name": "Milk", "category": "Dairy", "quantity": "2.000", "amount": "30.00"}


def test_of_churn_it_says_that_too_little_is_known(till: Till) -> None:
    assert till.get("reports/churn").json() == {
        "model": None, "horizon_days": None, "scored_on": None, "customers": 0, "slipping": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"}, {"until": "2026-02-30"}, {"since": "2026-03-02", "until": "2026-03-01"},
        {"since": "2020-01-01", "until": "2026-01-01"}, {"day": "2026-01-01"}, {"until": "0001-01-01"},
    ],
)  # fmt: skip
def test_a_wrong_period_is_told(till: Till, query: dict[str, str]) -> None:
    assert problem(till.get("reports/summary", **query)) == (422, "invalid")


def test_a_business_without_a_sale_has_reports_of_nothing(shop: Shop) -> None:
    body = Till(shop).get("reports/sales").json()
    assert (body["sales"], body["amount"], body["days"], body["as_of"]) == (0, "0.00", [], None)


def test_another_business_sees_nothing_of_it(till: Till, new_shop) -> None:
    other = Till(new_shop("far"))
    assert other.get("reports/summary").json()["sales"] == 0
    assert other.get("reports/top-customers").json()["results"] == []
