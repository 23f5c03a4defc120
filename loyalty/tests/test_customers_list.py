"""The list of a business's customers, and the search in it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import BusinessStatus, Program, Role
from businesses.tests.conftest import hire, signed_in
from conftest import NOON, Shop
from customers.models import Customer, Profile
from loyalty.members import listing
from loyalty.members.listing import Sort
from loyalty.models import Tier
from loyalty.tests.conftest import PHONE, buy, give_tier, refund, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def bought(shop: Shop, phone: str, name: str = "", *amounts: int, days_ago: int = 0) -> Customer:
    """A customer with this name who has bought, `days_ago` for the last time."""
    for amount in amounts or (10,):
        buy(shop, amount, phone=phone, at=NOON - timedelta(days=days_ago))
    customer = Customer.objects.get(phone=phone)
    if name:
        Profile.objects.update_or_create(program=shop.business.program, customer=customer, defaults={"name": name})
    return customer


def order(shop: Shop, sort: Sort, number: int = 1) -> list[int]:
    return [member.customer_id for member in listing.page(business=shop.business, sort=sort, number=number).members]


def found(shop: Shop, sought: str) -> list[int]:
    return [member.customer_id for member in listing.search(business=shop.business, text=sought).members]


def test_a_line_says_who_and_how_often_and_hides_the_phone(owner: Client, shop: Shop) -> None:
    bought(shop, PHONE, "Nigar Rzayeva", 1000, 234)
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1)
    give_tier(gold)
    page = owner.get("/customers/")
    for shown in ("Nigar Rzayeva", "+994 50 ••• •• 67", "Gold", "1,234.00 ₼", " ago"):
        assert shown in text(page)
    assert PHONE not in page.content.decode()
    assert reverse("customer", args=[wallet().public_id]) in page.content.decode()


def test_each_order_puts_the_right_one_first(shop: Shop) -> None:
    often = bought(shop, "+994501110001", "Əli", 1, 1, 1, days_ago=20)
    rich = bought(shop, "+994501110002", "", 500, days_ago=30)
    recent = bought(shop, "+994501110003", "Aysel", 2, days_ago=1)
    give_tier(None)
    assert order(shop, Sort.LAST)[0] == recent.pk
    assert order(shop, Sort.NEWEST)[0] == recent.pk
    assert order(shop, Sort.NAME) == [recent.pk, often.pk, rich.pk]  # without a name comes last
    assert order(shop, Sort.VISITS)[0] == often.pk
    assert order(shop, Sort.SPEND)[0] == order(shop, Sort.BALANCE)[0] == rich.pk


def test_the_list_pages_and_a_number_too_high_gives_the_last_page(owner: Client, shop: Shop) -> None:
    for n in range(listing.PAGE + 1):
        bought(shop, f"+9945011100{n:02}", days_ago=n)
    assert "1–25 of 26" in text(owner.get("/customers/"))
    for number in ("2", "3", str(10**9)):
        assert "26–26 of 26" in text(owner.get(f"/customers/?page={number}"))
    for nonsense in ("0", "-1", "x", "٣", "9" * 400, "1.5"):
        assert "1–25 of 26" in text(owner.get("/customers/", {"page": nonsense, "sort": nonsense}))


def test_a_list_beyond_its_reach_says_so_and_the_search_still_finds_everybody(
    owner: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "REACH", 3)
    people = [bought(shop, f"+99450111000{n}", f"Aysel {n}", days_ago=n) for n in range(5)]
    for sort in set(Sort) - {Sort.SLIPPING}:
        assert set(order(shop, sort)) == {each.pk for each in people[:3]}
    assert "holds the 3 customers who came last" in text(owner.get("/customers/"))
    assert found(shop, "1110004") == [people[4].pk]
    assert found(shop, "aysel 4") == [people[4].pk]


@pytest.mark.parametrize(
    "sought",
    [
        PHONE,
        "050 123 45 67",
        "(050) 123-45-67",
        "994501234567",
        "+99450123",
        "050123",
        "50123",
        "994 50",
        "4567",
        "34567",
    ],
)
def test_a_phone_is_found_whole_by_its_beginning_and_by_its_end(shop: Shop, sought: str) -> None:
    nigar = bought(shop, PHONE, "Nigar")
    bought(shop, "+994557770088", "Rauf")
    assert found(shop, sought) == [nigar.pk]


@pytest.mark.parametrize("sought", ["nig", "NIGAR Ə", "nigar  əliyeva", "əli", "ƏLİYEVA"])
def test_a_name_is_found_by_the_beginning_of_its_first_or_last_word(shop: Shop, sought: str) -> None:
    nigar = bought(shop, PHONE, "Nigar Əliyeva")
    bought(shop, "+994557770088", "Rauf Quliyev")
    assert found(shop, sought) == [nigar.pk]


@pytest.mark.parametrize(
    "sought", ["%", "_", "'", '"', "\\", "x" * 500, "a\0b", "☎", "liyeva", "1234567890123456", "<b>"]
)
def test_a_search_for_nonsense_finds_nobody_and_says_what_to_do(owner: Client, shop: Shop, sought: str) -> None:
    bought(shop, PHONE, "Nigar Rzayeva")
    page = owner.post("/customers/", {"q": sought})
    assert page.status_code == 200
    assert "Nobody found" in text(page)


def test_too_few_digits_are_said_and_kept(owner: Client) -> None:
    page = owner.post("/customers/", {"q": "05"})
    assert page.status_code == 422
    assert "at least 3 digits" in text(page)
    assert 'value="05"' in page.content.decode()


@pytest.mark.parametrize("sought", ["", "  ", "\0"])
def test_an_empty_search_is_the_list(owner: Client, shop: Shop, sought: str) -> None:
    bought(shop, PHONE, "Nigar Rzayeva")
    assert owner.post("/customers/", {"q": sought})["Location"] == "/customers/"
    answer = owner.post("/customers/", {"q": sought}, headers={"HX-Request": "true"})
    assert "Nigar Rzayeva" in text(answer)
    assert "<html" not in answer.content.decode()


def test_more_than_fit_are_said(owner: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FOUND", 2)
    for n in range(3):
        bought(shop, f"+99450111000{n}", f"Aysel {n}")
    assert "The first 2 of those found" in text(owner.post("/customers/", {"q": "ays"}))


def test_an_empty_list_says_who_will_stand_there(owner: Client) -> None:
    assert "No customers yet" in text(owner.get("/customers/"))


def test_customers_of_others_are_neither_listed_nor_found(
    owner: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    far = Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR")
    for other in (new_shop("tea"), new_shop("far", program=far)):
        bought(other, PHONE, "Nigar Rzayeva")
    for answer in (owner.get("/customers/"), *(owner.post("/customers/", {"q": q}) for q in (PHONE, "nigar", "4567"))):
        assert "••" not in text(answer)
        assert "Nigar Rzayeva" not in text(answer)


def test_a_name_told_to_another_programme_is_not_known_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    far = Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR")
    bought(new_shop("far", program=far), PHONE, "Nigar Rzayeva")
    nigar = bought(shop, PHONE)
    assert found(shop, "nigar") == []
    assert found(shop, "4567") == [nigar.pk]


def test_a_customer_whose_purchases_were_all_refunded_stands_last(owner: Client, shop: Shop) -> None:
    refund(shop, buy(shop, 10))
    other = bought(shop, "+994557770088", days_ago=300)
    assert order(shop, Sort.LAST) == [other.pk, Customer.objects.get(phone=PHONE).pk]
    assert owner.get("/customers/").status_code == 200


def test_a_cashier_finds_neither_the_page_nor_a_link_to_it(shop: Shop) -> None:
    cashier = signed_in(hire(shop.business, Role.CASHIER, "cashier@nar.test").user, mfa=False)
    assert cashier.get("/customers/").status_code == 404
    assert '"/customers/"' not in cashier.get("/counter/").content.decode()
    manager = signed_in(hire(shop.business, Role.MANAGER, "manager@nar.test").user)
    assert '"/customers/"' in manager.get("/counter/").content.decode()


def test_a_business_that_waits_lists_nobody(owner: Client, shop: Shop) -> None:
    bought(shop, PHONE, "Nigar Rzayeva")
    shop.business.status = BusinessStatus.WAITING
    shop.business.save()
    assert "Nigar" not in text(owner.get("/customers/"))
    assert owner.get(f"/customers/{wallet().public_id}/").status_code == 404
