"""Whatever a text field of any form is given, the answer is a page that says so: never an error of ours.

The forms are found in the pages themselves, so that a new one is tried by being there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.test import Client

from config.tests.test_strangers import DOORS, Everybody, Visitor, World, address, one_world, world
from loyalty.tests.conftest import PHONE

__all__ = ["one_world", "world"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

HOSTILE = {"NUL": "a\0b", "emoji": "🦊🏳️‍🌈", "10 kB": "x" * 10_000, "markup": "<script>alert(1)</script>"}
TEXTS = {"text", "email", "tel", "search", "url", "password", "hidden", "textarea", "date", "number"}
ACCOUNTS = [
    "login/",
    "signup/",
    "password/reset/",
    "password/change/",
    "email/",
    "reauthenticate/",
    "2fa/totp/activate/",
]
PAGES = sorted(
    route for route, door in DOORS.items() if door.method == "GET" and not route.startswith(("api/", "health/"))
)


@dataclass
class Form:
    action: str
    values: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page that are posted, with the values as they stand."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.found, self.form, self.select = url, list[Form](), None, ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.form = Form(given.get("action") or self.url) if given.get("method", "").lower() == "post" else None
            self.found += [self.form] if self.form else []
        elif self.form and tag in ("input", "textarea") and given.get("name"):
            self.field(given["name"], given.get("type", "text") if tag == "input" else tag, given)
        elif self.form and tag == "select":
            self.select = given.get("name", "")
        elif (
            self.form
            and tag == "option"
            and self.select
            and ("selected" in given or self.select not in self.form.values)
        ):
            self.form.values[self.select] = given.get("value", "")

    def field(self, name: str, kind: str, given: dict[str, str]) -> None:
        if kind not in ("checkbox", "radio", "submit", "button") or "checked" in given:
            self.form.values[name] = given.get("value", "")
        if kind in TEXTS and name != "csrfmiddlewaretoken":
            self.form.texts.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None


def forms(client: Client, url: str) -> list[Form]:
    found, answer = Forms(url), client.get(url, follow=True)
    if answer["Content-Type"].startswith("text/html"):
        found.feed(answer.content.decode())
    return [form for form in found.found if form.texts]


def try_all(client: Client, found: list[Form]) -> Iterator[str]:
    """What each form was told; an exception of ours ends the test by itself."""
    for form in found:
        for name in form.texts:
            for what, value in HOSTILE.items():
                answer = client.post(form.action, form.values | {name: value})
                assert answer.status_code < 500
                assert b"<script>alert(1)" not in answer.content
                yield f"{form.action} {name} {what}"


def visitors(route: str, world: World) -> list[Visitor]:
    door = DOORS[route]
    names = ["anybody", "the customer", "owner of nar"] if isinstance(door, Everybody) else [door.rightful]
    return [world.visitors[name] for name in names]


@pytest.mark.parametrize("route", PAGES)
def test_no_text_in_a_form_is_an_error_of_ours(route: str, world: World) -> None:
    for visitor in visitors(route, world):
        list(try_all(visitor.client, forms(visitor.client, address(route, world))))


@pytest.mark.parametrize("page", ACCOUNTS)
def test_no_text_in_a_form_about_an_account_is_an_error_of_ours(page: str, world: World) -> None:
    for name in ("anybody", "owner of nar"):
        client = world.visitors[name].client
        list(try_all(client, forms(client, f"/accounts/{page}/")))


def test_the_forms_that_everybody_uses_are_found(world: World) -> None:
    """Else the tests above would try nothing."""

    def tried(name: str, url: str) -> set[str]:
        client: Client = world.visitors[name].client
        return {" ".join(each.split(" ")[:2]) for each in try_all(client, forms(client, url))}

    assert "/counter/find/ phone" in tried("cashier of nar", "/counter/")
    assert "/accounts/signup/ email" in tried("anybody", "/accounts/signup/")
    assert "/points/ phone" in tried("anybody", "/points/")
    assert "/settings/ contact_person" in tried("owner of nar", "/settings/")


PAID = {"phone": PHONE, "amount": "1"}
API: dict[str, Callable[[str], dict[str, object]]] = {
    "purchases": lambda text: {**PAID, "lines": [{"name": text, "sku": text, "unit_price": "1"}]},
    "purchases with a reference": lambda text: {**PAID, "reference": text},
    "purchases by an outside id": lambda text: {"external_id": text, "amount": "1"},
    "redemptions": lambda text: {"phone": PHONE, "points": 1, "description": text},
    "customers": lambda text: {"phone": "0501234568", "name": text},
    "customers by an outside id": lambda text: {"external_id": text},
    "customers with an e-mail": lambda text: {"phone": "0501234568", "email": text},
    "customers/lookup": lambda text: {"card": text},
    "customers/lookup by phone": lambda text: {"phone": text},
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("call", API)
def test_no_text_in_a_body_is_an_error_of_ours(call: str, what: str, world: World) -> None:
    answer = world.visitors["key of nar"].send("POST", f"/api/v1/{call.split(' ')[0]}", API[call](HOSTILE[what]))
    assert answer.status_code in (200, 201, 404, 409, 422)
    assert answer.status_code == 422 or what not in ("NUL", "10 kB")
