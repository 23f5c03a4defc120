"""Joining from a poster."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import BusinessStatus, Program
from conftest import NOON, Shop
from customers import consents
from customers.models import Channel, Consent, Customer, Profile
from customers.tests.conftest import sent_code
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy
from loyalty.tests.test_points_page import NASTY, sign_in, text

pytestmark = pytest.mark.django_db


def url(shop: Shop, name: str = "join") -> str:
    return reverse(name, args=[shop.branch.public_id])


def join(client: Client, shop: Shop, phone: str = "050 123 45 67") -> str:
    """Through phone and code; returns where one lands."""
    assert client.post(url(shop), {"phone": phone}).url == url(shop, "join-code")
    answer = client.post(url(shop, "join-code"), {"code": sent_code()})
    return answer.url


def home() -> str:
    return reverse("points-wallet", args=[Wallet.objects.get().public_id])


def test_phone_code_name_and_one_is_in(client: Client, shop: Shop) -> None:
    assert "Collect points at Nar" in text(client.get(url(shop)))
    assert join(client, shop) == url(shop, "join-welcome")
    assert Wallet.objects.get().program_id == shop.business.program_id
    assert "Nar may write to me" in text(client.get(url(shop, "join-welcome")))
    done = client.post(url(shop, "join-welcome"), {"name": "Aysel", "agrees": "on"})
    assert done.url == home()
    assert "Hi, Aysel" in text(client.get(home()))
    consent = Consent.objects.get()
    assert (consent.business_id, consent.granted, consent.source) == (shop.business.pk, True, "join")
    assert consent.text_version == consents.CURRENT
    assert Profile.objects.get().language == "en"


def test_name_and_consent_are_optional_and_a_second_press_is_harmless(client: Client, shop: Shop) -> None:
    join(client, shop)
    for _ in range(2):
        assert client.post(url(shop, "join-welcome"), {"name": ""}).url == home()
    assert Consent.objects.count() == 0
    assert not consents.agreed(customer_id=Customer.objects.get().pk, business_id=shop.business.pk, channel=Channel.SMS)


def test_a_member_lands_on_their_points(client: Client, shop: Shop) -> None:
    buy(shop, 10)
    assert join(client, shop) == home()
    assert client.get(url(shop)).url == home()


def test_who_is_signed_in_joins_another_programme_with_one_press(
    client: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = new_shop("rose", program=Program.objects.create(slug="own", name="Own", currency="RUB", join_code="OWN"))
    buy(shop, 10)
    sign_in(client)
    assert "ending 45 67" in text(client.get(url(other)))
    assert Wallet.objects.count() == 1
    assert client.post(url(other, "join-member")).url == url(other, "join-welcome")
    assert client.post(url(other, "join-member")).status_code == 302
    assert Wallet.objects.filter(customer__phone=PHONE).count() == 2


def test_without_a_proven_phone_nobody_is_enrolled(client: Client, shop: Shop) -> None:
    assert client.post(url(shop, "join-member")).url == url(shop)
    assert client.get(url(shop, "join-welcome")).url == reverse("points")
    client.post(url(shop), {"phone": PHONE})
    assert Customer.objects.count() == 0


def test_welcome_is_for_those_who_joined(client: Client, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = new_shop("rose", program=Program.objects.create(slug="own", name="Own", currency="RUB", join_code="OWN"))
    buy(shop, 10)
    sign_in(client)
    assert client.post(url(other, "join-welcome"), {"name": "Eve"}).url == url(other)
    assert Profile.objects.count() == 0


@pytest.mark.parametrize("name", NASTY)
def test_no_name_breaks_the_welcome(client: Client, shop: Shop, name: str) -> None:
    join(client, shop)
    assert client.post(url(shop, "join-welcome"), {"name": name}).status_code in (302, 422)
    assert client.get(home()).status_code == 200


@pytest.mark.parametrize("page", ["join", "join-code", "join-welcome"])
def test_a_closed_or_unknown_branch_is_a_friendly_404(client: Client, shop: Shop, page: str) -> None:
    buy(shop, 10)
    sign_in(client)
    assert client.get(reverse(page, args=[uuid4()])).status_code == 404
    shop.branch.closed_at = NOON
    shop.branch.save()
    answer = client.get(url(shop, page))
    assert answer.status_code == 404
    assert "This poster is out of use" in text(answer)
    assert "Nar" not in text(answer)


@pytest.mark.parametrize("status", [BusinessStatus.WAITING, BusinessStatus.CLOSED])
def test_a_business_that_is_not_active_enrols_nobody(client: Client, shop: Shop, status: str) -> None:
    shop.business.status = status
    shop.business.save()
    assert client.get(url(shop)).status_code == 404
    assert client.post(url(shop), {"phone": PHONE}).status_code == 404
