"""The forms of a product and of a category."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.catalogue import categories
from businesses.catalogue.categories import DEEPEST, LONGEST_NAME, Tree
from businesses.catalogue.products import LONGEST_NAME as LONGEST_PRODUCT
from businesses.catalogue.products import LONGEST_SKU
from businesses.forms import AmountField, NameField
from businesses.models import Business, Product, ProductCategory


class ProductForm(forms.Form):
    """A product. Its number is asked for once: tills know it by that."""

    sku = NameField(
        label=gettext_lazy("Article number"),
        max_length=LONGEST_SKU,
        help_text=gettext_lazy("As your till sends it. It is never changed later."),
    )
    name = NameField(label=gettext_lazy("Name"), max_length=LONGEST_PRODUCT)
    category = forms.CharField(
        label=gettext_lazy("Category"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("Such as “Home / Kitchen”. One that is not there yet is made."),
        widget=forms.TextInput(attrs={"list": "known-categories", "autocomplete": "off"}),
    )
    price = AmountField(label=gettext_lazy("Price"), required=False)
    image_url = forms.URLField(
        label=gettext_lazy("Address of its picture"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("For your online shop: it is handed on and not shown here."),
    )
    featured = forms.BooleanField(label=gettext_lazy("Featured: your shop shows it first"), required=False)
    active = forms.BooleanField(label=gettext_lazy("On sale"), required=False, initial=True)

    def __init__(self, data: Any, *, business: Business, product: Product | None = None, path: str = "") -> None:
        initial: dict[str, Any] = {}
        if product:
            initial = {name: getattr(product, name) for name in ("name", "price", "image_url", "featured", "active")}
        super().__init__(data, initial=initial | {"category": path})
        self.business = business
        cast(AmountField, self.fields["price"]).currency = business.program.currency
        if product:
            del self.fields["sku"]

    def clean_sku(self) -> str:
        sku: str = self.cleaned_data["sku"]
        if self.business.products.filter(sku=sku).exists():
            raise forms.ValidationError(_("Another product has this number."))
        return sku

    def clean_category(self) -> str:
        path: str = self.cleaned_data["category"].replace("\0", "")
        names = categories.split(path)
        if len(names) > DEEPEST:
            raise forms.ValidationError(_("At most %(most)s categories one inside another.") % {"most": DEEPEST})
        return categories.SEPARATOR.join(names)


class CategoryForm(forms.Form):
    """The name and the place of a category."""

    name = NameField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    parent = forms.ModelChoiceField(
        label=gettext_lazy("Inside"),
        queryset=ProductCategory.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("Nothing: at the top"),
    )

    def __init__(self, data: Any, *, category: ProductCategory, tree: Tree) -> None:
        parent = category.parent.public_id if category.parent else None
        super().__init__(data, initial={"name": category.name, "parent": parent})
        field = cast(forms.ModelChoiceField, self.fields["parent"])
        field.queryset = ProductCategory.objects.filter(business=category.business_id)
        own = tree.nodes[category.pk].within
        offered = [(str(node.category.public_id), node.path) for node in tree if node.category.pk not in own]
        field.choices = [("", field.empty_label), *offered]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if len(categories.split(name)) != 1:
            raise forms.ValidationError(_("Without a stroke between spaces: that stands between two categories."))
        return name
