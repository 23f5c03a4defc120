"""What a business sells: putting it into the catalogue, finding it again, and the tree that it stands in."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from businesses.catalogue import categories, products
from businesses.catalogue.categories import Tree
from businesses.models import Product, ProductCategory
from conftest import Shop

pytestmark = pytest.mark.django_db


def put(shop: Shop, sku: str, name: str = "", category: str = "", **told: object) -> Product:
    made, _new = products.put(business=shop.business, sku=sku, told={"name": name, "category": category, **told})
    return made


def paths(shop: Shop) -> list[str]:
    return [node.path for node in Tree.of(shop.business)]


def found(shop: Shop, sought: str) -> list[str]:
    return [product.sku for product in products.listed(business=shop.business, sought=sought)]


@pytest.fixture
def tea(shop: Shop) -> Product:
    return put(shop, "TEA-1", "Green tea", "Drinks / Hot", price=Decimal("3.50"))


def test_a_product_is_made_once_and_then_changed_and_what_is_not_told_stays(shop: Shop, tea: Product) -> None:
    again, new = products.put(business=shop.business, sku="TEA-1", told={"price": Decimal(4), "featured": True})
    assert (again.pk, new, again.name, again.price, again.featured, again.active) == (
        tea.pk, False, "Green tea", Decimal(4), True, True,
    )  # fmt: skip
    assert again.category == tea.category
    assert paths(shop) == ["Drinks", "Drinks / Hot"]


def test_the_same_number_belongs_to_each_business_for_itself(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = new_shop("other")
    assert put(shop, "1", "Tea").pk != put(other, "1", "Nails").pk
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.create(business=shop.business, sku="1", name="Another", words="")


def test_a_category_is_one_however_its_path_is_written(shop: Shop) -> None:
    ids = categories.ensure(
        business=shop.business,
        paths=["Home / Kitchen", "home  /  KITCHEN", " Home / Kitchen / ", "Home", "", "Buns/Rolls"],
    )
    assert len(set(ids.values())) == 4
    assert ids[""] is None
    assert paths(shop) == ["Buns/Rolls", "Home", "Home / Kitchen"]


def test_a_tree_has_an_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(categories.TooDeep):
        categories.ensure(business=shop.business, paths=["a / b / c / d / e / f"])
    monkeypatch.setattr(categories, "MOST", 2)
    with pytest.raises(categories.TooMany):
        categories.ensure(business=shop.business, paths=["a / b / c"])
    assert paths(shop) == []


def test_a_category_never_stands_inside_itself(shop: Shop) -> None:
    categories.ensure(business=shop.business, paths=["A / B / C"])
    a, b, c = (node.category for node in Tree.of(shop.business))
    for parent in (a, b, c):
        with pytest.raises(categories.InsideItself):
            categories.change(category=a, name="A", parent=parent)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductCategory.objects.filter(pk=a.pk).update(parent=a)
    categories.change(category=c, name="C", parent=a)
    assert paths(shop) == ["A", "A / B", "A / C"]
    with pytest.raises(categories.NameTaken):
        categories.change(category=c, name="b", parent=a)


def test_a_branch_of_the_tree_is_not_moved_below_the_deepest(shop: Shop) -> None:
    categories.ensure(business=shop.business, paths=["A / B / C", "X / Y / Z"])
    tree = Tree.of(shop.business)
    a, z = tree.find("A"), tree.find("X / Y / Z")
    assert a
    assert z
    with pytest.raises(categories.TooDeep):
        categories.change(category=a.category, name="A", parent=z.category)


def test_search_finds_words_beginnings_and_numbers_however_they_are_typed(shop: Shop, tea: Product) -> None:
    put(shop, "TEA-10", "Black tea, 100 g")
    put(shop, "CUP-3", "Çay dəsti «Şəki»")
    put(shop, "X'); --", "Odd & (strange) : name | !")
    assert found(shop, "tea") == ["TEA-10", "TEA-1"]  # by name
    assert found(shop, "GREEN") == ["TEA-1"]
    assert found(shop, "tea gre") == ["TEA-1"]
    assert found(shop, "tea-1") == ["TEA-1", "TEA-10"]  # the number itself comes first
    assert found(shop, "cay SEKI") == found(shop, "Şəki") == ["CUP-3"]
    assert found(shop, "strange & odd") == ["X'); --"]
    assert found(shop, "coffee") == found(shop, "!!! &") == found(shop, "'") == []
    assert len(found(shop, "")) == 4


def test_search_never_finds_what_others_sell(shop: Shop, new_shop: Callable[..., Shop], tea: Product) -> None:
    assert found(new_shop("other"), "tea") == []


def test_the_catalogue_is_kept_in_the_portal(shop: Shop, owner: Client) -> None:
    assert "No products yet" in owner.get("/products/").text
    told = {"sku": "TEA-1", "name": "Tea", "category": "Drinks / Hot", "price": "3,50", "active": "on"}
    assert owner.post("/products/new/", told).status_code == 302
    made = Product.objects.get()
    assert (made.price, made.featured, made.active) == (Decimal("3.5"), False, True)
    page = owner.get("/products/?q=tea")
    assert "Drinks / Hot" in page.text
    hot = ProductCategory.objects.get(name="Hot")
    assert "TEA-1" in owner.get(f"/products/?category={hot.parent and hot.parent.public_id}").text
    own = f"/products/{made.public_id}/"
    assert owner.post(own, {"name": "Tea", "category": "", "price": "", "featured": "on"}).status_code == 302
    made.refresh_from_db()
    assert (made.price, made.category, made.featured, made.active) == (None, None, True, False)


WRONG = {
    "the same number twice": ({"sku": "TEA-1", "name": "Tea"}, "Another product has this number."),
    "no name": ({"sku": "2", "name": ""}, "This field is required."),
    "a price below nothing": ({"sku": "2", "name": "Tea", "price": "-1"}, "Write an amount"),
    "a script as a picture": ({"sku": "2", "name": "Tea", "image_url": "javascript:alert(1)"}, "valid URL"),
    "too deep": ({"sku": "2", "name": "Tea", "category": "a / b / c / d / e / f"}, "At most 5 categories"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays(name: str, tea: Product, owner: Client) -> None:
    told, sentence = WRONG[name]
    answer = owner.post("/products/new/", told)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{told["sku"]}"' in answer.text
    assert Product.objects.count() == 1


def test_categories_are_renamed_moved_and_removed_when_empty(shop: Shop, owner: Client, tea: Product) -> None:
    drinks = ProductCategory.objects.get(name="Drinks")
    hot = ProductCategory.objects.get(name="Hot")
    refused = owner.post(f"/products/categories/{drinks.public_id}/", {"name": "Drinks", "parent": hot.public_id})
    assert refused.status_code == 422
    assert owner.post(f"/products/categories/{hot.public_id}/", {"remove": "1"}).status_code == 422
    assert owner.post(f"/products/categories/{hot.public_id}/", {"name": "Warm"}).status_code == 302
    assert paths(shop) == ["Drinks", "Warm"]
    assert owner.post(f"/products/categories/{drinks.public_id}/", {"remove": "1"}).status_code == 302
    assert paths(shop) == ["Warm"]


def test_a_cashier_and_a_stranger_find_no_catalogue(cashier: Client, stranger: Client, tea: Product) -> None:
    assert cashier.get("/products/").status_code == 404
    assert stranger.get(f"/products/{tea.public_id}/").status_code == 404
    assert "TEA-1" not in stranger.get("/products/?q=tea").text


def test_a_long_list_has_pages_that_keep_what_was_asked(shop: Shop, owner: Client) -> None:
    told = {str(n): {"name": f"Tea {n}", "category": "Drinks"} for n in range(60)}
    assert products.put_many(business=shop.business, told=told).new == 60
    page = owner.get("/products/?q=tea&category=Drinks")
    assert "q=tea&amp;category=Drinks&amp;page=2" in page.text


def test_a_large_file_asks_the_database_a_few_times(
    shop: Shop, django_assert_max_num_queries: Callable[..., object]
) -> None:
    told = {str(n): {"name": f"Tea {n}", "category": f"Drinks / {n % 3}"} for n in range(900)}
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        products.put_many(business=shop.business, told=told)
    assert products.put_many(business=shop.business, told=told).same == 900
