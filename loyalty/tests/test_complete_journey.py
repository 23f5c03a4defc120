"""A real grocery chain's baskets come in as everybody's do: stores are branches, departments are categories."""

import csv
import gzip
import io
import os
import time
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone

from businesses.models import Branch
from conftest import Shop
from loyalty.importing import work
from loyalty.models import Import, Purchase, PurchaseLine, Wallet
from loyalty.tests.test_imports import sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

NAME = "complete_journey_sample.csv.gz"
WHOLE = os.environ.get("WHOLE_JOURNEY") == "1"
CUT = 3_000
COLUMNS = {
    "customer": "household_id", "date": "transaction_timestamp", "amount": "sales_value", "receipt": "basket_id",
    "branch": "store_id", "sku": "product_id", "category": "department", "quantity": "quantity",
    "discount": "retail_disc",
}  # fmt: skip


@pytest.fixture
def content() -> bytes:
    packed = sample(NAME).read_bytes()
    if WHOLE:
        return packed
    lines = gzip.decompress(packed).decode().splitlines(keepends=True)[: CUT + 1]
    return "".join(lines).encode()


def test_baskets_come_in_as_purchases_with_their_lines(shop: Shop, content: bytes) -> None:
    text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    # One amount of the whole file is what a rounding left of nothing, 4.440892e-16: its receipt stays out.
    odd = {row["basket_id"] for row in rows if "e" in row["sales_value"]}
    refused = sum(row["basket_id"] in odd for row in rows)
    rows = [row for row in rows if row["basket_id"] not in odd]
    began = time.perf_counter()
    at = timezone.now()
    brought = work.bring(business=shop.business, kind="purchases", file_name=NAME, content=content, at=at)
    header, _rows = work.preview(brought)
    assert brought.columns == {name: header.index(column) for name, column in COLUMNS.items()}, "all of it is guessed"
    work.look_through(importing=brought, columns=brought.columns, makes_branches=True, at=at)
    work.work(import_id=brought.pk, clock=timezone.now)
    looked = Import.objects.get(pk=brought.pk)
    checked = time.perf_counter()
    assert (looked.state, looked.tally["refused"]) == ("checked", refused)
    work.come_in(importing=looked, at=at)
    work.work(import_id=brought.pk, clock=timezone.now)
    done = Import.objects.get(pk=brought.pk)
    print(
        f"looked through in {checked - began:.1f} s, in after {time.perf_counter() - checked:.1f} s more: {done.tally}"
    )
    assert done.state == "done"
    assert done.tally["refused"] == refused
    assert done.tally["rows"] - refused == done.tally["lines"] == PurchaseLine.objects.count() == len(rows)
    assert Purchase.objects.count() == len({row["basket_id"] for row in rows})
    assert set(Branch.objects.exclude(name="Main").values_list("name", flat=True)) == {row["store_id"] for row in rows}
    departments = {row["department"] for row in rows} - {"NA"}
    assert departments <= set(PurchaseLine.objects.values_list("category", flat=True).distinct())
    assert Wallet.objects.count() == len({row["household_id"] for row in rows})
    paid = Purchase.objects.aggregate(paid=Sum("amount"))["paid"]
    assert paid == sum(Decimal(row["sales_value"]) for row in rows)
    print(f"{len(departments)} departments, {Branch.objects.count() - 1} stores, {Wallet.objects.count()} households")
