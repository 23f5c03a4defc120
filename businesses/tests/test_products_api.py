"""The catalogue for online shops: `products` and `categories`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from businesses import api_keys
from businesses.api import paging
from businesses.catalogue import products
from conftest import Shop

pytestmark = pytest.mark.django_db


def program_of(shop: Shop, *scopes: str) -> Client:
    _key, text = api_keys.create(business=shop.business, name="Site", scopes=list(scopes))
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def site(shop: Shop) -> Client:
    return program_of(shop, "read", "promote")


def put(site: Client, sku: str, **told: Any) -> Any:
    return site.put(f"/api/v1/products/{sku}", told, content_type="application/json")


def test_a_product_is_put_and_read(site: Client) -> None:
    made = put(site, "A/1", name="Kettle", category="Home / Kitchen", price="24.5", featured=True)
    assert made.status_code == 201
    assert made.json() == {
        "sku": "A/1", "name": "Kettle", "category": "Home / Kitchen", "price": "24.50", "image_url": None,
        "featured": True, "active": True,
    }  # fmt: skip
    changed = put(site, "A/1", image_url="https://shop.example/kettle.jpg", category="")
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["category"]) == ("Kettle", None)
    assert site.get("/api/v1/products/A/1").json() == changed.json()
    assert site.get("/api/v1/products/B").status_code == 404


WRONG = {
    "no name": ({}, "name"),
    "a name that is none": ({"name": " "}, "name"),
    "a price below nothing": ({"name": "Tea", "price": "-1"}, "price"),
    "a script as a picture": ({"name": "Tea", "image_url": "javascript:alert(1)"}, "image_url"),
    "too deep": ({"name": "Tea", "category": "a / b / c / d / e / f"}, "category"),
    "a word for yes": ({"name": "Tea", "active": "yes"}, "active"),
    "unknown": ({"name": "Tea", "colour": "green"}, "colour"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_by_its_field(name: str, site: Client) -> None:
    told, field = WRONG[name]
    answer = put(site, "1", **told)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert site.get("/api/v1/products/1").status_code == 404


def test_lists_are_filtered_and_paged(shop: Shop, site: Client) -> None:
    told = {str(n): {"name": f"Tea {n}", "category": "Drinks / Hot", "featured": n == 3} for n in range(5)}
    told |= {"x": {"name": "Plate", "category": "Home", "active": False}}
    products.put_many(business=shop.business, told=told)

    def skus(query: str) -> list[str]:
        return [row["sku"] for row in site.get(f"/api/v1/products?{query}").json()["results"]]

    assert skus("category=Drinks") == ["4", "3", "2", "1", "0"]
    assert skus("featured=true") == ["3"]
    assert skus("active=false") == ["x"]
    first = site.get("/api/v1/products?limit=4&category=Drinks").json()
    assert skus(f"limit=4&category=Drinks&cursor={first['next_cursor']}") == ["0"]
    tree = site.get("/api/v1/categories").json()["results"]
    assert [(row["path"], row["products"]) for row in tree] == [("Drinks", 5), ("Drinks / Hot", 5), ("Home", 1)]
    assert skus(f"category={tree[2]['id']}") == ["x"]
    assert tree[1]["parent"] == tree[0]["id"]
    for wrong in ("category=Cars", "featured=1", "colour=red", "limit=0", "cursor=x"):
        assert site.get(f"/api/v1/products?{wrong}").status_code == 422, wrong


def test_search_goes_on_over_pages_and_leaves_out_what_is_not_on_sale(shop: Shop, site: Client) -> None:
    told = {f"T-{n}": {"name": f"Tea {n}", "active": n != 2} for n in range(5)}
    products.put_many(business=shop.business, told=told)
    first = site.get("/api/v1/products/search?q=te&limit=3").json()
    rest = site.get(f"/api/v1/products/search?q=te&limit=3&cursor={first['next_cursor']}").json()
    assert [row["name"] for row in first["results"] + rest["results"]] == ["Tea 0", "Tea 1", "Tea 3", "Tea 4"]
    assert rest["next_cursor"] is None
    assert site.get(f"/api/v1/products/search?q={'x' * 121}").status_code == 422


def test_a_cursor_stands_in_an_address_as_it_is() -> None:
    cursors = [paging.sealed(number) for number in range(50)]
    assert not set("+/&# ").intersection("".join(cursors))
    assert [paging.offset_of(QueryDict(f"cursor={cursor}")) for cursor in cursors] == list(range(50))


def test_putting_needs_its_scope_and_reaches_no_other_business(
    shop: Shop, site: Client, new_shop: Callable[..., Shop]
) -> None:
    put(site, "1", name="Tea")
    reader, other = program_of(shop, "read"), program_of(new_shop("other"), "read", "promote")
    assert put(reader, "1", name="Mine").status_code == 403
    assert other.get("/api/v1/products/1").status_code == 404
    assert put(other, "1", name="Theirs").status_code == 201
    assert site.get("/api/v1/products/1").json()["name"] == "Tea"
