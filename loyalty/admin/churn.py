"""What was learnt of each business's customers, and when everybody was last scored by it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from businesses.panel import ByBusiness, Column, ReadOnly, number
from loyalty.models import ChurnModel


@admin.register(ChurnModel)
class ChurnModelAdmin(ReadOnly):
    fields = (
        Column(_("business"), "business"),
        Column(_("by model"), "label"),
        Column(_("learnt on"), "fitted_on"),
        number(_("of customers"), "customers"),
        number(_("within days"), "horizon"),
        Column(_("corrected"), "is_corrected", boolean=True),
        Column(_("last scored on"), "scored_on"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness),)
    list_select_related = ("business",)
