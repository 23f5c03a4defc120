"""The counter open in two tabs: a form acts where it was shown, or not at all."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses.models import Branch, Role, Staff, User
from conftest import Shop
from customers.models import Customer
from loyalty.models import Operation
from loyalty.tests.conftest import PHONE, buy, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def tea(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("tea", name="Tea House")


@pytest.fixture
def cashier(shop: Shop, tea: Shop) -> Client:
    """Works at both, and has 40 points of a customer before them at the first."""
    user = User.objects.create_user("cashier@nar.test", "correct horse battery")
    for each in (shop, tea):
        Staff.objects.create(business=each.business, user=user, role=Role.CASHIER)
    client = Client()
    client.force_login(user)
    client.get("/counter/")
    buy(shop, 40)
    return client


def switch(client: Client, shop: Shop) -> None:
    staff = Staff.objects.get(business=shop.business, user__email="cashier@nar.test")
    client.post("/switch/", {"staff": staff.public_id})


def sale(client: Client, branch: Branch, headers: dict[str, str] = HTMX) -> Any:
    url = reverse("counter-purchases", args=[wallet().public_id])
    return client.post(url, {"amount": "10", "key": uuid4().hex, "branch": branch.public_id}, headers=headers)


def acts(client: Client) -> dict[str, tuple[str, dict[str, str]]]:
    """Every form of the counter: its address and what is typed into it."""
    customer = wallet().public_id
    mine = client.post(reverse("counter-purchases", args=[customer]), {"amount": "1", "key": "mine"})["Location"]
    return {
        "find": ("/counter/find/", {"phone": PHONE}),
        "enrol": ("/counter/members/", {"phone": "+994505556677"}),
        "purchase": (reverse("counter-purchases", args=[customer]), {"amount": "10"}),
        "redemption": (reverse("counter-redemptions", args=[customer]), {"points": "5"}),
        "undo": (f"{mine}undo/", {}),
    }


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("act", ["find", "enrol", "purchase", "redemption", "undo"])
def test_a_form_of_the_business_that_was_left_does_nothing_and_says_so(
    cashier: Client, shop: Shop, tea: Shop, act: str, headers: dict[str, str]
) -> None:
    url, typed = acts(cashier)[act]
    switch(cashier, tea)
    before = Operation.objects.count(), Customer.objects.count()
    answer = cashier.post(url, {**typed, "key": "press", "branch": shop.branch.public_id}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "You have switched to Tea House meanwhile." in page
    assert "This press did nothing." in page
    assert 'href="/counter/"' in page
    assert "Back to Nar" in page
    assert (Operation.objects.count(), Customer.objects.count()) == before
    switch(cashier, shop)
    again = cashier.post(url, {**typed, "key": "press", "branch": shop.branch.public_id})
    assert again.status_code == 302
    assert Operation.objects.filter(business=tea.business).count() == 0


def test_a_part_of_the_page_is_not_shown_for_another_business_than_its_frame(cashier: Client, tea: Shop) -> None:
    url = reverse("counter-spend", args=[wallet().public_id])
    shown_for = re.search(r'hx-headers=\'{"Counter-Branch": "([^"]+)"', cashier.get(url).content.decode())
    assert shown_for
    headers = {**HTMX, "Counter-Branch": shown_for[1]}
    assert cashier.get(url, headers=headers).status_code == 200
    switch(cashier, tea)
    assert cashier.get(url, headers=headers).status_code == 422
    assert cashier.get(url).status_code == 200


def test_a_form_acts_at_the_branch_it_was_shown_for(cashier: Client, shop: Shop) -> None:
    second = Branch.objects.create(business=shop.business, name="Second")
    cashier.post("/switch/", {"branch": second.public_id})
    answer = sale(cashier, shop.branch)
    assert Operation.objects.latest("id").branch == shop.branch
    assert str(shop.branch.public_id) in answer.content.decode()
    assert str(second.public_id) not in answer.content.decode()
    assert sale(cashier, second).status_code == 200
    assert Operation.objects.latest("id").branch == second


def test_a_form_of_a_branch_that_was_closed_does_nothing(cashier: Client, shop: Shop) -> None:
    Branch.objects.create(business=shop.business, name="Second")
    Branch.objects.filter(pk=shop.branch.pk).update(closed_at=timezone.now())
    answer = sale(cashier, shop.branch)
    assert answer.status_code == 422
    assert "Main was closed meanwhile." in answer.content.decode()
    assert Operation.objects.count() == 1


@pytest.mark.parametrize("branch", ["x", str(UUID(int=7)), "\0"])
def test_a_form_of_nobody_s_branch_does_nothing(cashier: Client, branch: str) -> None:
    url = reverse("counter-purchases", args=[wallet().public_id])
    assert cashier.post(url, {"amount": "10", "key": "k", "branch": branch}).status_code == 422
    assert Operation.objects.count() == 1


def test_a_stranger_s_branch_is_not_named(cashier: Client, new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", name="Heart Clinic")
    answer = sale(cashier, clinic.branch)
    assert answer.status_code == 422
    assert "Heart Clinic" not in answer.content.decode()


def test_every_form_of_the_counter_names_its_branch(cashier: Client, shop: Shop) -> None:
    customer = wallet().public_id
    receipt = sale(cashier, shop.branch, headers={})["Location"]
    pages = [
        cashier.get("/counter/"),
        cashier.get("/counter/today/"),
        cashier.get(reverse("counter-customer", args=[customer])),
        cashier.get(reverse("counter-spend", args=[customer])),
        cashier.get(receipt),
        cashier.post("/counter/find/", {"phone": "+994505556677"}),
    ]
    forms = [each for page in pages for each in re.findall(r"<form.*?</form>", page.content.decode(), re.S)]
    ours = [each for each in forms if 'action="/counter/' in each]
    assert len(ours) >= 2 * len(pages) - 1
    assert [each for each in ours if f'name="branch" value="{shop.branch.public_id}"' not in each] == []
