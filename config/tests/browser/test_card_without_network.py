"""The card on a phone without a network: a copy of it, of nothing else, and never that of somebody else."""

import json
from collections.abc import Callable
from io import BytesIO
from time import sleep

import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from businesses import brands, changes
from config.tests.test_strangers import a_customer
from conftest import NOON, Shop
from customers import cards, profiles
from customers.models import Card, Customer
from customers.profiles import Told
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy, wallet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("server")]

OTHER = "+994507654321"
KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found[new URL(request.url).pathname] = await (await cache.match(request)).text();
    }
  }
  return JSON.stringify(found);
}"""


@pytest.fixture
def at(server: str) -> str:
    return server


@pytest.fixture
def aysel(books: None, shop: Shop) -> Wallet:
    buy(shop, 40)
    buy(shop, 7, phone=OTHER)
    for phone, name in ((PHONE, "Aysel"), (OTHER, "Orxan")):
        mine = wallet(phone)
        profiles.save(program_id=mine.program_id, customer_id=mine.customer_id, told=Told(name=name))
    return wallet()


def come(context: BrowserContext, page: Page, at: str, mine: Wallet) -> None:
    """Signs in, and waits until the phone has its copy."""
    client: Client = a_customer("", Customer.objects.get(pk=mine.customer_id)).client
    context.add_cookies([{"name": "customer", "value": client.cookies["customer"].value, "url": at}])
    page.goto(f"{at}/points/{mine.public_id}/")
    until(lambda: "/points/" in kept(page))


def kept(page: Page) -> dict[str, str]:
    return json.loads(page.evaluate(KEPT))  # type: ignore[no-any-return]


def until(done: Callable[[], bool]) -> None:
    """The worker goes on behind the page."""
    for _ in range(100):
        if done():
            return
        sleep(0.05)
    pytest.fail("it never came to that")


def shape(content: str) -> str:
    """What of a QR code stands in a page."""
    return str(cards.svg(content)).split(' d="')[1].split('"')[0]


def test_without_a_network_every_page_is_a_copy_of_the_card(
    context: BrowserContext, page: Page, at: str, aysel: Wallet, complaints: list[str]
) -> None:
    come(context, page, at, aysel)
    context.set_offline(True)
    for address in ("/points/", f"/points/{aysel.public_id}/history/"):
        page.goto(at + address)
        expect(page.locator(".banner")).to_contain_text("No network: this is your card as of")
        expect(page.locator("main")).to_contain_text("Aysel")
    assert shape(Card.objects.get(customer=aysel.customer_id).token) in page.content()
    # Its style sheet came along: the code is as large as a scanner wants it.
    assert page.locator(".qr.large").bounding_box()["width"] > 200  # type: ignore[index]
    complaints.clear()  # what a browser says of a network that is not there


def test_the_phone_keeps_the_card_and_nothing_else(context: BrowserContext, page: Page, at: str, aysel: Wallet) -> None:
    come(context, page, at, aysel)
    page.goto(f"{at}/points/{aysel.public_id}/history/")
    page.goto(f"{at}/points/{aysel.public_id}/privacy/")
    found = kept(page)
    assert {path for path in found if not path.startswith("/static/")} == {"/points/"}
    copy = found["/points/"]
    assert PHONE not in copy
    assert "csrf" not in copy.lower()
    assert str(aysel.public_id) not in copy


def test_the_copy_wears_the_colour_and_the_logo_of_the_business(
    context: BrowserContext, page: Page, at: str, shop: Shop, aysel: Wallet, complaints: list[str]
) -> None:
    look(shop)
    come(context, page, at, aysel)
    assert {"brands", "logos"} <= {path.split("/")[1] for path in kept(page)}
    context.set_offline(True)
    page.goto(f"{at}/points/")
    colour = page.evaluate("() => getComputedStyle(document.documentElement).getPropertyValue('--brand')")
    assert colour.strip() == "#7a1f3d"
    assert page.locator(".brand-mark img").evaluate("image => image.naturalWidth") > 0
    complaints.clear()


def look(shop: Shop) -> None:
    picture = BytesIO()
    Image.new("RGB", (256, 256), "#7a1f3d").save(picture, "WEBP")
    changes.apply(business_id=shop.business.pk, values={"brand_colour": "#7a1f3d"}, staff=shop.staff, at=NOON)
    brands.change_logo(business_id=shop.business.pk, picture=picture.getvalue(), staff=shop.staff, at=NOON)


def test_signing_out_takes_the_copy_along(
    context: BrowserContext, page: Page, at: str, aysel: Wallet, complaints: list[str]
) -> None:
    come(context, page, at, aysel)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your phone number")).to_be_visible()
    assert kept(page) == {}
    context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        page.goto(f"{at}/points/")
    complaints.clear()


def test_a_session_that_ended_elsewhere_takes_the_copy_along(
    context: BrowserContext, page: Page, at: str, aysel: Wallet
) -> None:
    come(context, page, at, aysel)
    Customer.objects.update(session_epoch=5)  # signed out everywhere, on another phone
    page.goto(f"{at}/points/{aysel.public_id}/")
    expect(page.get_by_label("Your phone number")).to_be_visible()
    until(lambda: kept(page) == {})


def test_the_next_customer_of_the_phone_sees_their_own(
    context: BrowserContext, page: Page, at: str, aysel: Wallet, complaints: list[str]
) -> None:
    come(context, page, at, aysel)
    context.clear_cookies()
    orxan = wallet(OTHER)
    page.goto(f"{at}/points/")  # where one signs in
    until(lambda: kept(page) == {})
    come(context, page, at, orxan)
    context.set_offline(True)
    page.goto(f"{at}/points/")
    expect(page.locator("main")).to_contain_text("Orxan")
    assert "Aysel" not in page.content()
    assert shape(Card.objects.get(customer=aysel.customer_id).token) not in page.content()
    complaints.clear()


def test_a_card_that_was_replaced_is_replaced_here_on_the_next_visit(
    context: BrowserContext, page: Page, at: str, aysel: Wallet
) -> None:
    come(context, page, at, aysel)
    old = Card.objects.get(customer=aysel.customer_id)
    ids = {"program_id": old.program_id, "customer_id": old.customer_id}
    new = cards.replace(**ids, token=old.token, at=old.created_at)
    page.goto(f"{at}/points/{aysel.public_id}/")
    until(lambda: shape(new.token) in kept(page).get("/points/", ""))
    assert shape(old.token) not in kept(page)["/points/"]


def test_it_can_be_put_on_the_home_screen(context: BrowserContext, page: Page, at: str, aysel: Wallet) -> None:
    come(context, page, at, aysel)
    manifest = page.request.get(at + page.locator("link[rel=manifest]").get_attribute("href"))  # type: ignore[operator]
    assert manifest.headers["content-type"] == "application/manifest+json"
    told = manifest.json()
    assert (told["start_url"], told["scope"], told["display"]) == ("/points/", "/points/", "standalone")
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        assert page.request.get(at + icon["src"]).headers["content-type"] == "image/png"
