"""People who are signed in."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from businesses.models import Business, Role, Staff, User
from conftest import Shop

PASSWORD = "correct horse battery"


def hire(business: Business, role: str, email: str) -> Staff:
    user = User.objects.create_user(email, PASSWORD)
    return Staff.objects.create(business=business, user=user, role=role)


def signed_in(user: User, *, mfa: bool = True) -> Client:
    """A browser in which they are signed in, by default with a second factor set up."""
    if mfa:
        TOTP.activate(user, generate_totp_secret())
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


@pytest.fixture
def manager(shop: Shop) -> Client:
    return signed_in(hire(shop.business, Role.MANAGER, "manager@nar.test").user)


@pytest.fixture
def cashier(shop: Shop) -> Client:
    return signed_in(hire(shop.business, Role.CASHIER, "cashier@nar.test").user, mfa=False)


@pytest.fixture
def stranger(new_shop: Callable[..., Shop]) -> Client:
    """The owner of another business of the same programme."""
    return signed_in(new_shop("other").owner)
