"""The tables of the catalogue."""

import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _


class ProductCategory(models.Model):
    """A shelf of a business, inside another or at the top."""

    business = models.ForeignKey(
        "businesses.Business", models.PROTECT, related_name="product_categories", verbose_name=_("business")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("inside")
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name, verbose_name_plural = _("product category"), _("product categories")
        constraints = [
            models.UniqueConstraint(
                "business", "parent", Lower("name"), name="product_category_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="product_category_not_inside_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something that a business sells, by its own article number."""

    business = models.ForeignKey(
        "businesses.Business", models.PROTECT, related_name="products", verbose_name=_("business"), db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sku = models.CharField(_("article number"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    price = models.DecimalField(_("price"), max_digits=15, decimal_places=3, null=True, blank=True)
    image_url = models.URLField(_("picture"), max_length=500, blank=True)
    featured = models.BooleanField(_("featured"), default=False)
    active = models.BooleanField(_("on sale"), default=True)
    # The words of name and number as search compares them: see `products.words`.
    words = models.TextField(editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("product"), _("products")
        constraints = [
            models.UniqueConstraint(fields=["business", "sku"], name="sku_once"),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="price_not_negative"),
        ]
        indexes = [
            GinIndex(SearchVector("words", config="simple"), name="product_words"),
            models.Index("business", OpClass(Lower("sku"), "text_pattern_ops"), name="product_sku_start"),
            models.Index("business", Lower("name"), name="product_name"),
            models.Index(fields=["business", "-id"], name="product_newest"),
        ]

    def __str__(self) -> str:
        return self.name
