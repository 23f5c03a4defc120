"""Everybody reads their own language: every text is in both catalogues, and no page mixes in English."""

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from businesses.tests.conftest import signed_in
from conftest import Shop
from customers import sessions
from loyalty.tests.conftest import PHONE, buy, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ["businesses", "config", "customers", "loyalty", "promotions", "referrals", "reports", "templates"]
# The style guide shows invented people to those who build pages: its own words stay English.
LEFT_OUT = ["tests", "styleguide*"]
EXTRACT = "./run manage makemessages --all --no-obsolete --add-location file " + " ".join(
    f"-i '{pattern}'" for pattern in [*LEFT_OUT, ".venv", ".data"]
)
PLURALS = {"az": 2, "ru": 3}
LANGUAGES = pytest.mark.parametrize("language", PLURALS)


def catalogue(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source)


def ours(language: str) -> list[Message]:
    found = catalogue(ROOT / "locale" / language / "LC_MESSAGES" / "django.po")
    return [message for message in found if message.id]


def sources(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def translations(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text: str) -> set[str]:
    in_braces = set() if "%(" in text else {name for _, name, _, _ in Formatter().parse(text) if name}
    return set(re.findall(r"%\(\w+\)\w|%%", text)) | set(re.findall(r"</?\w+[^>]*>", text)) | in_braces


# --- The catalogues ---------------------------------------------------------------------------------------


@LANGUAGES
def test_every_text_is_translated(language: str):
    unfinished = [message.id for message in ours(language) if message.fuzzy or not all(translations(message))]
    assert unfinished == []


@LANGUAGES
def test_every_form_of_a_plural_is_there(language: str):
    short = [
        message.id
        for message in ours(language)
        if len(translations(message)) != (PLURALS[language] if message.pluralizable else 1)
    ]
    assert short == []


@LANGUAGES
def test_placeholders_and_markup_survive_translation(language: str):
    wrong = [
        (message.id, text)
        for message in ours(language)
        for text in translations(message)
        if placeholders(text) != placeholders(sources(message)[-1])
    ]
    assert wrong == []


@LANGUAGES
def test_the_catalogue_holds_all_that_the_code_says(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
):
    if not shutil.which("xgettext"):
        pytest.skip("xgettext is not installed: apt-get install gettext")
    for name in SOURCES:  # a copy, because makemessages writes beside the templates
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "locale").mkdir()
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=[language], ignore_patterns=LEFT_OUT, verbosity=0)
    said = {key(message) for message in catalogue(tmp_path / "locale" / language / "LC_MESSAGES/django.po")}
    known = {key(message) for message in ours(language)}
    said.discard((None, ""))
    assert said - known == set(), f"Extract again and translate: {EXTRACT}"


def key(message: Message) -> tuple[str | None, str]:
    return message.context, sources(message)[0]


# --- The pages --------------------------------------------------------------------------------------------

# Names stay as they are, and Azerbaijani says poster too.
NAMES = {"Regulars", "Nar", "Main", "Circle", "Olga", "API", "AZN", "Telegram", "WhatsApp", "SMS", "poster", "https"}
NAMES |= {"Rauf", "May", "Enter", "Esc"}  # a surname too short to change; Azerbaijani calls the month alike
WORD = re.compile(r"[A-Za-z]{3,}")


class Texts(HTMLParser):
    """What a page says to eyes and to screen readers."""

    def __init__(self, page: HttpResponse) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.silent = 0
        self.feed(page.content.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code", "option")
        said = [value for name, value in attributes if name in ("aria-label", "placeholder", "title", "alt")]
        self.found |= {" ".join(value.split()) for value in said if value}

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code", "option")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.add(" ".join(data.split()))


def left_in_english(ask: Callable[[dict[str, str]], HttpResponse], language: str) -> set[str]:
    """Texts with words that stand on the page in English and, the same, in the other language."""
    answers = [ask({"accept-language": code}) for code in ("en", language)]
    assert {answer.status_code for answer in answers} <= {200, 422}
    english, other = (Texts(answer).found for answer in answers)
    assert english != other
    return {text for text in english & other if "@" not in text and set(WORD.findall(text)) - NAMES}


@LANGUAGES
@pytest.mark.parametrize(
    "url",
    ["/", "/how-it-works/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/points/"],
)
def test_what_anybody_sees_is_in_their_language(url: str, language: str):
    assert left_in_english(lambda headers: Client().get(url, headers=headers), language) == set()


@LANGUAGES
@pytest.mark.parametrize("url", ["/accounts/login/", "/accounts/signup/", "/points/"])
@pytest.mark.parametrize("typed", [{}, {"login": "olga@nar.test", "email": "olga", "password": "x", "phone": "12"}])
def test_what_a_form_objects_to_is_in_their_language(url: str, typed: dict[str, str], language: str):
    assert left_in_english(lambda headers: Client().post(url, typed, headers=headers), language) == set()


OWNERS_PAGES = [
    "/settings/", "/settings/branches/", "/settings/branches/new/", "/settings/staff/", "/settings/keys/",
    "/settings/staff/invitations/", "/settings/keys/new/", "/start/", "/switch/",
    "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/",
    "/accounts/name/", "/settings/pin/", "/settings/look/", "/help/", "/disputes/",
]  # fmt: skip


@LANGUAGES
@pytest.mark.parametrize("url", OWNERS_PAGES)
def test_an_owner_reads_their_language(shop: Shop, url: str, language: str):
    client = signed_in(shop.owner)
    assert left_in_english(lambda headers: client.get(url, headers=headers), language) == set()


@LANGUAGES
def test_the_counter_is_in_the_language_of_who_serves(shop: Shop, language: str):
    sale, client = buy(shop, 40), signed_in(shop.owner)
    customer = f"/counter/{wallet(PHONE).public_id}/"
    receipt = f"/counter/receipts/{sale.public_id}/"
    for url in ("/counter/", customer, f"{customer}spend/", receipt):
        assert left_in_english(lambda headers, url=url: client.get(url, headers=headers), language) == set(), url
    for phone in ("+994501112233", "12"):
        unknown = left_in_english(
            lambda headers, phone=phone: client.post("/counter/find/", {"phone": phone}, headers=headers), language
        )
        assert unknown == set(), phone


@LANGUAGES
def test_a_customer_reads_their_language(shop: Shop, language: str):
    sale = buy(shop, 40)
    answer, client, mine = HttpResponse(), Client(), wallet(PHONE)
    sessions.begin(answer, customer=mine.customer, at=timezone.now())
    client.cookies = answer.cookies
    line = f"history/{sale.public_id}/"
    below = ("", "history/", line, f"{line}dispute/", "expiry/", "figures/", "profile/", "privacy/", "card/")
    for url in [f"/points/{mine.public_id}/{page}" for page in below]:
        assert left_in_english(lambda headers, url=url: client.get(url, headers=headers), language) == set(), url
    poster = f"/join/{shop.branch.public_id}/"
    assert left_in_english(lambda headers: Client().get(poster, headers=headers), language) == set()
