"""Letters about one's account: ours in every word, and in the reader's language."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from businesses.models import User
from businesses.tests.conftest import PASSWORD, signed_in
from businesses.tests.test_sign_in import code
from conftest import Shop

WORDS = {
    "welcome": {"en": "Welcome!", "az": "Xoş gəlmisiniz!", "ru": "Добро пожаловать!"},
    "reset": {"en": "You asked for a new password", "az": "yeni şifrə istədiniz", "ru": "Вы запросили новый пароль"},
    "unknown": {"en": "We know no account with", "az": "hesab tanımırıq", "ru": "Мы не знаем учётной записи"},
    "known": {"en": "There is one already", "az": "artıq var", "ru": "Она уже есть"},
    "second": {"en": "wants to use this address", "az": "etmək istəyir", "ru": "хочет использовать этот адрес"},
    "changed": {"en": "has a new password", "az": "yeni şifrəsi var", "ru": "новый пароль"},
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "az", "ru"])


def sign_up(client: Client, email: str, headers: dict[str, str]) -> None:
    client.post("/accounts/signup/", {"email": email, "password1": PASSWORD}, headers=headers)


def forget(client: Client, email: str, headers: dict[str, str]) -> None:
    client.post("/accounts/password/reset/", {"email": email}, headers=headers)


def add_address(client: Client, email: str, headers: dict[str, str]) -> None:
    client.force_login(User.objects.get())
    client.post("/accounts/email/", {"action_add": "", "email": email}, headers=headers)


LETTERS: dict[str, tuple[Callable[..., None], str, str]] = {
    "welcome": (sign_up, "newcomer@nar.test", "/accounts/confirm-email/"),
    "reset": (forget, "owner@nar.test", "/accounts/password/reset/key/"),
    "unknown": (forget, "nobody@nar.test", "/accounts/signup/"),
    "known": (sign_up, "owner@nar.test", "/accounts/password/reset/"),
    "second": (add_address, "second@nar.test", "/accounts/confirm-email/"),
}


@LANGUAGES
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_holds_the_link_and_our_words(client: Client, shop: Shop, name: str, language: str) -> None:
    EmailAddress.objects.create(user=shop.owner, email=shop.owner.email, verified=True, primary=True)
    ask, email, link = LETTERS[name]
    ask(client, email, {"Accept-Language": language})
    [letter] = mail.outbox
    assert letter.to == [email]
    assert WORDS[name][language] in letter.body
    assert len(re.findall(rf"http://testserver{link}\S*\n", letter.body)) == 1
    assert_ours(letter)


def assert_ours(letter: mail.EmailMessage) -> None:
    """No words of the library, whose letters greet from a host name, and no entity of HTML."""
    assert letter.subject
    assert letter.body.rstrip().endswith("\nRegulars")
    assert not re.search(r"example\.com|Hello from|Thank you for using|&#|&quot;|\n\n\n", letter.subject + letter.body)


@LANGUAGES
def test_who_changes_the_password_gets_a_letter(shop: Shop, language: str) -> None:
    answers = {"oldpassword": PASSWORD, "password1": "a fresh horse battery", "password2": "a fresh horse battery"}
    browser = {"Accept-Language": language, "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/1"}
    signed_in(shop.owner).post("/accounts/password/change/", answers, headers=browser)
    [letter] = mail.outbox
    assert letter.to == [shop.owner.email]
    assert WORDS["changed"][language] in letter.body
    assert "Firefox · Linux · 127.0.0.1 · " in letter.body
    assert "http://testserver/accounts/password/reset/\n" in letter.body
    assert_ours(letter)


def test_the_old_address_hears_that_another_took_its_place(shop: Shop) -> None:
    client = signed_in(shop.owner)
    EmailAddress.objects.create(user=shop.owner, email="new@nar.test", verified=True)
    client.post("/accounts/email/", {"action_primary": "", "email": "new@nar.test"})
    client.post("/accounts/email/", {"action_remove": "", "email": "owner@nar.test"})
    changed, removed = mail.outbox
    assert changed.to == ["owner@nar.test"]
    assert "now uses new@nar.test instead of owner@nar.test" in changed.body
    assert removed.to == ["new@nar.test"]
    assert "owner@nar.test no longer belongs" in removed.body
    assert_ours(changed)
    assert_ours(removed)


def test_a_change_stands_while_the_mail_server_is_away(shop: Shop, settings: Any, caplog: Any) -> None:
    client = signed_in(shop.owner)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answers = {"oldpassword": PASSWORD, "password1": "a fresh horse battery", "password2": "a fresh horse battery"}
    assert client.post("/accounts/password/change/", answers).status_code == 302
    shop.owner.refresh_from_db()
    assert shop.owner.check_password("a fresh horse battery")
    assert "password_changed was not sent" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_turning_the_second_factor_on_and_off_is_told(shop: Shop) -> None:
    client = signed_in(shop.owner, mfa=False)
    client.post("/accounts/login/", {"login": shop.owner.email, "password": PASSWORD})
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    assert [letter.subject for letter in mail.outbox] == [
        "Two-factor sign-in is on",
        "New recovery codes",
        "Two-factor sign-in is off",
    ]
    for letter in mail.outbox:
        assert_ours(letter)
