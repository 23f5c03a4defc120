"""A customer's own code: made when it is first looked at, and found as people type it."""

from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from customers import phones
from loyalty.models import Wallet
from promotions.coupons import normal
from referrals.models import CODE_LENGTH, ReferralCode

LONGEST = 64


class UnknownInviter(Exception):
    """No customer of the programme has this code or number."""


def of(*, program_id: int, customer_id: int, at: datetime) -> ReferralCode:
    """The one that a customer has in a programme. Safe in parallel: the database allows one."""
    mine = ReferralCode.objects.filter(program=program_id, customer=customer_id)
    if found := mine.first():
        return found
    made = ReferralCode(program_id=program_id, customer_id=customer_id, made_at=at)
    ReferralCode.objects.bulk_create([made], ignore_conflicts=True)
    return mine.get()


def link(code: ReferralCode) -> str:
    return str(urljoin(settings.PUBLIC_BASE_URL, reverse("invited", args=[code.code])))


def found(code: str) -> ReferralCode | None:
    """By the code as it stands in a link; a customer who was forgotten invites nobody."""
    named = normal(code)
    if len(named) != CODE_LENGTH:
        return None
    alive = ReferralCode.objects.filter(code=named, customer__phone__isnull=False)
    return alive.select_related("program").first()


def inviter(*, program_id: int, typed: str, country: str) -> int:
    """The customer whom a code, a link or a phone number names. Raises `UnknownInviter`."""
    said = typed.strip()[:LONGEST]
    named = found(said.rstrip("/").rpartition("/")[2])
    if named and named.program_id == program_id:
        return named.customer_id
    try:
        phone = phones.parse(said, country)
    except phones.InvalidPhone:
        raise UnknownInviter from None
    customer_id = Wallet.objects.filter(program=program_id, customer__phone=phone).values_list("customer", flat=True)
    if not customer_id:
        raise UnknownInviter
    return int(customer_id[0])
