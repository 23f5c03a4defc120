"""A customer's coupons of one programme: by htmx a panel of their points page, else a page of its own."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.sessions import CustomerRequest, customers_only
from loyalty.models import Wallet
from loyalty.points import own
from promotions import coupons, words
from promotions.models import Coupon


@require_GET
@customers_only
def held(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine, at = own.wallet(request, wallet), timezone.now()
    rows = [_row(mine, coupon, at) for coupon in coupons.of_wallet(wallet=mine, at=at)]
    template = "points/coupons_panel.html" if request.headers.get("HX-Request") else "points/coupons.html"
    return render(request, template, own.context(mine, rows=rows))


def _row(mine: Wallet, coupon: Coupon, at: datetime) -> dict[str, str]:
    business = coupon.offer.business
    zone = ZoneInfo(business.time_zone) if business else own.zone(mine.program)
    place = business.name if business else _("at every place of %(programme)s") % {"programme": mine.program.name}
    parts = [words.whole(coupon.offer, mine.program.currency), words.until(coupon, zone), words.thanks(coupon)]
    return {"title": f"{coupon.offer.name} · {place}", "detail": " · ".join(filter(None, parts)), "code": str(coupon)}
