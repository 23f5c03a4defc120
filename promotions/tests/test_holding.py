"""The coupons on the customer's own page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conftest import Shop
from loyalty.tests.conftest import buy, wallet
from loyalty.tests.test_points_page import sign_in
from promotions.models import Coupon, Offer
from promotions.tests.conftest import issued, offer, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def test_a_customer_sees_what_they_hold_with_its_code_and_its_last_day(shop: Shop, client: Client) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7, name="Five off")
    coupon, used = issued(shop, five), issued(shop, five)
    sell(shop, 20, str(used.code))
    Coupon.objects.create(
        offer=five,
        customer=wallet().customer,
        code="EXPIRED123",
        source="chain",
        issued_at=timezone.now(),
        expires_at=timezone.now() - timedelta(seconds=1),
    )
    sign_in(client)
    url = f"/points/{wallet().public_id}/coupons/"
    assert f'hx-get="{url}"' in client.get(f"/points/{wallet().public_id}/").text
    page = client.get(url).text
    assert "Five off · Nar" in page
    assert str(coupon.code) in page
    assert "until" in page
    assert str(used.code) not in page
    assert "EXPIRED123" not in page
    panel = client.get(url, headers={"HX-Request": "true"}).text
    assert str(coupon.code) in panel
    assert "<html" not in panel
    Offer.objects.update(paused_at=timezone.now())
    assert "No coupons now" in client.get(url).text
    assert client.get(url, headers={"HX-Request": "true"}).text.strip() == ""
