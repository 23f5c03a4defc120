"""The guide for integrators keeps its word: its examples are run as they stand, its figures are ours."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from allauth.account import app_settings as account_settings
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache as attempts
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from businesses import api_keys
from businesses.models import ApiKey, Branch, Role, User
from businesses.tests.conftest import PASSWORD, hire
from conftest import Shop
from customers.codes import MOST_PER_PHONE, PAUSE
from customers.models import Message
from loyalty.tests.conftest import buy, wallet
from promotions import offers

GUIDE = (Path(settings.BASE_DIR) / "docs" / "integrators.md").read_text()
RICH = "+994507770077"

# --- The examples -----------------------------------------------------------------------------------------


class Guide:
    """Sends what the guide sends, and remembers what its answers call by a name such as `<purchase>`."""

    def __init__(self, **names: str) -> None:
        self.names = names

    def send(self, request: str) -> Any:
        head, _, body = self.filled(request).partition("\n\n")
        first, *lines = head.splitlines()
        method, path = first.split()
        headers = dict(line.split(": ", 1) for line in lines)
        return Client(headers=headers).generic(method, path, body.encode(), "application/json")

    def compare(self, answer: Any, promised: str) -> None:
        head, _, body = promised.partition("\n\n")
        first, *lines = head.splitlines()
        assert answer.status_code == int(first.split()[1]), answer.content
        for line in lines:
            name, value = line.split(": ", 1)
            assert answer[name] == value
        if body:
            self.same(answer.json(), orjson.loads(body), "")

    def same(self, real: Any, told: Any, where: str) -> None:
        if isinstance(told, dict):
            assert real.keys() == told.keys(), where
            for name in told:
                self.same(real[name], told[name], f"{where}.{name}")
        elif isinstance(told, list):
            assert len(real) == len(told), where
            for number, (one, other) in enumerate(zip(real, told, strict=True)):
                self.same(one, other, f"{where}[{number}]")
        elif isinstance(told, str) and (name := re.fullmatch(r"<(.+)>", told)):
            assert isinstance(real, str), where
            assert self.names.setdefault(name[1], real) == real, where
        elif is_moment(told):
            assert is_moment(real), where
        else:
            assert real == told, where

    def filled(self, text: str) -> str:
        return re.sub(r"<([a-z ]+)>", lambda found: self.names[found[1]], text)


def is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and "T" in value and bool(datetime.fromisoformat(value).tzinfo)
    except ValueError:
        return False


def examples() -> list[tuple[str, str]]:
    blocks = [block.strip("\n") for block in re.findall(r"```http\n(.*?)```", GUIDE, re.DOTALL)]
    pairs = list(zip(blocks[::2], blocks[1::2], strict=True))
    assert all(answer.startswith("HTTP/1.1 ") and not request.startswith("HTTP") for request, answer in pairs)
    return pairs


@pytest.mark.django_db
@pytest.mark.usefixtures("books")
def test_every_example_does_what_the_guide_says(shop: Shop) -> None:
    attempts.clear()
    ann = hire(shop.business, Role.CASHIER, "ann@nar.test").user
    User.objects.filter(pk=ann.pk).update(first_name="Ann")
    EmailAddress.objects.create(user=ann, email=ann.email, verified=True, primary=True)
    buy(shop, 2000, phone=RICH)
    ten = {"name": "Ten off", "kind": "percentage", "value": Decimal(10), "code": "TEN"}
    offers.make(program=shop.business.program, business=shop.business, values=ten, by=shop.owner, at=timezone.now())
    key = api_keys.create(business=shop.business, name="Till", scopes=list(ApiKey.SCOPES))[1]
    guide = Guide(key=key, rich=str(wallet(RICH).public_id))
    assert Branch.objects.count() == 1
    for request, promised in examples():
        if "<code>" in request:
            guide.names["code"] = re.search(r"\b\d{6}\b", Message.objects.latest("pk").text)[0]
        answer = guide.send(request)
        try:
            guide.compare(answer, promised)
        except AssertionError as error:
            raise AssertionError(f"{request}\n\n{answer.content.decode()}\n\n{error}") from error


def test_the_examples_cover_what_a_till_does() -> None:
    called = {tuple(re.sub(r"<.+?>", "{}", request).split()[:2]) for request, _answer in examples()}
    assert {
        ("POST", "/api/v1/purchases"),
        ("POST", "/api/v1/purchases/{}/refunds"),
        ("POST", "/api/v1/redemptions"),
        ("POST", "/api/v1/consents"),
        ("POST", "/api/v1/carts/price"),
        ("POST", "/api/v1/auth/token"),
    } <= called
    assert PASSWORD in GUIDE


# --- The tables -------------------------------------------------------------------------------------------


@cache
def calls() -> set[tuple[str, str]]:
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def named() -> Iterator[tuple[str, str]]:
    yield from re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/api/v1/[^`]+)`", GUIDE)


def test_every_call_that_is_named_is_there() -> None:
    assert {path for method, path in named() if (method, path) not in calls()} == set()
    assert len(set(named())) > 20


def test_every_report_that_is_named_is_there() -> None:
    line = next(line for line in GUIDE.split("\n\n") if line.startswith("`reports/summary`"))
    reports = {name.removeprefix("reports/") for name in re.findall(r"`([a-z/-]+)`", line)} - {"since", "until"}
    assert reports == {path.rpartition("/")[2] for _method, path in calls() if "/reports/" in path}


def test_the_limits_are_ours() -> None:
    rates = account_settings.RATE_LIMITS
    assert f"{settings.API_STAFF_REQUESTS_PER_MINUTE} calls" in GUIDE
    assert f"{settings.API_REQUESTS_PER_MINUTE} calls" in GUIDE
    assert (rates["login"], rates["signup"]) == ("30/m/ip", "20/m/ip")
    assert "30 of them sign-ins, 20 of them new accounts" in GUIDE
    assert "5/300s/key" in rates["login_failed"]
    assert f"one in {PAUSE.seconds} seconds, {MOST_PER_PHONE} an hour" in GUIDE


def test_the_guide_is_served() -> None:
    answer = Client().get("/api/v1/guide/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == GUIDE
