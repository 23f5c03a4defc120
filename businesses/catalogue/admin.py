"""The catalogues of all businesses, to read. A business keeps its own."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from businesses.models import Product, ProductCategory
from businesses.panel import ByBusiness, Column, ReadOnly


@admin.register(Product)
class ProductAdmin(ReadOnly):
    list_display = (
        "name",
        "sku",
        Column(_("business"), "business"),
        Column(_("category"), "category"),
        Column(_("price"), "price", figure=True),
        "featured",
        "active",
    )
    list_filter = (("business", ByBusiness), "active", "featured")
    list_select_related = ("business", "category")
    search_fields = ("sku__istartswith", "name__istartswith")
    search_help_text = _("Beginning of the name or of the article number")
    fields = ("business", "sku", "name", Column(_("category"), "category"), Column(_("price"), "price"), "image_url",
              "featured", "active")  # fmt: skip


@admin.register(ProductCategory)
class ProductCategoryAdmin(ReadOnly):
    list_display = (Column(_("name"), "name"), Column(_("business"), "business"), Column(_("inside"), "parent"))
    list_filter = (("business", ByBusiness),)
    list_select_related = ("business", "parent")
    search_fields = ("name__istartswith",)
    search_help_text = _("Beginning of the name")
    fields = ("business", "name", Column(_("inside"), "parent"))
