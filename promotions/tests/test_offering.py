"""The owner's pages of offers."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Branch
from businesses.tests.conftest import signed_in
from conftest import Shop
from loyalty.tests.conftest import buy, wallet
from promotions import offers
from promotions.models import Coupon, Offer, Source
from promotions.tests.conftest import issued, offer, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
TEN = {"name": "Spring", "kind": "percentage", "value": "10", "way": "code", "code": "spring 1"}


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def test_an_offer_is_made_said_in_a_sentence_and_used(owner: Client, shop: Shop) -> None:
    answer = owner.post("/offers/new/", TEN | {"most_discount": "15", "minimum_spend": "20", "weekdays": ["1", "2"]})
    made = Offer.objects.get()
    assert answer.headers["Location"] == f"/offers/{made.public_id}/"
    assert (made.code, made.business, made.made_by, made.most_discount) == ("SPRING1", shop.business, shop.owner, 15)
    Offer.objects.all()
    page = owner.get(f"/offers/{made.public_id}/").text
    assert (
        "10% off, at most 15.00\xa0₼; from 20.00\xa0₼ on; Tuesday, Wednesday; for everybody with the code SPRING1."
        in page
    )


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"name": ""}, "name"),
        ({"value": ""}, "value"),
        ({"value": "101"}, "value"),
        ({"kind": "multiplier", "value": "1"}, "value"),
        ({"kind": "bonus", "value": "1.5"}, "value"),
        ({"kind": "gift", "value": ""}, "gift"),
        ({"code": "x"}, "code"),
        ({"way": "purchases"}, "given_from"),
        ({"from_time": "10:00"}, "until_time"),
        ({"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "ends_on"),
        ({"lasts_days": "4000", "way": "coupons"}, "lasts_days"),
        ({"limit_per_customer": "20000"}, "limit_per_customer"),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(owner: Client, answers: dict[str, str], field: str) -> None:
    answer = owner.post("/offers/new/", TEN | answers)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ({"kind": "free_shipping"}, {"kind": "free_shipping", "value": 0}),
        ({"kind": "gift", "gift": "A coffee"}, {"gift": "A coffee", "value": 0}),
        (
            {"way": "purchases", "given_from": "20", "lasts_days": "14"},
            {"code": "", "given_from": 20, "lasts_days": 14},
        ),
        ({"way": "coupons", "given_from": "20"}, {"code": "", "given_from": None}),
        ({"lasts_days": "14"}, {"lasts_days": None, "code": "SPRING1"}),
    ],
)
def test_only_what_was_chosen_is_kept(owner: Client, answers: dict[str, str], kept: dict[str, Any]) -> None:
    assert owner.post("/offers/new/", TEN | answers).status_code == 302
    made = Offer.objects.get()
    assert {name: getattr(made, name) for name in kept} == kept


def test_a_code_is_taken_until_its_offer_ends(owner: Client, shop: Shop, new_shop: Any) -> None:
    offer(new_shop("other"), code="SPRING1")
    owner.post("/offers/new/", TEN)
    again = owner.post("/offers/new/", TEN)
    assert (again.status_code, list(again.context["form"].errors)) == (422, ["code"])
    made = Offer.objects.get(business=shop.business)
    assert owner.post(f"/offers/{made.public_id}/end/").status_code == 302
    assert owner.post("/offers/new/", TEN).status_code == 302


def test_the_preview_says_what_was_chosen_so_far(owner: Client) -> None:
    said = owner.post("/offers/preview/", TEN | {"name": "", "code": ""}).text
    assert "10% off; for everybody with the code …." in said
    assert "What you choose is said here" in owner.post("/offers/preview/", TEN | {"value": ""}).text
    assert not Offer.objects.exists()


def test_the_list_and_the_page_tell_uses_cost_and_revenue(owner: Client, shop: Shop) -> None:
    ten = offer(shop, budget=Decimal(20), total_limit=4)
    sell(shop, 40, "TEN")
    sell(shop, 20, "TEN")
    listed = owner.get("/offers/").text
    assert "used 2 times · 6.00\xa0₼ taken off" in listed
    page = owner.get(f"/offers/{ten.public_id}/")
    figures = [each["value"] for each in page.context["stats"]]
    assert figures == ["2", "6.00\xa0₼", "54.00\xa0₼"]
    assert page.context["average"] == "27.00\xa0₼"
    assert "6.00\xa0₼ of the budget of 20.00\xa0₼" in page.text
    assert "2 of 4 in all" in page.text


def test_limits_move_never_below_what_was_used_and_say_who_moved_them(owner: Client, shop: Shop) -> None:
    ten = offer(shop)
    sell(shop, 40, "TEN")
    url = f"/offers/{ten.public_id}/limits/"
    assert owner.post(url, {"total_limit": "5", "budget": "3", "seen": "0"}).status_code == 422
    assert owner.post(url, {"total_limit": "5", "budget": "30", "seen": "0"}).status_code == 302
    late = owner.post(url, {"total_limit": "9", "seen": "0"})
    assert "Olga" in late.text
    assert late.status_code == 422
    ten.refresh_from_db()
    assert (ten.total_limit, ten.budget, ten.uses) == (5, 30, 1)
    assert "budget: – → 30" in owner.get(f"/offers/{ten.public_id}/").text


def test_a_pause_stops_it_and_a_press_sent_twice_does_the_same(owner: Client, shop: Shop) -> None:
    ten = offer(shop)
    for _press in range(2):
        owner.post(f"/offers/{ten.public_id}/pause/")
    ten.refresh_from_db()
    assert (offers.state(ten, timezone.now().date()), ten.changes.count()) == ("paused", 1)
    for _press in range(2):
        owner.post(f"/offers/{ten.public_id}/pause/", {"go_on": "1"})
    ten.refresh_from_db()
    assert (ten.paused_at, ten.changes.count()) == (None, 2)


def test_another_like_it_begins_with_its_answers_but_not_its_code_and_days(owner: Client, shop: Shop) -> None:
    Branch.objects.create(business=shop.business, name="Second")
    first = offer(shop, categories=["Cakes"], ends_on="2026-01-01", branches=[shop.branch.pk])
    page = owner.get(f"/offers/new/?like={first.public_id}")
    assert 'value="TEN"' not in page.text
    assert "Cakes" in page.text
    assert "checked" in str(page.context["form"]["branches"])
    assert "2026-01-01" not in page.text
    assert owner.get("/offers/new/?like=x").status_code == 200


def test_an_owner_gives_a_coupon_from_the_customers_page(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7, name="Five off", limit_per_customer=1)
    customer = wallet().public_id
    assert f'hx-get="/customers/{customer}/coupons/"' in owner.get(f"/customers/{customer}/").text
    url = f"/customers/{customer}/coupons/"
    given = owner.post(url, {"offer": str(five.public_id)}, follow=True)
    coupon = Coupon.objects.get()
    assert (coupon.staff, coupon.source, coupon.customer_id) == (shop.staff, Source.PROMOTION, wallet().customer_id)
    assert f"Five off · {coupon.code}" in given.text
    again = owner.post(url, {"offer": str(five.public_id)})
    assert (again.status_code, "has had as many as one may" in again.text) == (422, True)
    panel = owner.get(url, headers={"HX-Request": "true"}).text
    assert panel.lstrip().startswith("<section")


def test_a_customers_panel_shows_and_gives_nothing_of_another_business(
    owner: Client, shop: Shop, new_shop: Any
) -> None:
    clinic = new_shop("clinic", confidential=True)
    buy(clinic, 10)
    secret = offer(clinic, kind="amount", value=5, lasts_days=7, name="Zyxcare")
    code = str(issued(clinic, secret).code)
    sell(clinic, 20, code)
    url = f"/customers/{wallet().public_id}/coupons/"
    page = owner.get(url).text
    assert "Zyxcare" not in page
    assert code not in page
    assert owner.post(url, {"offer": str(secret.public_id)}).status_code == 422
    assert Coupon.objects.count() == 1
