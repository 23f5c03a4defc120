"""Each demo programme as its people live it, through real pages, the real API, and small servers of the providers."""

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from businesses import api_keys
from businesses.models import ApiKey, Branch, Business, Role, Staff
from config.demo import loading, main_street, oba, own_circle, quickmart
from config.demo.preset import Preset
from config.tests.browser.conftest import enter
from config.tests.browser.test_every_page import cookies_of
from config.tests.test_strangers import a_customer
from customers import messages
from customers.models import Customer, Message
from customers.tests import telegram_server, twilio_server
from customers.tests.telegram_server import Telegram, update
from loyalty.models import ChurnScore, Membership, Wallet
from promotions.models import Coupon, Nudge
from referrals.models import ReferralTerms
from reports import folding

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db", "books")]

SECRET = "a-word-of-our-own"


def open_up(preset: Preset) -> dict[str, Business]:
    """The programme's businesses with their staff and what they offer, and nobody who has been there yet."""
    return {shop.business.slug: shop.business for shop in loading.open_shops(preset=preset)}


def works(business: Business, role: Role) -> Any:
    return Staff.objects.select_related("user").filter(business=business, role=role).earliest("pk").user


class Program:
    """A till or a shop's server, with the key of a business."""

    def __init__(self, business: Business, page: Page, server: str) -> None:
        self.text = api_keys.create(business=business, name="Server", scopes=list(ApiKey.SCOPES))[1]
        self.page, self.base = page, f"{server}/api/v1/"

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.page.request.post(
            self.base + path,
            data=json.dumps(body),
            headers=self.headers | {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())},
        )
        assert answer.ok, answer.text()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.page.request.get(self.base + path, headers=self.headers)
        assert answer.ok, answer.text()
        return answer

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}


def send_messages() -> None:
    """As the worker does, which is a process of its own: Playwright's event loop stands in this thread."""

    def send() -> None:
        messages.send_due(clock=timezone.now)
        connections.close_all()

    with ThreadPoolExecutor(1) as worker:
        worker.submit(send).result()


