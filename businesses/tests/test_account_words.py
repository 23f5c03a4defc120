"""The pages of one's account speak as the rest does, in every language."""

import re

import pytest
from django.test import Client

from conftest import Shop

STOCK = ("Remember Me", "Current Password", "New Password", "can’t be", "can't be", "placeholder=")
OUT = ["login/", "signup/", "password/reset/"]
IN = ["password/change/", "email/", "2fa/", "reauthenticate/", "sessions/", "name/"]


def said(client: Client, page: str) -> str:
    html = client.get(f"/accounts/{page}").text
    return html[html.index("<main") : html.index("</main>")]


@pytest.mark.parametrize("page", OUT)
def test_no_page_before_signing_in_has_stock_words(client: Client, shop: Shop, page: str) -> None:
    assert [words for words in STOCK if words in said(client, page)] == []


@pytest.mark.parametrize("page", IN)
def test_no_page_of_an_account_has_stock_words(owner: Client, page: str) -> None:
    assert [words for words in STOCK if words in said(owner, page)] == []


@pytest.mark.parametrize("page", ["password/change/", "signup/"])
def test_the_rules_of_a_password_are_one_line(owner: Client, client: Client, page: str) -> None:
    html = said(owner if page.startswith("password") else client, page)
    assert html.count("Ten signs or more") == 1
    assert "<li>" not in html[html.index("<form") :]


@pytest.mark.parametrize("page", OUT)
@pytest.mark.parametrize("language", ["az", "ru"])
def test_no_label_is_left_in_english(client: Client, db: None, page: str, language: str) -> None:
    client.cookies["django_language"] = language
    labels = re.findall(r"<label[^>]*>([^<]+)", said(client, page))
    assert labels
    assert not {label.strip() for label in labels} & {"E-mail", "Email", "Password", "Remember Me"}


def test_a_session_ends_with_its_browser(client: Client, shop: Shop) -> None:
    client.post("/accounts/login/", {"login": shop.owner.email, "password": "correct horse battery"})
    assert client.cookies["sessionid"]["max-age"] == ""
