"""The catalogue of a business: the list, a product, the categories."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from businesses import money, paging, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.catalogue import categories, products
from businesses.catalogue.categories import Tree
from businesses.catalogue.forms import CategoryForm, ProductForm
from businesses.models import Product, ProductCategory


@require_safe
@role_required(*MANAGERS)
def product_list(request: StaffRequest) -> HttpResponse:
    sought, tree = paging.sought(request), Tree.of(request.business)
    chosen = request.GET.get("category", "").replace("\0", "")
    within = tree.find(chosen) if chosen else None
    found = products.listed(business=request.business, sought=sought, within=within)
    page = paging.page(found, request.GET.get("page"), q=sought, category=chosen if within else "")
    page["rows"] = [_row(request, product, tree) for product in page["rows"]]
    context: dict[str, Any] = {
        **page,
        "sought": sought,
        "within": within,
        "categories": [
            (str(node.category.public_id), "\u00a0\u00a0" * node.depth + node.category.name) for node in tree
        ],
        "chosen": str(within.category.public_id) if within else "",
        "some": bool(page["rows"]) or request.business.products.exists(),
    }
    return _page(request, "products/list.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_product(request: StaffRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, business=request.business)
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        if _saved(request, form, told.pop("sku"), told):
            messages.success(request, _("It is in the catalogue."))
            return redirect("products")
    return _product_page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def product(request: StaffRequest, product: UUID) -> HttpResponse:
    found = get_object_or_404(request.business.products, public_id=product)
    path = Tree.of(request.business).path(found.category_id)
    form = ProductForm(request.POST or None, business=request.business, product=found, path=path)
    if request.method == "POST" and form.is_valid() and _saved(request, form, found.sku, form.cleaned_data):
        messages.success(request, _("Saved."))
        return redirect("products")
    return _product_page(request, form, product=found)


@require_safe
@role_required(*MANAGERS)
def category_list(request: StaffRequest) -> HttpResponse:
    tree = Tree.of(request.business)
    counts = categories.counts(tree)
    rows = [
        {"node": node, "products": shown.number(counts[pk]), "indent": range(node.depth)}
        for pk, node in tree.nodes.items()
    ]
    return _page(request, "products/categories.html", rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def category(request: StaffRequest, category: UUID) -> HttpResponse:
    """Another name or another place; the second button takes an empty one away."""
    rows = ProductCategory.objects.select_related("parent", "business__program")
    found = get_object_or_404(rows, business=request.business, public_id=category)
    tree = Tree.of(request.business)
    if request.method == "POST" and "remove" in request.POST:
        return _removed(request, found, tree)
    form = CategoryForm(request.POST or None, category=found, tree=tree)
    if request.method == "POST" and form.is_valid():
        try:
            categories.change(category=found, **form.cleaned_data)
        except categories.InsideItself:
            form.add_error("parent", _("A category cannot stand inside itself."))
        except categories.TooDeep:
            said = _("At most %(most)s categories one inside another.")
            form.add_error("parent", said % {"most": categories.DEEPEST})
        except categories.NameTaken:
            form.add_error("name", _("There is a category of this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("product-categories")
    return _page(request, "products/category.html", form=form, category=found)


def _removed(request: StaffRequest, found: ProductCategory, tree: Tree) -> HttpResponse:
    try:
        categories.remove(category=found)
    except categories.NotEmpty:
        form = CategoryForm(None, category=found, tree=tree)
        error = _("It is not empty: give its products and categories another place first.")
        return _page(request, "products/category.html", form=form, category=found, error=error)
    messages.success(request, _("The category is gone."))
    return redirect("product-categories")


def _saved(request: StaffRequest, form: ProductForm, sku: str, told: dict[str, Any]) -> bool:
    """An empty price is none, which `put` would take for one that is not told."""
    try:
        made, _new = products.put(business=request.business, sku=sku, told=told)
    except categories.TooMany:
        said = _("You have %(most)s categories. Choose one that is there.")
        form.add_error("category", said % {"most": shown.number(categories.MOST)})
        return False
    if told["price"] is None and made.price is not None:
        Product.objects.filter(pk=made.pk).update(price=None)
    return True


def _row(request: StaffRequest, product: Product, tree: Tree) -> dict[str, Any]:
    currency = request.business.program.currency
    price = product.price
    return {
        "product": product,
        "path": tree.path(product.category_id),
        "price": "" if price is None else money.show_amount(price, currency, shown.language()),
    }


def _product_page(request: StaffRequest, form: ProductForm, **context: Any) -> HttpResponse:
    paths = [node.path for node in Tree.of(request.business)]
    return _page(request, "products/product.html", form=form, paths=paths, **context)


def _page(request: StaffRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    mistaken = (form is not None and form.errors) or context.get("error")
    return render(request, template, {"active": "products", **context}, status=422 if mistaken else 200)
