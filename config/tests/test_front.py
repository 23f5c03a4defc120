"""The front door: it says what this is in the reader's language and leads three kinds of people on."""

import pytest
from django.test import Client

from businesses.tests.conftest import signed_in
from conftest import Shop

pytestmark = pytest.mark.django_db


def test_it_leads_owners_staff_and_customers_to_their_doors(client: Client) -> None:
    html = client.get("/").content.decode()
    for door in ("/accounts/signup/", "/accounts/login/", "/points/", "/api/v1/docs/"):
        assert f'href="{door}"' in html


def test_the_picture_speaks_the_language_of_the_page(client: Client) -> None:
    client.cookies["django_language"] = "az"
    html = client.get("/").content.decode()
    assert "Salam, Aysel" in html
    assert "1.277" in html
    assert "24,80" in html


def test_nothing_in_the_picture_can_be_pressed(client: Client) -> None:
    """It is hidden from screen readers, which must not find a key in it."""
    html = client.get("/").content.decode()
    scene = html[html.index('class="scene"') : html.index("</ul>\n</div>")]
    assert "1,277" in scene
    for pressed in ("<a ", "<button", "<input", "tabindex"):
        assert pressed not in scene


def test_who_is_signed_in_goes_on_to_work(shop: Shop) -> None:
    assert signed_in(shop.owner).get("/").url == "/counter/"
