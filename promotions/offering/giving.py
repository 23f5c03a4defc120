"""A customer's coupons on their page for owners and managers, and giving them one."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from businesses.access import MANAGERS, StaffRequest, role_required
from customers import people
from customers.models import Customer, Profile
from loyalty import rules
from loyalty.models import Wallet
from promotions import coupons, words
from promotions.models import Coupon, Source
from promotions.offering.forms import GivingForm

LATEST = 10


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def panel(request: StaffRequest, customer: UUID) -> HttpResponse:
    """A panel of the customer's page by htmx, else a page of its own."""
    wallet = get_object_or_404(Wallet, public_id=customer, program_id=request.business.program_id)
    form = GivingForm(request.POST or None, business=request.business, at=timezone.now())
    if request.method == "POST" and form.is_valid():
        try:
            coupons.issue(
                offer=form.cleaned_data["offer"],
                wallet=wallet,
                source=Source.PROMOTION,
                staff=request.staff,
                at=timezone.now(),
            )
        except coupons.NotIssued as refused:
            form.add_error("offer", words.not_issued(refused.reason))
        else:
            messages.success(request, _("Given. It is ready at the counter and on their page."))
            return redirect("customer-coupons", wallet.public_id)
    return _show(request, wallet, form)


def _show(request: StaffRequest, wallet: Wallet, form: GivingForm) -> HttpResponse:
    at, zone = timezone.now(), ZoneInfo(request.business.time_zone)
    terms = rules.of(request.business.pk, request.business.program.rules_version)
    held = coupons.history(rules=terms, customer_id=wallet.customer_id).select_related("offer")[:LATEST]
    phone = Customer.objects.values_list("phone", flat=True).get(pk=wallet.customer_id)
    profile = Profile.objects.filter(program_id=wallet.program_id, customer_id=wallet.customer_id).first() or Profile()
    context: dict[str, Any] = {
        "active": "customers",
        "wallet": wallet,
        "person": people.person(profile.name, phone),
        "rows": [_row(each, terms.currency, zone, at) for each in held],
        "form": form,
        "gives": form.fields["offer"].queryset.exists(),  # type: ignore[attr-defined]  # a choice of rows
    }
    template = "offers/customer_panel.html" if request.htmx else "offers/customer.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _row(coupon: Coupon, currency: str, zone: ZoneInfo, at: Any) -> dict[str, str]:
    detail = f"{words.head(coupon.offer, currency)} · {words.standing(coupon, zone, at)}"
    return {"name": f"{coupon.offer.name} · {coupon}", "detail": detail}
