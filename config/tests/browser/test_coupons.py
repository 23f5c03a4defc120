"""Coupons in a real browser: what is left to pay follows what is ticked and typed; an offer says itself."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from config.tests.browser.conftest import enter
from conftest import Shop
from loyalty.models import Purchase
from loyalty.tests.conftest import buy, wallet
from promotions.tests.conftest import issued, offer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db", "books")]


def test_what_is_left_to_pay_follows_what_is_ticked_and_typed(
    shop: Shop, page: Page, context: BrowserContext, server: str
) -> None:
    buy(shop, 10)
    issued(shop, offer(shop, kind="amount", value=5, lasts_days=7, name="Five off"))
    offer(shop)
    enter(shop.owner, context, server)
    page.goto(f"{server}/counter/{wallet().public_id}/")
    price, action = page.locator("#coupons-price"), page.locator(".pad-action button")
    page.locator("#pad").fill("20")
    expect(action).to_contain_text("Add 20 points")
    page.get_by_label("Five off").check()
    expect(price).to_contain_text("15.00\xa0₼ to pay")
    expect(action).not_to_contain_text("20")
    page.locator("#pad").fill("30")
    expect(price).to_contain_text("25.00\xa0₼ to pay")
    page.get_by_text("Type a coupon code").click()
    page.locator("#coupon-code").fill("ten")
    expect(price).to_contain_text("22.00\xa0₼ to pay")
    page.locator("#coupon-code").fill("tne")
    expect(price).to_contain_text("Nothing here goes by this code")
    page.locator("#coupon-code").fill("")
    page.get_by_label("Five off").uncheck()
    expect(price).to_have_text("")
    page.get_by_label("Five off").check()
    action.click()
    expect(page.locator(".receipt")).to_contain_text("25")
    assert Purchase.objects.latest("pk").amount == 25


def test_an_offer_says_itself_while_it_is_made(shop: Shop, page: Page, context: BrowserContext, server: str) -> None:
    enter(shop.owner, context, server)
    page.goto(f"{server}/offers/new/")
    page.locator("[name=value]").fill("15")
    page.locator("[name=code]").fill("spring")
    page.locator("[name=code]").press("Tab")
    expect(page.locator("#offer-sentence")).to_contain_text("15% off; for everybody with the code SPRING.")
