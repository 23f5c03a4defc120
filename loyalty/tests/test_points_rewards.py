"""Rewards on the customer's own page: what there is, the hold with its code, and the code that pays."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from conftest import Shop
from customers import sessions
from customers.models import Customer
from loyalty import redemptions, rewards, rotating
from loyalty.models import Redemption, Reward
from loyalty.tests.conftest import PHONE, buy, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def offer(shop: Shop, points: int = 100, *, everywhere: bool = False, **values: Any) -> Reward:
    values = {"name": "Flat white", "points": points} | values
    business = None if everywhere else shop.business
    return rewards.make(program=shop.business.program, business=business, values=values)


def browser(phone: str) -> Client:

    client, response = Client(), HttpResponse()
    sessions.begin(response, customer=Customer.objects.get(phone=phone), at=timezone.now())
    client.cookies = response.cookies
    return client


@pytest.fixture
def mine(shop: Shop) -> Client:
    buy(shop, 900)
    return browser(PHONE)


def home() -> str:
    return f"/points/{wallet().public_id}/"


def press_of(page: Any) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(key|points)" value="([^"]*)">', page.text))


def hold(client: Client, reward: Reward, **more: str) -> Any:
    url = f"{home()}rewards/{reward.public_id}/"
    return client.post(url, press_of(client.get(url)) | more, follow=True)


def test_the_page_shows_what_is_near_and_what_is_ready(shop: Shop, mine: Client) -> None:
    offer(shop, 100, name="Tea")
    offer(shop, 1000, name="Dinner", description="With dessert")
    page = mine.get(home()).text
    assert "100 more points for: Dinner" in page
    assert f"{home()}rewards/{Reward.objects.get(name='Tea').public_id}/" in page
    listed = mine.get(f"{home()}rewards/").text
    assert listed.index("Tea") < listed.index("Dinner")
    assert "100 to go" in listed


def test_getting_one_gives_a_code_and_takes_the_points_once(shop: Shop, mine: Client) -> None:
    coffee = offer(shop, stock=1)
    url = f"{home()}rewards/{coffee.public_id}/"
    press = press_of(mine.get(url))
    first = mine.post(url, press, follow=True)
    assert mine.post(url, press, follow=True).redirect_chain == first.redirect_chain
    held = Redemption.objects.get()
    assert held.code
    assert f"{held.code[:3]} {held.code[3:]}" in first.text
    assert "<svg" in first.text
    assert 3590 < int(re.search(r'data-left="(\d+)"', first.text)[1]) <= 3600  # type: ignore[index]
    assert (held.status, wallet().balance) == ("held", 800)
    assert "Waiting for you" in mine.get(f"{home()}rewards/").text


def test_the_points_come_back_when_the_customer_says_so(shop: Shop, mine: Client) -> None:
    page = hold(mine, offer(shop))
    cancel = re.search(r'action="([^"]*cancellation/)"', page.text)
    assert cancel
    for _ in range(2):
        assert "No longer held" in mine.post(cancel[1], follow=True).text
    assert wallet().balance == 900


def test_what_was_collected_is_not_given_back(shop: Shop, mine: Client) -> None:
    hold(mine, offer(shop))
    held = Redemption.objects.select_related("operation").get()
    redemptions.confirm(rules=shop.rules, actor=shop.actor, operation_id=held.pk, key="k")
    page = mine.post(f"{home()}holds/{held.operation.public_id}/cancellation/", follow=True)
    assert "It is yours. Enjoy!" in page.text
    assert wallet().balance == 800


def test_a_hold_that_is_over_says_so(shop: Shop, mine: Client) -> None:
    hold(mine, offer(shop))
    Redemption.objects.update(held_until=timezone.now())
    held = Redemption.objects.select_related("operation").get()
    page = mine.get(f"{home()}holds/{held.operation.public_id}/").text
    assert "No longer held" in page
    assert held.code
    assert held.code[:3] + " " not in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"stock": 0}, "The last one was claimed"),
        ({"points": 150}, "It costs 150 points now"),
        ({"points": 901}, "Not enough points: 900 available, 901 needed."),
    ],
)
def test_what_changed_between_page_and_press_is_told(
    shop: Shop, mine: Client, values: dict[str, int], said: str
) -> None:
    coffee = offer(shop, values.get("points", 100), stock=5)
    url = f"{home()}rewards/{coffee.public_id}/"
    Reward.objects.update(points=100)
    press = press_of(mine.get(url))
    Reward.objects.update(**values)
    if values.get("points") == 901:
        press["points"] = "901"
    refused = mine.post(url, press)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert wallet().balance == 900


def test_one_that_ended_meanwhile_says_so_and_a_strangers_is_not_found(
    shop: Shop, mine: Client, new_shop: Callable[..., Shop], program: Any
) -> None:
    coffee = offer(shop)
    rewards.archive(reward=coffee, at=timezone.now())
    gone = mine.post(f"{home()}rewards/{coffee.public_id}/", {"key": "k"})
    assert (gone.status_code, "No longer offered" in gone.text) == (422, True)
    other = type(program).objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
    theirs = offer(new_shop("far", program=other))
    assert mine.get(f"{home()}rewards/{theirs.public_id}/").status_code == 404
    secret = offer(new_shop("clinic", confidential=True))
    assert mine.get(f"{home()}rewards/{secret.public_id}/").status_code == 404


def test_a_reward_of_the_programme_is_collected_where_the_customer_says(
    shop: Shop, mine: Client, new_shop: Callable[..., Shop]
) -> None:
    tea = new_shop("tea")
    new_shop("clinic", confidential=True)
    shared = offer(shop, everywhere=True)
    page = mine.get(f"{home()}rewards/{shared.public_id}/").text
    assert re.findall(r'name="place" value="(\w+)"', page) == ["nar", "tea"]
    refused = hold(mine, shared)
    assert (refused.status_code, "Choose where you will collect it." in refused.text) == (422, True)
    assert hold(mine, shared, place="clinic").status_code == 422
    hold(mine, shared, place="tea")
    held = Redemption.objects.get()
    assert held.business == tea.business
    assert redemptions.held(business_id=shop.business.pk, code=held.code or "") is None


def test_others_see_and_cancel_nothing(shop: Shop, mine: Client) -> None:
    hold(mine, offer(shop))
    held = Redemption.objects.select_related("operation").get()
    buy(shop, 10, phone="+994507654321")
    other = browser("+994507654321")
    theirs = f"/points/{wallet('+994507654321').public_id}/"
    for root in (home(), theirs):
        url = f"{root}holds/{held.operation.public_id}/"
        assert [other.get(url).status_code, other.post(f"{url}cancellation/").status_code] == [404, 404]
    assert wallet().balance == 800


def test_the_code_that_pays_is_new_each_half_minute_and_asks_to_be_shown_again(
    mine: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def content(*, token: str, at: Any) -> str:
        shown.append(made(token=token, at=at + timedelta(seconds=30 * len(shown))))
        return shown[-1]

    made = rotating.content
    monkeypatch.setattr(rotating, "content", content)
    pages = [mine.get(f"{home()}pay/") for _ in range(2)]
    assert shown[0] != shown[1]
    assert pages[0]["Cache-Control"].startswith("max-age=0")
    assert 0 < int(re.search(r'data-left="(\d+)"', pages[0].text)[1]) <= 30  # type: ignore[index]
    assert "<noscript><meta http-equiv" in pages[0].text
    assert not any(code in page.text for code in shown for page in pages)
