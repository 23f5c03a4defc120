"""The poster and the developer's page."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import Role, Staff, User
from businesses.tests.conftest import signed_in
from conftest import NOON, Shop
from customers.models import Message
from customers.tests.conftest import ask, sent_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo(settings: object) -> None:
    settings.DEMO = True


def poster(shop: Shop) -> str:
    return reverse("poster", args=[shop.branch.public_id])


def test_the_owner_prints_a_poster_whose_code_leads_to_joining(client: Client, shop: Shop) -> None:
    client.force_login(shop.owner)
    page = client.get(poster(shop))
    assert page.status_code == 200
    assert "Collect points at Nar" in page.content.decode()
    assert "<svg" in page.content.decode()


def test_the_poster_leads_to_the_bot_too_where_there_is_one(client: Client, shop: Shop, settings: object) -> None:
    client.force_login(shop.owner)
    alone = client.get(poster(shop)).content.decode()
    settings.TELEGRAM_BOT = "regulars_bot"  # type: ignore[attr-defined]
    page = client.get(poster(shop)).content.decode()
    assert (alone.count('class="qr'), page.count('class="qr')) == (1, 2)
    assert "Or in Telegram." in page


def test_the_poster_is_nobody_elses(client: Client, shop: Shop, new_shop: object) -> None:
    assert client.get(poster(shop)).status_code == 302
    client.force_login(new_shop("rose").owner)
    assert client.get(poster(shop)).status_code == 404


def test_a_cashier_has_no_poster_and_a_closed_branch_neither(client: Client, shop: Shop) -> None:
    cashier = User.objects.create_user("cashier@nar.test", "correct horse battery")
    Staff.objects.create(business=shop.business, user=cashier, role=Role.CASHIER)
    client.force_login(cashier)
    assert client.get(poster(shop)).status_code == 404
    client.force_login(shop.owner)
    shop.business.branches.create(name="Second")
    shop.branch.closed_at = NOON
    shop.branch.save()
    assert client.get(poster(shop)).status_code == 404


def test_developers_see_what_would_have_been_sent_the_newest_first(client: Client) -> None:
    ask()
    ask(phone="+994501111111")
    page = client.get(reverse("developer-messages")).content.decode()
    assert sent_code() in page
    assert page.index("+994501111111") < page.index("+994501234567")


def test_the_developers_page_is_paged(client: Client) -> None:
    Message.objects.bulk_create(
        Message(channel="sms", to="+994501234567", kind="code", language="en", text=f"number {n}.") for n in range(21)
    )
    assert "number 0." not in client.get(reverse("developer-messages")).content.decode()
    assert "number 0." in client.get(reverse("developer-messages") + "?page=2").content.decode()


def test_in_production_the_outbox_is_for_superadmins_and_hides_codes(client: Client, settings: object) -> None:
    settings.DEMO = False
    ask()
    assert client.get(reverse("developer-messages")).status_code == 404
    client.force_login(User.objects.create_user("root@example.test", "correct horse battery"))
    assert client.get(reverse("developer-messages")).status_code == 404
    client = signed_in(User.objects.create_superuser("super@example.test", "correct horse battery"))
    page = client.get(reverse("developer-messages")).content.decode()
    assert "is your code" in page
    assert not re.search(rf"\b{sent_code()}\b", page)
