"""Help: what somebody needs at the counter, and how points work for those in front of it."""

import pytest
from django.test import Client

from businesses.models import Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop

pytestmark = pytest.mark.django_db


def test_it_names_the_keys_and_whom_to_ask(shop: Shop) -> None:
    html = signed_in(hire(shop.business, Role.CASHIER, "c@nar.test").user).get("/help/").text
    for key in ("Enter", "Esc", "F2"):
        assert f"<kbd>{key}</kbd>" in html
    assert "Olga" in html
    assert "owner@nar.test" in html


def test_what_is_for_owners_is_not_told_to_a_cashier(shop: Shop) -> None:
    assert "A new colleague" in signed_in(shop.owner).get("/help/").text
    cashier = hire(shop.business, Role.CASHIER, "c@nar.test").user
    assert "A new colleague" not in signed_in(cashier).get("/help/").text


def test_pages_for_customers_lead_to_how_it_works(client: Client, shop: Shop) -> None:
    for page in ("/points/", f"/join/{shop.branch.public_id}/", "/"):
        assert 'href="/how-it-works/"' in client.get(page).text
    assert client.get("/how-it-works/").status_code == 200
