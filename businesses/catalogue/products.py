"""Products: put into the catalogue one by one or by the thousand, and found again however somebody types."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Lower

from businesses import alphabet
from businesses.catalogue import categories
from businesses.catalogue.categories import Node
from businesses.models import Business, Product

TOLD = ("name", "price", "image_url", "featured", "active")
MOST_WORDS = 8
LONGEST_SKU = 64
LONGEST_NAME = 200


@dataclass(frozen=True)
class Put:
    """What putting products did."""

    new: int = 0
    changed: int = 0
    same: int = 0


def put(*, business: Business, sku: str, told: Mapping[str, Any]) -> tuple[Product, bool]:
    """The product by that number, made or changed, and whether it is new. See `put_many`."""
    done = put_many(business=business, told={sku: told})
    return business.products.select_related("category").get(sku=sku), bool(done.new)


@transaction.atomic
def put_many(*, business: Business, told: Mapping[str, Mapping[str, Any]]) -> Put:
    """Products by their numbers. `told` are `name`, `price`, `image_url`, `featured`, `active` and `category`, a path;
    what is not told stays as it is, and a new product without a name is called by its number.

    Raises `categories.TooDeep`, `TooMany`.
    """
    paths = [str(values["category"]) for values in told.values() if values.get("category")]
    shelves = categories.ensure(business=business, paths=paths)
    known = {
        row.sku: row
        for row in business.products.select_for_update(no_key=True).filter(sku__in=list(told)).order_by("pk")
    }
    new: list[Product] = []
    changed: list[Product] = []
    for sku, values in told.items():
        row = known.get(sku) or Product(business=business, sku=sku, name=values.get("name") or sku)
        before = {name: getattr(row, name) for name in (*TOLD, "category_id", "words")}
        for name in TOLD:
            if values.get(name) is not None and (name != "name" or values[name]):
                setattr(row, name, values[name])
        if values.get("category") is not None:
            row.category_id = shelves.get(str(values["category"]))
        row.words = words(f"{row.name} {row.sku}")
        if row.pk is None:
            new.append(row)
        elif any(getattr(row, name) != value for name, value in before.items()):
            changed.append(row)
    # Where somebody puts the same new product at the same moment the later word counts, as it would a moment later.
    Product.objects.bulk_create(
        new,
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["business", "sku"],
        update_fields=[*TOLD, "category", "words"],
    )
    Product.objects.bulk_update(changed, [*TOLD, "category", "words"], batch_size=1_000)
    return Put(len(new), len(changed), len(told) - len(new) - len(changed))


def listed(*, business: Business, sought: str = "", within: Node | None = None) -> QuerySet[Product]:
    """All products, or those that hold each sought word or begin with it, the best hits first, then by name."""
    found = business.products.select_related("category")
    if within:
        found = found.filter(category_id__in=within.within)
    terms = words(sought).split()[:MOST_WORDS]
    if not sought.strip():
        return found.order_by(Lower("name"), "pk")
    if not terms:
        return found.none()
    query = SearchQuery(" & ".join(f"{term}:*" for term in terms), search_type="raw", config="simple")
    number = sought.strip().lower()
    return (
        found.annotate(vector=SearchVector("words", config="simple"), lower_sku=Lower("sku"))
        .filter(vector=query)
        .order_by(
            Case(
                When(lower_sku=number, then=Value(0)),
                When(words__startswith=" ".join(terms), then=Value(1)),
                default=Value(2),
            ),
            Lower("name"),
            F("pk"),
        )
    )


def unknown_skus(*, business: Business, skus: Sequence[str]) -> set[str]:
    """Those that the catalogue does not hold."""
    return set(skus) - set(business.products.filter(sku__in=skus).values_list("sku", flat=True))


def words(text: str) -> str:
    """As search compares them: “Çay-dəsti № 5” is “cay desti 5”."""
    return " ".join(re.findall(r"[^\W_]+", alphabet.fold(text)))


def paths_of(products: Iterable[Product], tree: categories.Tree) -> dict[int, str]:
    return {product.pk: tree.path(product.category_id) for product in products}
