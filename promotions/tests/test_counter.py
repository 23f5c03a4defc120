"""Coupons at the counter."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from businesses.models import Program
from businesses.tests.conftest import signed_in
from conftest import Shop
from loyalty.models import Operation, Purchase
from loyalty.tests.conftest import buy, wallet
from promotions.models import CouponStatus
from promotions.tests.conftest import issued, offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def counter(shop: Shop) -> Client:
    buy(shop, 10)
    return signed_in(shop.owner)


def at(path: str = "") -> str:
    return f"/counter/{wallet().public_id}/{path}"


def test_ready_coupons_stand_on_the_card_and_one_tap_takes_one(counter: Client, shop: Shop, new_shop: Any) -> None:
    five = offer(shop, kind="amount", value=5, lasts_days=7, name="Five off")
    coupon = issued(shop, five)
    other = new_shop("other")
    buy(other, 1)
    elsewhere = issued(other, offer(other, kind="amount", value=5, lasts_days=7, name="Elsewhere"))
    page = counter.get(at()).text
    assert f'name="coupons" value="{coupon.code}" form="counter-form"' in page
    assert "5.00\xa0₼ off · until" in page
    assert elsewhere.code
    assert elsewhere.code not in page
    answer = counter.post(at("purchases/"), {"amount": "20", "coupons": coupon.code}, follow=True)
    assert "“Five off”: 5.00\xa0₼ off" in answer.text
    coupon.refresh_from_db()
    assert (coupon.status, Purchase.objects.latest("pk").amount) == (CouponStatus.REDEEMED, 15)
    assert "“Five off” takes 5.00\xa0₼ off." in answer.text


def test_a_typed_code_that_does_not_count_keeps_what_was_typed_and_says_why(counter: Client, shop: Shop) -> None:
    offer(shop)
    coupon = issued(shop, offer(shop, kind="bonus", value=5, lasts_days=7))
    typed = {"amount": "20", "coupons": coupon.code, "coupon_code": "tne"}
    answer = counter.post(at("purchases/"), typed)
    assert answer.status_code == 422
    assert "Nothing here goes by this code" in answer.text
    assert f'value="{coupon.code}" form="counter-form" checked' in answer.text
    assert 'value="tne"' in answer.text
    assert 'value="20"' in answer.text
    assert Purchase.objects.count() == 1
    right = counter.post(at("purchases/"), {"amount": "20", "coupon_code": "ten"}, follow=True)
    assert "“Ten off”: 2.00\xa0₼ off" in right.text


def test_what_is_left_to_pay_is_told_before_anything_is_pressed(counter: Client, shop: Shop) -> None:
    offer(shop)
    told = counter.post(at("price/"), {"amount": "20", "coupon_code": "ten"}).text
    assert "18.00\xa0₼ to pay" in told
    assert "2.00\xa0₼ off" in told
    assert "Nothing here goes by this code" in counter.post(at("price/"), {"amount": "20", "coupon_code": "x"}).text
    assert counter.post(at("price/"), {"amount": "20"}).text.strip() == ""
    assert counter.post(at("price/"), {"amount": "", "coupon_code": "ten"}).text.strip() == ""
    assert Operation.objects.count() == 1


def test_an_undone_sale_says_that_its_coupon_is_back(counter: Client, shop: Shop) -> None:
    coupon = issued(shop, offer(shop, kind="amount", value=5, lasts_days=7, name="Five off"))
    answer = counter.post(at("purchases/"), {"amount": "20", "coupons": coupon.code}, follow=True)
    receipt = answer.redirect_chain[-1][0]
    undone = counter.post(f"{receipt}undo/", follow=True)
    assert f"“Five off” is back: {coupon.code}" in undone.text
    assert f'value="{coupon.code}"' in counter.get(at()).text


def test_a_business_without_offers_has_no_coupons_at_its_counter(counter: Client, new_shop: Any) -> None:
    offer(new_shop("other"))
    assert "coupon" not in counter.get(at()).text


def test_a_coupon_that_a_sale_brought_stands_on_its_receipt(counter: Client, shop: Shop) -> None:
    offer(shop, kind="amount", value=5, given_from=1, lasts_days=7, name="Come back")
    answer = counter.post(at("purchases/"), {"amount": "20"}, follow=True)
    assert "A coupon for next time: “Come back”" in answer.text


def test_coupons_are_kept_while_the_customer_is_asked_for_a_code(counter: Client, shop: Shop) -> None:
    Program.objects.update(point_value=Decimal("0.01"))
    buy(shop, 2000)
    coupon = issued(shop, offer(shop, kind="amount", value=5, lasts_days=7, name="Five off"))
    bill = {"amount": "20", "points": "600", "coupons": str(coupon.code), "coupon_code": "spring"}
    for press in ({}, {"send": "yes"}):
        page = counter.post(at("purchases/"), bill | press).text
        forms = [form.split("</form>")[0] for form in page.split("<form")]
        bills = [form for form in forms if "/purchases/" in form]
        beside = [form for form in bills if 'id="send-code"' in form or "data-scanned-card" in form]
        assert len(beside) == 2
        for form in beside:
            assert f'<input type="hidden" name="coupons" value="{coupon.code}">' in form
            assert '<input type="hidden" name="coupon_code" value="spring">' in form
        assert "checked" in page
