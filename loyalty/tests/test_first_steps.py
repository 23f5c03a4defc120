"""What the counter tells a new owner to do next."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Business, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty.tests.conftest import buy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def steps(client: Client) -> dict[str, bool]:
    first: Any = client.get("/counter/").context["first"]
    return {step["title"]: step["done"] for step in first.get("steps", [])}


def test_a_new_owner_is_led_from_the_poster_to_the_first_sale(shop: Shop, owner: Client) -> None:
    assert steps(owner) == {"Make the first sale": False, "Invite your staff": False, "Choose your look": False}
    page = owner.get("/counter/").text
    for door in (f"/settings/poster/{shop.branch.public_id}/", "/settings/staff/invitations/", "/settings/look/"):
        assert f'href="{door}"' in page


def test_what_is_done_is_ticked_and_all_of_it_gone_at_last(shop: Shop, owner: Client) -> None:
    buy(shop, 5)
    assert steps(owner)["Make the first sale"]
    owner.post("/settings/staff/invitations/", {"email": "ann@nar.test", "role": "cashier"})
    assert steps(owner)["Invite your staff"]
    owner.post("/settings/look/", {"brand_colour": "#9f1239"})
    assert steps(owner) == {}
    assert "First steps" not in owner.get("/counter/").text


def test_after_a_month_nobody_is_taught_and_nothing_is_asked(shop: Shop, owner: Client) -> None:
    assert asks(owner)
    Business.objects.filter(pk=shop.business.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert steps(owner) == {}
    assert not asks(owner)


def asks(client: Client) -> bool:
    with CaptureQueriesContext(connection) as queries:
        client.get("/counter/")
    return any("businesses_invitation" in query["sql"] for query in queries)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CASHIER])
def test_only_owners_are_led(shop: Shop, role: str) -> None:
    assert steps(signed_in(hire(shop.business, role, "ann@nar.test").user)) == {}


def test_a_list_that_holds_only_its_owner_says_what_comes_next(shop: Shop, owner: Client) -> None:
    assert "It is only you so far." in owner.get("/settings/staff/").text
    assert "whoever scans it joins by themselves" in owner.get("/settings/branches/").text
    hire(shop.business, Role.CASHIER, "ann@nar.test")
    assert "It is only you so far." not in owner.get("/settings/staff/").text


def test_who_waits_for_the_operator_is_led_to_what_can_be_prepared(shop: Shop, owner: Client) -> None:
    Business.objects.filter(pk=shop.business.pk).update(status="waiting")
    page = owner.get("/counter/").text
    assert 'href="/settings/branches/"' in page
    assert 'href="/settings/staff/invitations/"' in page