@pytest.fixture
def seen(page: Page, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a picture of the page where JOURNEYS names a folder, for whoever wants to look."""
    folder = os.environ.get("JOURNEYS")

    def keep(name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder, f"{request.node.name}-{name}.png"), full_page=True, caret="initial")

    return keep


@pytest.fixture
def telegram(settings: Any, server: str) -> Iterator[Telegram]:
    with telegram_server.running() as running:
        settings.TELEGRAM_TOKEN, settings.TELEGRAM_SECRET = telegram_server.TOKEN, SECRET
        settings.TELEGRAM_BOT, settings.TELEGRAM_API_URL = "regulars_bot", running.url
        settings.TELEGRAM_GATEWAY = "customers.gateways.telegram.send"
        yield running


def test_oba(page: Page, context: BrowserContext, server: str, telegram: Telegram, seen: Callable[[str], None]) -> None:
    """A poster, the bot in Telegram, a basket at the till, its receipt, and what sells best."""
    shop = open_up(oba.PRESET)["oba"]
    branch = Branch.objects.filter(business=shop).earliest("pk")

    page.goto(f"{server}/join/{branch.public_id}/")
    link = page.locator("a[href^='https://t.me/']")
    expect(link).to_be_visible()
    seen("1-poster")
    payload = str(link.get_attribute("href")).partition("start=")[2]

    def write(number: int, text: str = "", **more: Any) -> str:
        """One update to the webhook, and what the bot sends back."""
        said = len(telegram.sent())
        answer = page.request.post(
            f"{server}/telegram/updates/",
            data=json.dumps(update(number, text, **more)),
            headers={"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET},
        )
        assert answer.ok
        send_messages()
        return "\n".join(each["text"] for each in telegram.sent()[said:])

    write(1, f"/start {payload}")
    contact = {"phone_number": "994501112233", "first_name": "Aysel", "user_id": 42}
    assert "Welcome to Oba Market" in write(2, contact=contact)

    till = Program(shop, page, server)
    lines = [
        {"sku": "cay", "name": "Azərçay", "category": "Çay", "quantity": "2", "unit_price": "4.50"},
        {"sku": "corek", "name": "Təndir çörəyi", "category": "Çörək", "quantity": "1", "unit_price": "1.00"},
    ]
    sale = till.post("purchases", {"phone": "050 111 22 33", "amount": "10", "lines": lines, "reference": "K-1"})
    assert not sale["enrolled"]
    receipt = till.get(f"purchases/{sale['id']}/receipt").text()
    assert re.search(r"Azərçay × 2 +9\.00 AZN", receipt)
    assert f"+{sale['points']}" in write(3, "/purchases")

    folding.fold()
    enter(works(shop, Role.OWNER), context, server)
    page.goto(f"{server}/reports/")
    expect(page.get_by_role("row").filter(has_text="Azərçay")).to_contain_text("9")
    seen("2-reports")


def test_own_circle(page: Page, context: BrowserContext, server: str, seen: Callable[[str], None]) -> None:
    """A visit to the salon brings a coupon of the restaurant; its use moves what the two owe each other."""
    shops = open_up(own_circle.PRESET)
    salon, restaurant = shops["lavanda"], shops["brusnika-restaurant"]
    phone = "+79160001122"
    Program(shops["klinika-na-prechistenke"], page, server).post("purchases", {"phone": phone, "amount": "9000"})
    at_salon, at_restaurant = (Program(shop, page, server) for shop in (salon, restaurant))

    def visit_salon(phone: str) -> Any:
        sale = at_salon.post("purchases", {"phone": phone, "amount": "4000"})
        (coupon,) = [each for each in sale["effects"] if each["effect"] == "coupon_issued"]
        assert coupon["business"] == restaurant.name
        return coupon["coupon"]

    for number in range(4):  # what fewer than five bring stays hidden
        other = f"+7916000113{number}"
        at_restaurant.post("purchases", {"phone": other, "amount": "2000", "coupons": [visit_salon(other)]})
    code = visit_salon(phone)

    wallet = Wallet.objects.get(customer__phone=phone)
    context.add_cookies(cookies_of(a_customer("the customer", wallet.customer), server))
    page.goto(f"{server}/points/{wallet.public_id}/coupons/")
    expect(page.locator("main")).to_contain_text(restaurant.name)
    expect(page.locator("main")).not_to_contain_text("Клиника")
    seen("1-coupon")

    context.clear_cookies()
    enter(works(restaurant, Role.OWNER), context, server)
    page.goto(f"{server}/counter/{wallet.public_id}/")
    page.locator("input[name=coupons][type=checkbox]").first.check()
    page.locator("#pad").fill("2000")
    page.locator(".pad-action button").click()
    expect(page.locator(".receipt")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Клиника")
    seen("2-counter")
    used = Coupon.objects.get(code=code).used.get()
    assert used.discount == 300

    page.goto(f"{server}/clearing/")
    expect(page.locator("main")).to_contain_text("750")
    expect(page.locator("main")).not_to_contain_text("Клиника")
    seen("3-clearing")
    page.goto(f"{server}/chains/")
    expect(page.locator("main")).not_to_contain_text("Клиника")
    seen("4-chains")


def test_main_street(
    page: Page, context: BrowserContext, server: str, settings: Any, seen: Callable[[str], None]
) -> None:
    """A phone number at the till, BALANCE by SMS, a friend who was sent, and the four reports."""
    shop = open_up(main_street.PRESET)["jacaranda-coffee"]
    ReferralTerms.objects.create(program=shop.program, **(main_street.PRESET.referrals or {}))
    with ExitStack() as stack:
        twilio = stack.enter_context(twilio_server.running())
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = twilio_server.ACCOUNT, twilio_server.TOKEN
        settings.TWILIO_FROM, settings.TWILIO_API_URL = twilio_server.NUMBER, twilio.url
        settings.PUBLIC_BASE_URL, settings.MESSAGE_GATEWAY = server, "customers.gateways.twilio.send"
        enter(works(shop, Role.OWNER), context, server)

        def serve(phone: str, amount: str, *, sent_by: str = "") -> None:
            page.goto(f"{server}/counter/")
            page.locator("#pad").fill(phone)  # looked up as soon as it is complete
            expect(page.locator("[data-state=unknown]")).to_be_visible()
            if sent_by:
                page.get_by_label("Who sent you?").fill(sent_by)
            page.get_by_role("button", name="Add as member").click()
            expect(page.locator("[data-state=customer]")).to_be_visible()
            page.locator("#pad").fill(amount)
            page.locator(".pad-action button").click()
            expect(page.locator(".receipt")).to_be_visible()

        serve("0772123456", "8")
        form = {
            "MessageSid": "SM" + "1" * 32, "AccountSid": twilio_server.ACCOUNT, "From": "+263772123456",
            "To": twilio_server.NUMBER, "Body": "Balance",
        }  # fmt: skip
        assert twilio_server.call(f"{server}/twilio/messages/", form).status_code == 200
        send_messages()
        inviter = Wallet.objects.get(customer__phone="+263772123456")
        assert inviter.balance > 0
        assert f"{inviter.balance} points" in twilio.taken[-1]["Body"]

        serve("0772654321", "10", sent_by="0772123456")
        expect(page.locator("main")).to_contain_text("50")
        seen("1-friend")
        before = inviter.balance
        inviter.refresh_from_db()
        assert inviter.balance == before + 50

        folding.fold()
        page.goto(f"{server}/reports/")
        for figure in ("Sales", "Customers who bought", "Points given", "Points used"):
            expect(page.locator("main")).to_contain_text(figure)
        seen("2-reports")
        page.goto(f"{server}/referrals/")
        expect(page.locator("main")).to_contain_text("Completed")
        seen("3-referrals")
    assert Message.objects.exists()


def test_quickmart(page: Page, context: BrowserContext, server: str, seen: Callable[[str], None]) -> None:
    """Somebody who has stayed away signs in to the shop, gets a coupon, buys with it, and the owner sees that."""
    loading.load(preset=replace(quickmart.PRESET), today=date.today(), tell=lambda percent: None)
    shop = Business.objects.get(slug="quickmart")
    enter(works(shop, Role.OWNER), context, server)
    page.goto(f"{server}/nudges/terms/")
    page.locator("[name=threshold_percent]").fill("1")
    page.locator("[name=control_percent]").fill("1")
    page.locator("main form .button.solid").click()
    page.wait_for_url("**/nudges/")

    shop_server = Program(shop, page, server)
    nudged: dict[str, Any] = {}
    away = ChurnScore.objects.filter(business=shop).order_by("-churn").values_list("membership__customer", flat=True)
    for customer in Customer.objects.filter(pk__in=list(away[:10])):
        wallet = Wallet.objects.get(customer=customer)
        nudged = shop_server.post(f"customers/{wallet.public_id}/sign-ins", {})
        assert 0 < nudged["churn"] < 1
        if nudged["nudges"]:
            break
    nudge = nudged["nudges"][0]
    code = nudge["coupon"]["code"]
    cart = {"customer": str(wallet.public_id), "lines": [{"sku": "x", "unit_price": "30.00"}], "coupons": [code]}
    priced = shop_server.post("carts/price", cart)
    assert [each["code"] for each in priced["applied"]] == [code]
    assert priced["rejected"] == []
    before = Membership.objects.get(business=shop, customer=wallet.customer).visits
    shop_server.post("purchases", {**cart, "amount": "30.00"})
    assert Membership.objects.get(business=shop, customer=wallet.customer).visits == before + 1
    (told,) = [
        each
        for each in shop_server.get(f"customers/{wallet.public_id}/nudges").json()["results"]
        if each["id"] == nudge["id"]
    ]
    assert told["state"] == "used"
    assert Nudge.objects.get(public_id=nudge["id"]).coupon.used.exists()

    page.goto(f"{server}/nudges/")
    expect(page.get_by_role("table").last).to_contain_text("Used")
    seen("1-results")
