"""Who said STOP: no code leaves, and those who would wait for one are told what to do instead."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conftest import NOON, Shop
from customers import opt_outs
from customers.models import Channel, Message
from loyalty.models import SpendingCode, Wallet
from loyalty.tests.conftest import PHONE
from loyalty.tests.test_api import Till, problem
from loyalty.tests.test_counter_rewards import card, till
from loyalty.tests.test_points_page import STRANGER, ask, member, text

__all__ = ["member", "till"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

HOW_BACK = "send START to +1 415-555-0100"


@pytest.fixture(autouse=True)
def number(settings: Any) -> None:
    settings.TWILIO_FROM = "+14155550100"


def stop() -> None:
    opt_outs.stop(channel=Channel.SMS, address=PHONE, at=NOON)


def test_the_counter_says_that_no_code_can_be_sent(till: Client) -> None:
    stop()
    said = till.post(f"{card()}redemptions/", {"points": "600", "send": "yes", "description": "Tea", "key": "first"})
    assert said.status_code == 422
    assert "This customer sent STOP and gets no texts." in said.text
    assert not SpendingCode.objects.exists()
    assert not Message.objects.exists()


def test_the_api_says_so_too(till: Client, shop: Shop) -> None:
    stop()
    assert problem(Till(shop).post("consents", {"phone": PHONE, "points": 600})) == (409, "said_stop")


def test_the_page_of_codes_says_to_everybody_how_codes_come_back(member: Wallet) -> None:
    """Whether this number said STOP is nobody's business."""
    stop()
    for phone in (PHONE, STRANGER):
        visitor = Client()
        ask(visitor, phone)
        assert HOW_BACK in text(visitor.get(reverse("points-code")))


def test_without_a_number_of_ours_there_is_nothing_to_say(client: Client, settings: Any) -> None:
    settings.TWILIO_FROM = ""
    ask(client, PHONE)
    assert "START" not in text(client.get(reverse("points-code")))


def test_their_own_page_says_why_nothing_comes(member: Wallet, client: Client) -> None:
    url = reverse("points-privacy", args=[member.public_id])
    assert "You sent STOP" not in text(client.get(url))
    stop()
    assert "Send START to +1 415-555-0100" in text(client.get(url))
