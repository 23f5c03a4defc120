"""Where a business's colour and logo show, and where they never do."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from businesses import brands
from businesses.models import Business
from businesses.tests.conftest import signed_in
from conftest import Shop
from customers import sessions
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def painted(shop: Shop) -> Shop:
    """`nar` with a colour and a logo."""
    Business.objects.filter(pk=shop.business.pk).update(brand_colour="#9f1239")
    brands.change_logo(business_id=shop.business.pk, picture=b"a picture", staff=shop.staff, at=timezone.now())
    shop.business.refresh_from_db()
    return shop


def points_page(shop: Shop) -> str:
    buy(shop, 5)
    wallet = Wallet.objects.get(customer__phone=PHONE)
    client = Client()
    sessions.begin(answer := client.get("/health/live"), customer=wallet.customer, at=timezone.now())
    client.cookies = answer.cookies
    return client.get(f"/points/{wallet.public_id}/").text


def wears(html: str, shop: Shop) -> bool:
    return shop.business.style_url in html and shop.business.logo_url in html


def test_its_poster_and_its_page_to_join_wear_it(painted: Shop) -> None:
    assert wears(Client().get(f"/join/{painted.branch.public_id}/").text, painted)
    assert wears(signed_in(painted.owner).get(f"/settings/poster/{painted.branch.public_id}/").text, painted)


def test_the_customer_s_card_wears_it_where_the_business_is_alone(painted: Shop) -> None:
    assert wears(points_page(painted), painted)


def test_in_a_coalition_no_shop_paints_everybody_s_card(painted: Shop, new_shop: Callable[..., Shop]) -> None:
    new_shop("tea")
    html = points_page(painted)
    assert "/brands/" not in html
    assert "/logos/" not in html


def test_a_confidential_business_shows_only_on_its_own_page_to_join(painted: Shop) -> None:
    Business.objects.filter(pk=painted.business.pk).update(confidential=True)
    assert wears(Client().get(f"/join/{painted.branch.public_id}/").text, painted)
    html = points_page(painted)
    assert "/brands/" not in html
    assert "/logos/" not in html
