"""Whose page it is: the wallet that a customer's request is about, and what every page of it shows."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from businesses import brands
from businesses.models import BusinessStatus, Program
from customers.sessions import CustomerRequest
from loyalty.models import Wallet


def wallet(request: CustomerRequest, public_id: UUID) -> Wallet:
    """A stranger's is not found."""
    mine = Wallet.objects.filter(customer=request.customer).select_related("program", "tier")
    return get_object_or_404(mine, public_id=public_id)


def context(mine: Wallet, **more: Any) -> dict[str, Any]:
    return {"wallet": mine, "business": brands.of_program(mine.program), **more}


def help_from(program: Program) -> dict[str, str]:
    """Whom to ask, and how to reach them. Of several businesses each has a counter to ask at."""
    businesses = list(program.businesses.filter(status=BusinessStatus.ACTIVE)[:2])
    if len(businesses) != 1:
        return {"asked_at": _("any place of %(programme)s") % {"programme": program.name}, "contact": ""}
    alone = businesses[0]
    return {
        "asked_at": alone.name,
        "contact": " · ".join(filter(None, (alone.support_phone, alone.support_email))),
    }


def zone(program: Program) -> ZoneInfo:
    """The calendar of days that no single business decides, such as that of the next expiry."""
    first = program.businesses.order_by("id").first()
    return ZoneInfo(first.time_zone if first else "UTC")


def home_url(wallet: Wallet) -> str:
    return reverse("points-wallet", args=[wallet.public_id])
