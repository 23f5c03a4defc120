"""What was sold comes into the catalogue with one press."""

import pytest
from django.test import Client

from businesses.models import Product
from businesses.tests.conftest import owner
from conftest import Shop
from loyalty.tests.conftest import buy
from reports.folding import fold

__all__ = ["owner"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]

LINES = [
    {"sku": "TEA-1", "name": "Green tea", "category": "Drinks / Hot", "unit_price": "3"},
    {"sku": "TEA-1", "name": "Green tea", "category": "Drinks / Hot", "unit_price": "3"},
    {"sku": "BUN", "category": "Buns/Rolls", "unit_price": "1"},
    {"name": "Something", "unit_price": "3"},
]


def test_what_was_sold_is_offered_and_added_once(shop: Shop, owner: Client) -> None:
    assert "Everything that was sold" in owner.get("/products/sold/").text
    buy(shop, 10, lines=LINES)
    fold()
    panel = owner.get("/products/sold/", headers={"HX-Request": "true"}).text
    assert "2 articles were sold and are not here" in panel
    assert "<html" not in panel
    assert owner.post("/products/sold/").status_code == 302
    rows = Product.objects.order_by("sku").values_list("sku", "name", "category__name", "category__parent__name")
    assert list(rows) == [("BUN", "BUN", "Buns/Rolls", None), ("TEA-1", "Green tea", "Hot", "Drinks")]
    assert "Everything that was sold" in owner.get("/products/sold/").text
    Product.objects.filter(sku="TEA-1").update(name="Our green tea")
    owner.post("/products/sold/")
    assert Product.objects.get(sku="TEA-1").name == "Our green tea"


def test_what_others_sold_is_theirs(shop: Shop, owner: Client, new_shop: object) -> None:
    buy(new_shop("other"), 10, lines=LINES)  # type: ignore[operator]
    fold()
    assert "Everything that was sold" in owner.get("/products/sold/").text
