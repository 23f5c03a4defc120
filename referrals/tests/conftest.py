"""Short words for bringing friends in tests."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from businesses.models import Program
from conftest import Shop
from customers import registry
from loyalty import enrolment
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, wallet_of
from referrals import bringing
from referrals.models import Referral, ReferralTerms, Source

LEYLA, FRIEND, OTHER = PHONE, "+994502223344", "+994503334455"


@pytest.fixture
def terms(program: Program) -> ReferralTerms:
    """50 points for both with a first purchase of 10."""
    return ReferralTerms.objects.create(program=program, minimum_purchase=10)


@pytest.fixture
def at_once(django_capture_on_commit_callbacks: Callable[..., Any]) -> Any:
    """What follows a commit follows at the end of the block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def join(shop: Shop, phone: str, name: str = "") -> Wallet:
    enrolment.enrol(
        program_id=shop.business.program_id,
        business_id=shop.business.pk,
        phone=phone,
        told=enrolment.Told(name=name),
        at=timezone.now(),
    )
    return wallet_of(shop, phone)


def person(phone: str) -> int:
    """Somebody the installation knows, with a wallet or without."""
    return registry.enrol(business_id=None, phone=phone, external_id=None)


def bring(shop: Shop, friend: str = FRIEND, inviter: str = LEYLA, **more: Any) -> Referral:
    values = {"source": Source.LINK, "at": timezone.now()} | more
    return bringing.bring(
        program_id=shop.business.program_id, inviter_id=person(inviter), friend_id=person(friend), **values
    )


def balance(shop: Shop, phone: str) -> int:
    return wallet_of(shop, phone).balance
