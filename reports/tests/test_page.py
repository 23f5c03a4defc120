"""The page of reports and its files, read from the sums by day."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Branch, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty.tests.conftest import buy, redeem, refund
from reports import folding, screen, segments
from reports.periods import Length, Period

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
TODAY = date(2026, 3, 3)


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def test_periods_are_so_many_days_up_to_today_and_as_many_before() -> None:
    week = Period.up_to(TODAY, Length.WEEK)
    assert (week.first, week.last, week.before.first, week.before.last) == (
        date(2026, 2, 25), TODAY, date(2026, 2, 18), date(2026, 2, 24),
    )  # fmt: skip
    for length in Length:
        period = Period.up_to(TODAY, length)
        steps = list(period.steps())
        assert period.days == length
        assert len(steps) * period.step == length
        assert [period.step_of(day) for _first, day in steps] == list(range(len(steps)))
        assert [period.step_of(day) for day, _last in steps] == list(range(len(steps)))


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        (118, 100, ("+18 % against the 7 days before", "up")),
        (Decimal(50), Decimal(100), ("−50 % against the 7 days before", "down")),
        (100, 100, ("As in the 7 days before", "")),
        (5, 0, ("Nothing in the 7 days before", "")),
    ],
)
def test_a_figure_stands_beside_that_of_the_days_before(now: int, before: int, says: tuple[str, str]) -> None:
    assert screen.change(now, before, Length.WEEK) == says


def test_without_a_sale_it_says_what_will_stand_here(owner: Client) -> None:
    page = owner.get("/reports/").content.decode()
    assert "Nothing to report yet" in page
    assert "Points given" not in page


def test_the_page_shows_sales_customers_points_and_who_bought_most(shop: Shop, owner: Client) -> None:
    now = timezone.now()
    line = {"name": "Milk", "sku": "m", "category": "Dairy", "quantity": Decimal(2), "unit_price": Decimal(15)}
    buy(shop, 30, at=now, lines=[line])
    buy(shop, 20, at=now, phone="+994507654321")
    refund(shop, buy(shop, 100, at=now))
    buy(shop, 25, at=now - timedelta(days=10))
    buy(shop, 5, at=now - timedelta(days=40))
    redeem(shop, 5)
    folding.fold()
    page = owner.get("/reports/?days=7").content.decode()
    assert "How the last 7 days went" in page
    for said in ("50.00", "+100 % against the 7 days before", "Milk", "Dairy", "Best customers", "Had bought before"):
        assert said in page, said
    assert "150.00" not in page
    assert "Best branches" not in page
    second = Branch.objects.create(business=shop.business, name="Second")
    shop.branch = second
    buy(shop, 1, at=now)
    folding.fold()
    assert "Best branches" in owner.get("/reports/?days=7").content.decode()


@pytest.mark.parametrize("days", ["", "0", "nonsense", "30'", "99999999999"])
def test_a_period_that_is_none_of_ours_is_the_usual_one(shop: Shop, owner: Client, days: str) -> None:
    buy(shop, 30, at=timezone.now())
    folding.fold()
    assert "How the last 30 days went" in owner.get("/reports/", {"days": days}).content.decode()


def test_the_days_as_csv_and_xlsx_are_the_same(shop: Shop, owner: Client) -> None:
    now = timezone.now()
    buy(shop, 30, at=now)
    buy(shop, "12.50", at=now)
    folding.fold()
    csv = owner.get("/reports/export/?days=7")
    rows = csv.content.decode("utf-8-sig").split("\r\n")
    assert rows[0] == "Day,Sales,Amount,Currency,New customers,Points given,Points used"
    assert rows[1].split(",")[1:] == ["2", "42.50", "AZN", "1", "42", "0"]
    book = openpyxl.load_workbook(BytesIO(owner.get("/reports/export/?days=7&format=xlsx").content))
    assert [[str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)] == [
        row.split(",") for row in rows if row
    ]


def test_a_cashier_sees_none_of_it(shop: Shop) -> None:
    cashier = signed_in(hire(shop.business, Role.CASHIER, "c@nar.test").user)
    assert cashier.get("/reports/").status_code in (403, 404)


def test_the_page_is_some_queries_however_much_was_sold(
    shop: Shop, owner: Client, django_assert_max_num_queries
) -> None:
    for number in range(30):
        buy(shop, 5 + number, at=timezone.now() - timedelta(days=number), phone=f"+99450{number:07}")
    folding.fold()
    owner.get("/reports/?days=30")
    with django_assert_max_num_queries(30):
        owner.get("/reports/?days=364")


def test_how_customers_differ_is_told_with_what_to_do(shop: Shop, owner: Client) -> None:
    assert "No segments yet" in owner.get("/reports/customers/").content.decode()
    for number in range(6):
        for month in range(2):
            buy(shop, 10 + number, phone=f"+99450{number:07}", at=timezone.now() - timedelta(days=31 * month))
    folding.fold()
    segments.count(at=timezone.now())
    page = owner.get("/reports/customers/").content.decode()
    for said in ("Champions", "Thank them.", "Who came again", "First bought in"):
        assert said in page, said


def test_a_young_business_is_not_compared_with_days_before_it_was(shop: Shop, owner: Client) -> None:
    buy(shop, 5, at=timezone.now() - timedelta(days=8))
    buy(shop, 30, at=timezone.now())
    folding.fold()
    assert "against" not in owner.get("/reports/?days=7").content.decode()
    assert "against" not in owner.get("/reports/?days=30").content.decode()
