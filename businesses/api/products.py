"""The catalogue: products, found by their numbers, in lists and by words; the tree of categories."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s

from businesses import money, names
from businesses.api.fields import Fields, amount, text, yes_or_no
from businesses.api.paging import Listing, limit_of, offset_of, only, sealed
from businesses.api.problems import Problem, not_found
from businesses.api.schema import OPTIONAL, PAGING, Decimals, fields, problems
from businesses.api.view import Answer, ApiCall, BusinessView
from businesses.catalogue import categories, products
from businesses.catalogue.categories import Node, Tree
from businesses.models import Business, Product

MOST_FOUND = 1_000
YES_OR_NO = {"true": True, "false": False}
SHOWN = ("id", "sku", "name", "category_id", "price", "image_url", "featured", "active")
OWN = Listing(
    SHOWN,
    "FROM businesses_product WHERE business_id = %(business)s::bigint",
    asked={
        "category": "category_id = ANY(%(category)s::bigint[])",
        "featured": "featured = %(featured)s::boolean",
        "active": "active = %(active)s::boolean",
    },
)

PRODUCT: dict[str, Any] = {
    "sku": s.CharField(),
    "name": s.CharField(),
    "category": s.CharField(allow_null=True, help_text="its path, such as `Home / Kitchen`"),
    "price": s.CharField(allow_null=True),
    "image_url": s.CharField(allow_null=True),
    "featured": s.BooleanField(),
    "active": s.BooleanField(),
}
ProductBody: Any = type(fields("Product", **PRODUCT))  # one class, so that the document has one component
PRODUCT_PAGE = fields("ProductPage", results=ProductBody(many=True), next_cursor=s.CharField(allow_null=True))
CATEGORY_FILTER = OpenApiParameter("category", {"type": "string"}, description="id or path; what is inside it too")


class ProductsView(BusinessView):
    scopes = {"get": "read"}

    @extend_schema(
        operation_id="list_products",
        summary="The products of this business, newest first",
        parameters=[
            CATEGORY_FILTER,
            OpenApiParameter("featured", {"type": "string", "enum": ["true", "false"]}),
            OpenApiParameter("active", {"type": "string", "enum": ["true", "false"]}),
            *PAGING,
        ],
        responses={200: PRODUCT_PAGE, **problems(422)},
    )
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query, *OWN.asked)
        asked: dict[str, Any] = {"business": call.access.business_id}
        if within := _within(call):
            asked["category"] = within.within
        for name in ("featured", "active"):
            if (said := call.query.get(name)) is not None:
                if said not in YES_OR_NO:
                    raise _wrong(name, "Has to be true or false.")
                asked[name] = YES_OR_NO[said]
        return Answer(OWN.page(asked, call.query, lambda rows: _bodies(rows, call)))


class SearchView(BusinessView):
    scopes = {"get": "read"}

    @extend_schema(
        operation_id="search_products",
        summary="Products with all these words in their name or number, the best hits first",
        description="Case and marks on letters make no difference; a word may be the beginning of one. Products"
        " that are not on sale are left out; without words all others are listed by name.",
        parameters=[
            OpenApiParameter("q", {"type": "string", "maxLength": 120}),
            CATEGORY_FILTER,
            *PAGING,
        ],
        responses={200: PRODUCT_PAGE, **problems(422)},
    )
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query, "q", "category")
        sought = call.query.get("q", "").replace("\0", "").strip()
        if len(sought) > 120:
            raise _wrong("q", "Has to be at most 120 characters long.")
        limit, offset = limit_of(call.query), offset_of(call.query)
        within = _within(call)
        found = products.listed(business=business_of(call), sought=sought, within=within).filter(active=True)
        rows = list(found[offset : offset + limit + 1])
        end = offset + limit
        more = len(rows) > limit and end < MOST_FOUND
        return Answer({"results": bodies(rows[:limit], call), "next_cursor": sealed(end) if more else None})


class ProductView(BusinessView):
    scopes = {"get": "read", "put": "promote"}

    @extend_schema(
        operation_id="show_product",
        summary="A product by its number",
        responses={200: ProductBody(), **problems(404)},
    )
    def get(self) -> None: ...

    @extend_schema(
        operation_id="put_product",
        summary="Make or change a product",
        description="What is left out stays as it is. A category that is not there yet is made.",
        request=fields(
            "ProductRequest",
            name=s.CharField(max_length=products.LONGEST_NAME, **OPTIONAL),
            category=s.CharField(max_length=400, allow_blank=True, help_text="a path; empty for none", **OPTIONAL),
            price=Decimals(**OPTIONAL),
            image_url=s.CharField(max_length=500, allow_blank=True, help_text="http or https", **OPTIONAL),
            featured=s.BooleanField(**OPTIONAL),
            active=s.BooleanField(**OPTIONAL),
        ),
        responses={
            200: ProductBody(),
            201: ProductBody(),
            **problems(400, 404, 413, 422),
        },
    )
    def put(self) -> None: ...

    def handle_get(self, call: ApiCall, sku: str) -> Answer:
        found = business_of(call).products.filter(sku=sku).first() if "\0" not in sku else None
        if found is None:
            raise not_found("No product of this business has that number.")
        return Answer(bodies([found], call)[0])

    def handle_put(self, call: ApiCall, sku: str) -> Answer:
        business = business_of(call)
        body = Fields(call.body)
        told = {
            "name": body.read("name", _named(products.LONGEST_NAME)),
            "category": body.read("category", _path),
            "price": body.read("price", amount(call.access.currency)),
            "image_url": body.read("image_url", _address),
            "featured": body.read("featured", yes_or_no),
            "active": body.read("active", yes_or_no),
        }
        try:
            number = _named(products.LONGEST_SKU)(sku)
        except ValueError as error:
            body.error("sku", str(error))
        body.done()
        if told["name"] is None and not business.products.filter(sku=number).exists():
            raise _wrong("name", "Required for a new product.")
        try:
            made, new = products.put(business=business, sku=number, told=told)
        except categories.TooMany:
            raise _wrong("category", f"At most {categories.MOST} categories.") from None
        return Answer(bodies([made], call)[0], 201 if new else 200)


class CategoriesView(BusinessView):
    scopes = {"get": "read"}

    @extend_schema(
        operation_id="list_categories",
        summary="The tree of categories, each before those inside it",
        responses={
            200: fields(
                "CategoryTree",
                results=s.ListField(
                    child=fields(
                        "ProductCategory",
                        id=s.UUIDField(),
                        name=s.CharField(),
                        path=s.CharField(),
                        parent=s.UUIDField(allow_null=True),
                        products=s.IntegerField(help_text="those further inside too"),
                    )
                ),
            ),
            **problems(),
        },
    )
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        tree = Tree.of(business_of(call))
        counts = categories.counts(tree)
        results = [
            {
                "id": str(node.category.public_id),
                "name": node.category.name,
                "path": node.path,
                "parent": str(tree.nodes[node.category.parent_id].category.public_id)
                if node.category.parent_id
                else None,
                "products": counts[pk],
            }
            for pk, node in tree.nodes.items()
        ]
        return Answer({"results": results})


def bodies(found: Iterable[Product], call: ApiCall) -> list[dict[str, Any]]:
    return _bodies(map(attrgetter(*SHOWN), found), call)


def _bodies(rows: Iterable[tuple[Any, ...]], call: ApiCall) -> list[dict[str, Any]]:
    paths = categories.paths(call.access.business_id)
    return [
        {
            "sku": sku,
            "name": name,
            "category": paths.get(category_id or 0),
            "price": None if price is None else money.plain(price, call.access.currency),
            "image_url": image_url or None,
            "featured": featured,
            "active": active,
        }
        for _id, sku, name, category_id, price, image_url, featured, active in rows
    ]


def business_of(call: ApiCall) -> Business:
    return Business.objects.get(pk=call.access.business_id)


def _within(call: ApiCall) -> Node | None:
    named = call.query.get("category")
    if named is None:
        return None
    if (found := Tree.of(business_of(call)).find(named)) is None:
        raise _wrong("category", "No category of this business has that id or path.")
    return found


def _wrong(name: str, why: str) -> Problem:
    return Problem(422, "invalid", "Some fields are wrong.", errors={name: [why]})


def _named(most: int) -> Any:
    def parse(value: Any) -> str:
        try:
            return names.clean(text(most)(value))
        except names.InvalidName as error:
            raise ValueError(str(error)) from error

    return parse


def _path(value: Any) -> str:
    parts = categories.split(text(400, least=0)(value))
    if len(parts) > categories.DEEPEST:
        raise ValueError(f"At most {categories.DEEPEST} categories one inside another.")
    return categories.SEPARATOR.join(map(_named(categories.LONGEST_NAME), parts))


def _address(value: Any) -> str:
    address = text(500, least=0)(value)
    try:
        if address:
            URLValidator(["http", "https"])(address)
    except ValidationError as error:
        raise ValueError("Has to be an address that begins with https:// or http://.") from error
    return address
