"""The places of the portal: a rail on a desk, at most five keys under the thumb on a phone."""

import re
from typing import Any

import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import path

from businesses.models import Role
from businesses.tests.conftest import hire, signed_in
from config import urls
from conftest import Shop

pytestmark = pytest.mark.django_db
LATER = ("customers", "activity", "rewards", "offers", "reports", "help")


@pytest.fixture
def everything(settings: Any) -> None:
    """As if every place were built."""
    later = [path(f"{name}/", lambda request: None, name=name) for name in LATER]
    settings.ROOT_URLCONF = type("Everything", (), {"urlpatterns": [*later, *urls.urlpatterns]})


def bar(client: Client) -> str:
    html = client.get("/counter/").content.decode()
    return re.search(r'<nav class="nav".*?</nav>', html, re.S).group()


def on_a_phone(bar: str) -> list[str]:
    """The keys of the bar; what is `wide` is not among them, and what More opens is not a key."""
    keys = re.sub(r'<div class="menu-list">.*?</div>', "", bar, flags=re.S)
    items = re.findall(r"<li(?: class=\"([^\"]*)\")?>.*?<span>([^<]+)</span>", keys, re.S)
    return [label for classes, label in items if "wide" not in classes]


def opened(bar: str) -> list[str]:
    menu = re.search(r'<div class="menu-list">(.*?)</div>', bar, re.S)
    return re.findall(r'class="menu-item" href="([^"]+)"', menu.group(1)) if menu else []


def test_an_owner_finds_the_settings_under_the_thumb(shop: Shop) -> None:
    places = bar(signed_in(shop.owner))
    assert "More" in on_a_phone(places)
    assert "/settings/" in opened(places)


def test_a_cashier_has_nothing_behind_more(shop: Shop) -> None:
    places = bar(signed_in(hire(shop.business, Role.CASHIER, "c@nar.test").user))
    assert "More" not in on_a_phone(places)
    assert "/settings/" not in places
    assert "Customers" not in on_a_phone(places)


@pytest.mark.usefixtures("everything")
def test_with_every_place_built_a_phone_has_five_keys(shop: Shop) -> None:
    assert on_a_phone(bar(signed_in(shop.owner))) == ["Counter", "Today", "Customers", "Activity", "More"]
    cashier = hire(shop.business, Role.CASHIER, "c@nar.test").user
    assert on_a_phone(bar(signed_in(cashier))) == ["Counter", "Today", "Activity", "Help"]


def test_the_place_behind_more_is_marked_on_its_key() -> None:
    more = get_template("components/nav_more.html")
    assert "current" in more.render({"active": "settings"})
    assert "current" not in more.render({"active": "counter"})
