"""Sales as the API tells them afterwards, and their receipts."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from businesses.api import paging
from businesses.models import Business, Program
from conftest import Shop
from loyalty import receipts
from loyalty.receipts import COLUMNS, Row
from loyalty.tests.conftest import buy, redeem, refund, wallet
from loyalty.tests.test_api import Till, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
LINES: list[dict[str, Any]] = [
    {"sku": "tea-1", "name": "Qara çay", "category": "Çay", "quantity": "2", "unit_price": "4.50"},
    {"sku": "bread", "name": "Təndir çörəyi", "unit_price": "1.20", "discount": "0.20"},
]


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def test_a_sale_reads_as_it_was_answered(till: Till) -> None:
    answered = till.post(
        "purchases", {"phone": "0501234567", "amount": "10", "lines": LINES, "reference": "A-7"}
    ).json()
    read = till.get(f"purchases/{answered['id']}").json()
    assert {name: read[name] for name in answered} == answered
    assert (read["reference"], read["refunded"]) == ("A-7", "0.00")
    assert [(line["position"], line["sku"], line["quantity"], line["discount"]) for line in read["lines"]] == [
        (1, "tea-1", "2", "0.00"),
        (2, "bread", "1", "0.20"),
    ]


def test_what_was_refunded_of_it_is_said(till: Till, shop: Shop) -> None:
    sale = buy(shop, 10)
    till.post(f"purchases/{sale.public_id}/refunds", {"amount": "4"})
    assert till.get(f"purchases/{sale.public_id}").json()["refunded"] == "4.00"


def test_sales_come_in_pages_and_by_day_and_reference(till: Till, shop: Shop) -> None:
    sales = [buy(shop, amount, reference=f"R{amount}") for amount in range(1, 6)]
    first = till.get("purchases", limit=3).json()
    second = till.get("purchases", limit=3, cursor=first["next_cursor"]).json()
    found = [each["id"] for page in (first, second) for each in page["results"]]
    assert found == [str(sale.public_id) for sale in reversed(sales)]
    assert second["next_cursor"] is None
    assert [each["amount"] for each in till.get("purchases", reference="R4").json()["results"]] == ["4.00"]
    today = sales[0].occurred_at.date().isoformat()
    assert len(till.get("purchases", since=today, until=today).json()["results"]) == 5
    assert till.get("purchases", until="2020-01-01").json()["results"] == []
    assert problem(till.get("purchases", since="yesterday")) == (422, "invalid")


def test_a_sale_that_comes_in_late_stands_on_its_day(till: Till, shop: Shop) -> None:
    """Pages follow days, as the index does; otherwise a quiet business's list would look through everybody's sales."""
    today = timezone.now()
    days = [today - timedelta(days=back) for back in (0, 3, 1, 3, 2)]
    sales = [buy(shop, amount, at=day) for amount, day in enumerate(days, start=1)]
    own, since = f"customers/{wallet().public_id}/purchases", days[4].date().isoformat()
    for path, asked, expected in [
        ("purchases", {}, (0, 2, 4, 3, 1)), (own, {}, (0, 2, 4, 3, 1)), ("purchases", {"until": since}, (4, 3, 1)),
        (own, {"since": since}, (0, 2, 4)),
    ]:  # fmt: skip
        assert [each["id"] for each in till.pages(path, **asked)] == [str(sales[at].public_id) for at in expected]


def test_a_cursor_of_another_list_tells_nothing_of_another_business(
    till: Till, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    buy(shop, 1)
    theirs = buy(new_shop("tea"), 2)
    assert till.get("purchases", cursor=paging.sealed(theirs.id)).json()["results"] == []


@pytest.mark.parametrize(
    ("currency", "shown"), [("JPY", ["1.125", "2"]), ("AZN", ["1.125", "2.00"]), ("KWD", ["1.125", "2.000"])]
)
def test_a_price_has_the_decimals_of_its_currency_and_those_that_it_needs(
    currency: str, shown: list[str], shop: Shop
) -> None:
    Program.objects.update(currency=currency)
    lines = [{"unit_price": Decimal("1.125"), "quantity": Decimal(4)}, {"unit_price": Decimal(2)}]
    sale = buy(shop, 6, lines=lines)
    found = Till(shop).get(f"purchases/{sale.public_id}").json()["lines"]
    assert [line["unit_price"] for line in found] == shown


def test_however_many_sales_cost_as_many_statements(
    till: Till, shop: Shop, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for amount in range(1, 9):
        buy(shop, amount, lines=[{"unit_price": Decimal(amount)}])
    till.get("purchases")
    with django_assert_max_num_queries(2):  # the key, the page
        assert len(till.get("purchases").json()["results"]) == 8


def test_nobody_reads_the_sales_of_another_business(till: Till, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    here, there = buy(shop, 5), buy(tea, 7)
    assert [each["id"] for each in till.get("purchases").json()["results"]] == [str(here.public_id)]
    mine = till.get(f"customers/{wallet().public_id}/purchases").json()["results"]
    assert [each["amount"] for each in mine] == ["5.00"]
    for path in ("", "/receipt"):
        assert problem(till.get(f"purchases/{there.public_id}{path}")) == (404, "not_found")


def test_what_is_no_sale_is_not_found(till: Till, shop: Shop) -> None:
    buy(shop, 50)
    assert problem(till.get(f"purchases/{redeem(shop, 5).public_id}")) == (404, "not_found")


def test_a_receipt_says_what_was_sold_and_what_it_brought(till: Till) -> None:
    sale = till.post("purchases", {"phone": "0501234567", "amount": "10", "lines": LINES, "reference": "A-7"}).json()
    answer = till.get(f"purchases/{sale['id']}/receipt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0] == "Nar"
    assert "Receipt A-7" in lines
    assert f"{'Qara çay × 2':<32}9.00 AZN" in lines
    assert f"{'Təndir çörəyi':<32}1.00 AZN" in lines
    assert f"{'Total':<31}10.00 AZN" in lines
    assert f"{'Points earned':<37}+10" in lines
    assert {len(line) for line in lines if line.endswith("AZN")} == {COLUMNS}


def test_a_receipt_follows_a_refund_and_speaks_the_language_of_the_business(till: Till, shop: Shop) -> None:
    sale = buy(shop, 10)
    refund(shop, sale, amount=Decimal(4))
    Business.objects.filter(pk=shop.business.pk).update(language="ru")
    said = till.get(f"purchases/{sale.public_id}/receipt").content.decode()
    assert "4.00 AZN" in said
    assert "Total" not in said


def test_a_receipt_is_a_pdf_too(till: Till, shop: Shop) -> None:
    sale = buy(shop, 10, lines=[{"name": "Чай, şəkər, 🍰", "unit_price": Decimal(10)}])
    answer = till.get(f"purchases/{sale.public_id}/receipt", format="pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert problem(till.get(f"purchases/{sale.public_id}/receipt", format="docx")) == (422, "invalid")


def test_long_words_go_on_in_the_next_line() -> None:
    said = receipts.as_text([Row("An article with a name that is longer than the paper", "9.00 AZN"), Row("x" * 90)])
    assert said.splitlines() == [
        "An article with a name that is longer",
        f"{'than the paper':<32}9.00 AZN",
        "x" * 40,
        "x" * 40,
        "x" * 10,
    ]
