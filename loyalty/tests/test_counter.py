"""The counter as a cashier uses it, without a browser. The browser's part is in config/tests/browser/."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import BusinessStatus, Role, Staff, User
from conftest import NOON, Shop
from customers.models import Card, Customer, Profile
from loyalty.models import Operation, Purchase, Redemption, Tier
from loyalty.tests.conftest import PHONE, buy, give_tier, wallet
from loyalty.tests.parallel import held_wallets

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    """Managers owe one; that duty is tested where it lives."""
    settings.DEMO = True


def signed_in(shop: Shop, role: Role = Role.CASHIER, email: str = "cashier@nar.test") -> Client:
    user = User.objects.create_user(email, "correct horse battery", first_name="Günel")
    Staff.objects.create(business=shop.business, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def cashier(shop: Shop) -> Client:
    return signed_in(shop)


def add(client: Client, amount: str, *, key: str | None = None, **headers: Any) -> Any:
    url = reverse("counter-purchases", args=[wallet().public_id])
    return client.post(url, {"amount": amount, "key": key or uuid4().hex}, **headers)


def spend(client: Client, points: str, description: str = "", key: str | None = None) -> Any:
    url = reverse("counter-redemptions", args=[wallet().public_id])
    return client.post(url, {"points": points, "description": description, "key": key or uuid4().hex})


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_idle_counter_waits_for_a_phone(cashier: Client) -> None:
    response = cashier.get("/counter/")
    assert response.status_code == 200
    assert "Who’s at the counter?" in text(response)
    assert "+994" in text(response)


@pytest.mark.parametrize("typed", ["50 123 45 67", "050 123-45-67", "+994 50 123 45 67", "994501234567"])
def test_a_phone_in_any_notation_finds_its_customer(cashier: Client, shop: Shop, typed: str) -> None:
    buy(shop, 40)
    response = cashier.post("/counter/find/", {"phone": typed})
    assert response.status_code == 302
    assert response["Location"] == reverse("counter-customer", args=[wallet().public_id])
    assert "40 points" in text(cashier.get(response["Location"]))


def test_htmx_gets_the_customer_at_once_with_the_address(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    response = cashier.post("/counter/find/", {"phone": PHONE}, headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Push-Url"] == reverse("counter-customer", args=[wallet().public_id])
    assert "<html" not in response.content.decode()


def test_the_card_finds_its_customer_until_it_is_revoked(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    card = Card.objects.create(program=shop.business.program, customer=Customer.objects.get())
    assert cashier.post("/counter/find/", {"card": card.token}).status_code == 302
    Card.objects.update(revoked_at=NOON)
    response = cashier.post("/counter/find/", {"card": card.token})
    assert response.status_code == 422
    assert "This card is not valid here" in text(response)


@pytest.mark.parametrize("typed", ["", "12", "abc", "+994 50 123 45 67 ext. 9", "\0", "☎", "9" * 10_000])
def test_what_is_no_phone_is_said_beside_the_field_and_kept(cashier: Client, typed: str) -> None:
    response = cashier.post("/counter/find/", {"phone": typed})
    assert response.status_code == 422
    assert "That is not a phone number. Check the digits." in text(response)
    assert f'value="{typed[:40]}"' in response.content.decode() or "\0" in typed


def test_an_unknown_number_is_welcomed_in_with_one_tap(cashier: Client) -> None:
    response = cashier.post("/counter/find/", {"phone": "050 555 66 77"})
    assert "New here? Welcome them in." in text(response)
    assert not Customer.objects.exists()
    enrolled = cashier.post("/counter/members/", {"phone": "+994505556677", "name": "Nigar Rzayeva"}, follow=True)
    assert "Nigar R." in text(enrolled)
    assert Customer.objects.get().phone == "+994505556677"
    cashier.post("/counter/members/", {"phone": "+994505556677", "name": "Somebody Else"})
    assert Profile.objects.get().name == "Nigar Rzayeva"


@pytest.mark.parametrize("name", ["", "🎉", "Ə" * 120, "<b>x</b>", "a\0b", "ﷺ‮abc"])
def test_any_name_is_kept_as_text(cashier: Client, name: str) -> None:
    response = cashier.post("/counter/members/", {"phone": "+994505556677", "name": name}, follow=True)
    assert response.status_code == 200
    assert "<b>x</b>" not in response.content.decode()


def test_a_name_of_ten_thousand_letters_is_refused_beside_its_field(cashier: Client) -> None:
    response = cashier.post("/counter/members/", {"phone": "+994505556677", "name": "x" * 10_000})
    assert response.status_code == 422
    assert "at most 120" in text(response)
    assert not Customer.objects.exists()


def test_points_are_added_and_the_receipt_says_so(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    response = add(cashier, "24.80")
    page = text(cashier.get(response["Location"]))
    assert "+24 points added" in page
    assert "64 points" in page
    assert "Each ₼1.00 earns 1 points." in page or "earns 1 points" in page
    operation = Operation.objects.latest("id")
    assert operation.staff.user.email == "cashier@nar.test"
    assert operation.branch == shop.branch


def test_a_comma_is_a_decimal_point(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    add(cashier, "12,50")
    assert Purchase.objects.latest("operation_id").amount == Decimal("12.5")


@pytest.mark.parametrize(
    "amount", ["", "0", "0,00", "-5", "1.234", "1e9", "1000000000", "abc", "१२", "\0", "🎉", "9" * 10_000, "NaN"]
)
def test_a_wrong_amount_is_refused_beside_the_field_with_its_value_kept(
    cashier: Client, shop: Shop, amount: str
) -> None:
    buy(shop, 40)
    response = add(cashier, amount)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    assert wallet().balance == 40
    assert Purchase.objects.count() == 1


def test_the_same_press_twice_counts_once(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    first, again = add(cashier, "10", key="press"), add(cashier, "10", key="press")
    assert first["Location"] == again["Location"]
    assert wallet().balance == 50


def test_a_cashier_stops_at_the_limit_where_a_manager_does_not(new_shop: Callable[..., Shop]) -> None:
    shop = new_shop("limited", purchase_limit=Decimal(500))
    buy(shop, 40)
    refused = add(signed_in(shop), "900")
    assert refused.status_code == 422
    assert "limit. Ask a manager to approve it." in text(refused)
    assert add(signed_in(shop, Role.MANAGER, "boss@nar.test"), "900").status_code == 302
    assert wallet().balance == 940


def test_points_are_spent_with_a_description(cashier: Client, shop: Shop) -> None:
    buy(shop, 100)
    assert "100 points are worth" in text(cashier.get(reverse("counter-spend", args=[wallet().public_id])))
    response = spend(cashier, "30", "Free coffee")
    assert "−30 points spent" in text(cashier.get(response["Location"]))
    assert Redemption.objects.get().description == "Free coffee"
    assert wallet().balance == 70


def test_more_points_than_there_are_is_refused_and_the_next_press_is_a_new_one(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    refused = spend(cashier, "120", key="greedy")
    assert refused.status_code == 422
    assert "Not enough points: 40 available, 120 needed." in text(refused)
    fresh = re.search(r'name="key" value="(\w+)"', refused.content.decode().split('id="counter-form"')[1])
    assert fresh
    assert fresh[1] != "greedy"
    assert spend(cashier, "40", key=fresh[1]).status_code == 302


@pytest.mark.parametrize("points", ["", "0", "-1", "1.5", "x", "²", "\0", "9" * 10_000, "0000000000001" + "9" * 20])
def test_wrong_points_are_refused(cashier: Client, shop: Shop, points: str) -> None:
    buy(shop, 40)
    assert spend(cashier, points).status_code == 422
    assert wallet().balance == 40


def test_undo_takes_a_sale_back_once_however_often_it_is_pressed(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    receipt = add(cashier, "10")["Location"]
    for key in ("a", "a", "b"):
        response = cashier.post(receipt + "undo/", {"key": key}, follow=True)
        assert "Undone: +10 points" in text(response)
    assert wallet().balance == 40
    assert Operation.objects.filter(kind="refund", refusal__isnull=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_undo_waits_for_another_till_and_asks_for_the_same_press_again(
    cashier: Client, shop: Shop, headers: dict[str, str]
) -> None:
    buy(shop, 40)
    receipt = add(cashier, "10")["Location"]
    with held_wallets():
        busy = cashier.post(receipt + "undo/", {"key": "u"}, headers=headers)
    assert busy.status_code == 422
    assert "+10 points added" in text(busy)
    assert "Another till is serving this customer. Press again, it is never added twice." in text(busy)
    assert wallet().balance == 50
    form = busy.content.decode().split(receipt + "undo/", 1)[1]
    key = re.search(r'name="key" value="(\w+)"', form)
    assert key
    assert "Undone: +10 points" in text(cashier.post(receipt + "undo/", {"key": key[1]}, follow=True))
    assert wallet().balance == 40


def test_undo_gives_spent_points_back(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    receipt = spend(cashier, "30")["Location"]
    cashier.post(receipt + "undo/", {"key": "u"})
    assert wallet().balance == 40


def test_the_list_and_totals_are_the_cashiers_own_and_undone_sales_count_nowhere(cashier: Client, shop: Shop) -> None:
    buy(shop, 1000)
    add(cashier, "10")
    undone = add(cashier, "99")["Location"]
    spend(cashier, "5", "Tea")
    cashier.post(undone + "undo/", {"key": "u"})
    page = text(cashier.get("/counter/today/"))
    assert "Customers 1 Points given 10 Sales" in page
    assert "10.00" in page
    assert "Tea ·" in page
    assert "Undone · " in page
    assert "1,000" not in page


def test_a_cashier_neither_sees_nor_undoes_a_colleagues_sale(cashier: Client, shop: Shop) -> None:
    other = buy(shop, 40)
    receipt = reverse("counter-receipt", args=[other.public_id])
    assert cashier.get(receipt).status_code == 404
    assert cashier.post(receipt + "undo/", {"key": "x"}).status_code == 404
    manager = signed_in(shop, Role.MANAGER, "boss@nar.test")
    assert "+40 points added" in text(manager.get(receipt))
    manager.post(receipt + "undo/", {"key": "x"})
    assert wallet().balance == 0


def test_a_business_that_waits_for_its_operator_serves_nobody(cashier: Client, shop: Shop) -> None:
    buy(shop, 40)
    url = reverse("counter-customer", args=[wallet().public_id])
    shop.business.status = BusinessStatus.WAITING
    shop.business.save()
    assert "Almost there." in text(cashier.get("/counter/"))
    assert cashier.get(url).status_code == 404
    assert add(cashier, "10").status_code == 404
    assert cashier.post("/counter/find/", {"phone": PHONE}).status_code == 404
    assert cashier.post("/counter/members/", {"phone": "+994505556677"}).status_code == 404


def test_a_confidential_business_shows_no_other_name_at_another_counter(
    cashier: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True, name="Heart Clinic")
    buy(clinic, 500)
    page = cashier.post("/counter/find/", {"phone": PHONE}, follow=True)
    assert "500 points" in text(page)
    assert "Clinic" not in text(page)


def test_a_member_of_another_programme_is_unknown(cashier: Client, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    program = type(shop.business.program).objects.create(slug="p2", name="P2", currency="AZN", join_code="P2")
    far = new_shop("far", program=program)
    buy(far, 10)
    assert "New here?" in text(cashier.post("/counter/find/", {"phone": PHONE}))
    assert cashier.get(reverse("counter-customer", args=[wallet().public_id])).status_code == 404


def test_nobody_is_served_without_signing_in(client: Client, shop: Shop) -> None:
    buy(shop, 40)
    for response in (client.get("/counter/"), client.post("/counter/find/", {"phone": PHONE}), add(client, "10")):
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]
    assert wallet().balance == 40


@pytest.mark.parametrize("change", [{"is_active": False}])
def test_a_disabled_user_is_refused_at_the_next_request(cashier: Client, shop: Shop, change: dict[str, bool]) -> None:
    buy(shop, 40)
    assert cashier.get("/counter/").status_code == 200
    User.objects.filter(email="cashier@nar.test").update(**change)
    assert "/accounts/login/" in add(cashier, "10")["Location"]
    assert wallet().balance == 40


@pytest.mark.parametrize(
    ("language", "shown"), [("en", ["1.5", "1.125", "×1.125"]), ("az", ["1,5", "1,125"]), ("ru", ["1,5", "1,125"])]
)
def test_rates_are_written_in_the_readers_language(
    new_shop: Callable[..., Shop], language: str, shown: list[str]
) -> None:
    shop = new_shop("exact", earn_rate=Decimal("1.5"))
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1, multiplier=Decimal("1.125"))
    buy(shop, 40)
    give_tier(gold)
    cashier = signed_in(shop)
    cashier.cookies["django_language"] = language
    page = text(cashier.get(add(cashier, "10")["Location"]))
    assert [each for each in shown if each not in page] == []
    pad = text(cashier.get(reverse("counter-customer", args=[wallet().public_id])))
    assert ("1.6875" if language == "en" else "1,6875") in pad
    assert ("1.5" in page) == (language == "en")


def test_htmx_keeps_todays_list_until_a_receipt_changes_it_or_the_day_does(cashier: Client) -> None:
    enrolled = cashier.post("/counter/members/", {"phone": PHONE}, headers=HTMX).content.decode()
    assert "Today at this counter" in enrolled
    day = re.search(r'"Counter-Today": "([\d-]+)"', enrolled)
    assert day is not None
    today, before = HTMX | {"Counter-Today": day[1]}, HTMX | {"Counter-Today": "2026-01-01"}
    found = cashier.post("/counter/find/", {"phone": PHONE}, headers=today).content.decode()
    assert re.search(r'<aside [^>]*id="counter-activity"[^>]* hx-preserve></aside>', found)
    for answer in (
        add(cashier, "12.50", headers=today),
        cashier.post("/counter/find/", {"phone": PHONE}, headers=before),
        cashier.get(reverse("counter"), headers=HTMX),
    ):
        assert "12.50" in re.sub(r"(?s).*Today at this counter", "", answer.content.decode())
        assert "hx-preserve" not in answer.content.decode()
