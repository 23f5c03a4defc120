"""Coupons and what they did. All of it is history."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from businesses.panel import Column, ReadOnly, choices
from loyalty.admin.finding import WHO
from promotions.models import Coupon


@admin.register(Coupon)
class CouponAdmin(ReadOnly):
    fields = (
        Column(_("code"), show=str),
        Column(_("offer"), "offer"),
        WHO,
        Column(_("where it comes from"), show=lambda coupon: coupon.get_source_display()),
        Column(_("state"), show=lambda coupon: coupon.get_status_display()),
        Column(_("given"), "issued_at"),
        Column(_("until"), "expires_at"),
    )
    list_display = fields
    list_filter = (choices("status", _("state")), choices("source", _("where it comes from")))
    list_select_related = ("offer", "customer")
    search_fields = ("code",)
    search_help_text = _("Code")
