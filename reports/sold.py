"""Articles that were sold and that the catalogue lacks: found in the sums by day, and added with one press."""

from typing import Any

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from businesses import shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.catalogue import categories, products
from businesses.models import Business, Product
from reports.models import ProductDay

AT_ONCE = 20_000
SAMPLE = 5


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def sold(request: StaffRequest) -> HttpResponse:
    """A panel of the catalogue's page by htmx, else a page of its own; the press adds them all."""
    if request.method == "POST":
        try:
            count = add(business=request.business)
        except categories.TooMany:
            said = _("Your till names more than %(most)s categories. Import the products as a file instead.")
            messages.error(request, said % {"most": shown.number(categories.MOST)})
        else:
            said = ngettext("%(count)s product added.", "%(count)s products added.", count)
            messages.success(request, said % {"count": shown.number(count)})
        return redirect("products")
    template = "products/sold_panel.html" if request.htmx else "products/sold.html"
    return render(request, template, {"active": "products", **_panel(request.business)})


def missing(business: Business) -> QuerySet[ProductDay, Any]:
    """What was sold by a number that no product has."""
    own = Product.objects.filter(business=business)
    return (
        ProductDay.objects.filter(business=business)
        .exclude(sku="")
        .exclude(sku__in=own.values("sku"))
        .values("sku")
        .annotate(named=Max("name"), shelf=Max("category"), days=Max("on"))
        .order_by("-days", "sku")
    )


def add(*, business: Business) -> int:
    """Puts them into the catalogue under the name and category that the till gave them. The price is not known: a line
    says what was paid."""
    told = {row["sku"]: {"name": row["named"], "category": _shelf(row["shelf"])} for row in missing(business)[:AT_ONCE]}
    return products.put_many(business=business, told=told).new


def _shelf(path: str) -> str:
    """What a till nests deeper than we do stands on the deepest shelf."""
    return categories.SEPARATOR.join(categories.split(path)[: categories.DEEPEST])


def _panel(business: Business) -> dict[str, Any]:
    count = missing(business).order_by().count()
    text = ngettext(
        "%(count)s article was sold and is not here", "%(count)s articles were sold and are not here", count
    )
    names = [row["named"] or row["sku"] for row in missing(business)[:SAMPLE]] if count else []
    return {"count": count, "text": text % {"count": shown.number(count)}, "sample": ", ".join(names)}
