"""Rewards at the counter: two taps, held codes, and the customer's word for many points."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from customers import cards
from customers.models import Message
from loyalty import rewards, rotating
from loyalty.models import Redemption, Reward
from loyalty.tests.conftest import buy, redeem, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def till(shop: Shop) -> Client:
    buy(shop, 900)
    return signed_in(shop.owner)


def offer(shop: Shop, points: int = 100, *, everywhere: bool = False, **values: Any) -> Reward:
    values = {"name": "Flat white", "points": points} | values
    business = None if everywhere else shop.business
    return rewards.make(program=shop.business.program, business=business, values=values)


def card() -> str:
    return f"/counter/{wallet().public_id}/"


def form_of(page: Any, *, action: str) -> dict[str, str]:
    """The hidden fields of a form of the page, as a press sends them."""
    form = re.search(rf'<form[^>]* action="{action}"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert form, action
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[1]))


def test_what_they_can_have_comes_first_and_the_next_goal_is_named(shop: Shop, till: Client) -> None:
    offer(shop, 100, name="Tea")
    offer(shop, 500, name="Lunch")
    offer(shop, 1000, name="Dinner")
    page = till.get(card()).text
    assert page.index("Lunch") < page.index("Tea") < page.index("Spend points")
    assert "<b>100</b> points to: Dinner" in page


def test_two_taps_redeem_and_one_undoes(shop: Shop, till: Client) -> None:
    coffee = offer(shop, stock=1)
    link = re.search(rf'href="({card()}rewards/[^"]+)"', till.get(card()).text)
    assert link
    confirm = till.get(link[1])
    claims = f"{card()}rewards/{coffee.public_id}/claims/"
    press = form_of(confirm, action=claims)
    done = till.post(claims, press, follow=True)
    assert "−100 points spent" in done.text
    assert till.post(claims, press, follow=True).redirect_chain == done.redirect_chain
    assert (wallet().balance, Redemption.objects.count()) == (800, 1)
    undo = re.search(r'action="([^"]*undo/)"', done.text)
    assert undo
    till.post(undo[1], {"key": "undo"})
    assert wallet().balance == 900


def test_a_reward_gone_between_page_and_press_says_so(shop: Shop, till: Client) -> None:
    coffee = offer(shop, stock=1)
    url = f"{card()}rewards/{coffee.public_id}/"
    press = form_of(till.get(url), action=f"{url}claims/")
    buy(shop, 200, phone="+994507654321")
    redeem(shop, 100, phone="+994507654321", reward_id=coffee.pk)
    refused = till.post(f"{url}claims/", press)
    assert (refused.status_code, "The last one was claimed" in refused.text) == (422, True)
    assert form_of(refused, action=f"{url}claims/")["key"] != press["key"]


def test_a_price_that_rose_between_page_and_press_is_asked_again(shop: Shop, till: Client) -> None:
    coffee = offer(shop)
    url = f"{card()}rewards/{coffee.public_id}/"
    press = form_of(till.get(url), action=f"{url}claims/")
    Reward.objects.update(points=150)
    refused = till.post(f"{url}claims/", press)
    assert (refused.status_code, "It costs 150 points now" in refused.text) == (422, True)
    till.post(f"{url}claims/", form_of(refused, action=f"{url}claims/"))
    assert wallet().balance == 750


def test_rewards_and_holds_of_others_are_not_found(shop: Shop, till: Client, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    theirs = offer(tea)
    for page in ("", "claims/"):
        url = f"{card()}rewards/{theirs.public_id}/{page}"
        assert (till.post(url) if page else till.get(url)).status_code == 404
    redeem(tea, 100, reward_id=theirs.pk, hold=True)
    held = Redemption.objects.get()
    url = f"/counter/holds/{held.operation.public_id}/"
    assert [till.get(url).status_code, till.post(f"{url}confirmation/").status_code] == [404, 404]
    refused = till.post("/counter/codes/", {"code": held.code})
    assert (refused.status_code, "Nothing waits here under this code" in refused.text) == (422, True)


def a_hold(shop: Shop) -> Redemption:
    redeem(shop, 100, reward_id=offer(shop).pk, hold=True)
    return Redemption.objects.select_related("operation").get()


@pytest.mark.parametrize("where", ["codes", "phone", "card"])
def test_a_code_is_typed_or_scanned_and_handed_out(shop: Shop, till: Client, where: str) -> None:
    held = a_hold(shop)
    assert held.code
    typed = held.code.lower()
    url, field = ("/counter/codes/", "code") if where == "codes" else ("/counter/find/", where)
    page = till.post(url, {field: typed}, follow=True)
    assert "Coffee" in page.text
    collect = f"/counter/holds/{held.operation.public_id}/confirmation/"
    done = till.post(collect, form_of(page, action=collect), follow=True)
    assert "−100 points spent" in done.text
    held.refresh_from_db()
    assert held.status == "confirmed"
    again = till.get(f"/counter/holds/{held.operation.public_id}/")
    assert "This code was redeemed before." in again.text
    assert "confirmation/" not in again.text


def test_a_cashier_sees_and_undoes_what_they_handed_out(shop: Shop, till: Client) -> None:
    cashier = signed_in(hire(shop.business, Role.CASHIER, "till@nar.test").user)
    held = a_hold(shop)
    collect = f"/counter/holds/{held.operation.public_id}/confirmation/"
    receipt = cashier.post(collect, {"key": "k"}, follow=True)
    assert "−100 points spent" in receipt.text
    today = cashier.get("/counter/today/").text
    undo = re.search(r'action="([^"]*undo/)"', today)
    assert undo
    cashier.post(undo[1], {"key": "u"})
    assert wallet().balance == 900
    assert "Undone" in cashier.get("/counter/today/").text


def test_a_hold_that_ended_a_second_ago_is_refused_in_words(shop: Shop, till: Client) -> None:
    held = a_hold(shop)
    Redemption.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    collect = f"/counter/holds/{held.operation.public_id}/confirmation/"
    refused = till.post(collect, {"key": "k"})
    assert (refused.status_code, "The hour for this code is over" in refused.text) == (422, True)
    assert wallet().balance == 900


@pytest.mark.parametrize("typed", ["", "AC3D", "345679", "' OR 1=1", "ЖЖЖЖЖЖ"])
def test_what_is_no_code_is_told(till: Client, typed: str) -> None:
    refused = till.post("/counter/codes/", {"code": typed})
    assert (refused.status_code, "A code has six letters and digits" in refused.text) == (422, True)


# --- The customer's word ----------------------------------------------------------------------------------


def test_many_points_need_the_code_that_was_sent(shop: Shop, till: Client) -> None:
    url = f"{card()}redemptions/"
    press = {"points": "600", "description": "Dinner", "key": "first"}
    asked = till.post(url, press)
    assert asked.status_code == 422
    assert "More than 500 points need the customer’s word." in asked.text
    assert not Message.objects.exists()
    sent = till.post(url, form_of(asked, action=url) | {"points": "600", "send": "yes"})
    assert (sent.status_code, "A code is on its way to" in sent.text) == (200, True)
    code = re.search(r"\d{6}", Message.objects.get().text)
    assert code
    wrong = till.post(url, press | {"key": "second", "consent": "000000" if code[0] != "000000" else "111111"})
    assert (wrong.status_code, "That code is not right for this." in wrong.text) == (422, True)
    other = till.post(url, press | {"key": "third", "points": "700", "consent": code[0]})
    assert other.status_code == 422
    done = till.post(url, press | {"key": "fourth", "consent": code[0]}, follow=True)
    assert "−600 points spent" in done.text


def test_a_code_is_sent_once_in_a_while(shop: Shop, till: Client) -> None:
    url = f"{card()}rewards/{offer(shop, 600).public_id}/claims/"
    for status in (200, 422):
        answer = till.post(url, {"points": "600", "send": "yes", "key": uuid4().hex})
        assert answer.status_code == status
    assert "You can ask for a new code in 0:4" in answer.text
    assert Message.objects.count() == 1


def rotating_code() -> str:
    mine, at = wallet(), timezone.now()
    return rotating.content(
        token=cards.current(program_id=mine.program_id, customer_id=mine.customer_id, at=at).token, at=at
    )


def test_who_is_found_by_the_rotating_code_has_agreed_to_one_spend(shop: Shop, till: Client) -> None:
    dinner = offer(shop, 400)
    Reward.objects.update(points=450)
    shop.business.consent_above = 100
    shop.business.save()
    url = f"{card()}rewards/{dinner.public_id}/"
    assert "need the customer’s word" in till.get(url).text
    assert till.post("/counter/find/", {"card": rotating_code()}, follow=True).redirect_chain[-1][0] == card()
    page = till.get(url)
    assert "need the customer’s word" not in page.text
    press = form_of(page, action=f"{url}claims/")
    receipts = [till.post(f"{url}claims/", press, follow=True).redirect_chain for _ in range(2)]
    assert receipts[0] == receipts[1] != []
    assert wallet().balance == 450
    page = till.get(url)
    assert "need the customer’s word" in page.text
    assert till.post(f"{url}claims/", form_of(page, action=f"{url}claims/")).status_code == 422


def test_the_camera_agrees_from_the_page_that_asks(shop: Shop, till: Client) -> None:
    dinner = offer(shop, 600)
    claims = f"{card()}rewards/{dinner.public_id}/claims/"
    press = form_of(till.get(f"{card()}rewards/{dinner.public_id}/"), action=claims)
    till.post(claims, press | {"card": rotating_code()})
    assert wallet().balance == 300


def test_the_static_card_agrees_to_nothing(shop: Shop, till: Client) -> None:
    mine = wallet()
    token = cards.current(program_id=mine.program_id, customer_id=mine.customer_id, at=timezone.now()).token
    till.post("/counter/find/", {"card": token})
    answer = till.post(f"{card()}redemptions/", {"points": "600", "card": token, "key": "k"})
    assert answer.status_code == 422
    assert wallet().balance == 900
