"""Pages of refusal: each says what happened, in the reader's language, and leads on."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.template.loader import get_template
from django.test import Client
from django.utils import translation

from businesses.tests.conftest import signed_in
from conftest import Shop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["400.html", "500.html"])
def test_a_failure_needs_neither_request_nor_database_and_speaks_the_language(page: str) -> None:
    with translation.override("ru"):
        html = get_template(page).render()
    assert '<html lang="ru">' in html
    assert 'href="/"' in html


def test_too_many_fields_are_answered_in_words(client: Client) -> None:
    answer = client.post("/points/", {f"field{number}": "1" for number in range(1001)})
    assert answer.status_code == 400
    assert "That could not be read" in answer.text


def test_a_refusal_offers_to_sign_in_as_somebody_else(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise PermissionDenied

    monkeypatch.setattr("config.front.render", refuse)
    answer = client.get("/")
    assert answer.status_code == 403
    assert "Sign in as somebody else" in answer.text


def test_too_many_attempts_are_told_to_wait(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "1/m/ip"}
    for _attempt in range(3):
        answer = client.post("/accounts/password/reset/", {"email": "a@nar.test"})
    assert answer.status_code == 429
    assert "A little slower, please" in answer.text


def test_nothing_here_leads_customers_to_their_points_and_staff_to_the_start(shop: Shop) -> None:
    assert 'href="/points/"' in Client().get("/nothing/").text
    answer = signed_in(shop.owner).get("/nothing/")
    assert answer.status_code == 404
    assert 'href="/points/"' not in answer.text
    assert 'href="/"' in answer.text
