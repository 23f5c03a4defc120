"""Coupons through the API, as a till or an online shop uses them."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from conftest import NOON, Shop
from loyalty.models import Operation
from loyalty.tests.conftest import PHONE, buy, refund
from loyalty.tests.test_api import Till, problem
from promotions import chains, words
from promotions.models import CouponUse, Offer
from promotions.tests.conftest import issued, offer, proposed, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def test_a_purchase_with_coupons_tells_what_they_did_and_a_repeat_tells_the_same(till: Till, shop: Shop) -> None:
    offer(shop)
    offer(shop, given_from=Decimal(1), lasts_days=3, name="Next time")
    sale = {"phone": PHONE, "amount": "45", "shipping": "5", "coupons": ["ten"]}
    first, again = till.post("purchases", sale, key="k"), till.post("purchases", sale, key="k")
    assert first.status_code == 201
    body = first.json()
    assert (body["amount"], body["discounts"], body["points"]) == ("41.00", "4.00", 41)
    used, brought = body["effects"]
    assert used == {"effect": "coupon_used", "coupon": "TEN", "offer": "Ten off", "discount": "4.00"}
    assert (brought["effect"], brought["offer"], len(brought["coupon"])) == ("coupon_issued", "Next time", 10)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    returned = till.post(f"purchases/{body['id']}/refunds", {}, key="r")
    assert returned.json()["returned_coupons"] == ["TEN"]
    assert till.post(f"purchases/{body['id']}/refunds", {}, key="r").content == returned.content


def test_a_gift_takes_nothing_off(till: Till, shop: Shop) -> None:
    offer(shop, kind="gift", value=0, gift="A tote")
    (effect,) = till.post("purchases", {"phone": PHONE, "amount": "30", "coupons": ["TEN"]}).json()["effects"]
    assert (effect["effect"], effect["discount"]) == ("coupon_used", "0.00")


def test_a_coupon_that_does_not_count_refuses_the_sale_with_a_code_a_reason_and_a_sentence(till: Till) -> None:
    sale = {"phone": PHONE, "amount": "45", "coupons": ["NONE"]}
    refused = till.post("purchases", sale, key="k")
    assert problem(refused) == (409, "coupon_refused")
    assert refused.json()["detail"] == "Nothing here goes by this code. Check it letter by letter."
    assert (refused.json()["coupon"], refused.json()["reason"]) == ("NONE", "unknown")
    assert till.post("purchases", sale, key="k").content == refused.content


def test_shipping_above_the_amount_and_coupons_that_are_no_list_are_field_errors(till: Till) -> None:
    wrong = till.post("purchases", {"phone": PHONE, "amount": "4", "shipping": "5", "coupons": "TEN"})
    assert problem(wrong) == (422, "invalid")
    assert wrong.json()["errors"].keys() == {"shipping", "coupons"}


def test_a_purchase_that_brings_a_coupon_takes_five_statements(till: Till, shop: Shop) -> None:
    offer(shop, given_from=Decimal(1), lasts_days=3)
    till.post("purchases", {"phone": PHONE, "amount": "0.50"})
    with CaptureQueriesContext(connection) as queries:
        assert till.post("purchases", {"phone": PHONE, "amount": "10"}).json()["effects"]
    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 5


def test_a_cart_is_priced_with_what_counts_and_what_does_not_and_nothing_is_stored(till: Till, shop: Shop) -> None:
    offer(shop)
    offer(shop, kind="free_shipping", value=0, code="SHIP")
    offer(shop, code="CAKES", categories=["cakes"])
    cart = {
        "phone": PHONE,
        "lines": [{"unit_price": "20", "quantity": 2}, {"unit_price": "5"}],
        "shipping": "6",
        "coupons": ["TEN", "ship", "CAKES", "NONE"],
    }
    answer = till.post("carts/price", cart, key=None)
    assert answer.status_code == 200
    body = answer.json()
    figures = {name: body[name] for name in ("subtotal", "discounts", "shipping", "total", "points_preview")}
    expected = {"subtotal": "45.00", "discounts": "10.50", "shipping": "6.00", "total": "40.50", "points_preview": 40}
    assert figures == expected
    assert [(each["code"], each["discount"]) for each in body["applied"]] == [("TEN", "4.50"), ("SHIP", "6.00")]
    assert [(each["code"], each["reason"]) for each in body["rejected"]] == [
        ("CAKES", "not_in_cart"),
        ("NONE", "unknown"),
    ]
    assert all(each["message"].endswith(".") for each in body["rejected"])
    assert not Operation.objects.exists()
    assert not CouponUse.objects.exists()
    sold = till.post("purchases", cart | {"amount": "51", "coupons": ["TEN", "SHIP"]})
    assert (sold.json()["amount"], sold.json()["points"]) == ("40.50", 40)


def test_a_coupon_of_somebody_needs_to_know_who_buys(till: Till, shop: Shop) -> None:
    buy(shop, 1)
    code = str(issued(shop, offer(shop, kind="amount", value=5, lasts_days=3)).code)
    for who, reason in (({}, "customer_needed"), ({"phone": "+994507654321"}, "not_yours"), ({"phone": PHONE}, None)):
        body = till.post("coupons/validate", {"code": code, "amount": "20", **who}, key=None).json()
        assert (body["valid"], body["reason"]) == (reason is None, reason)
        assert (body["offer"] is None) == (reason == "not_yours")
    assert (body["discount"], body["message"]) == ("5.00", None)
    assert till.post("coupons/validate", {"code": code, "phone": PHONE}, key=None).json()["discount"] is None


def test_a_code_is_validated_against_the_sale_that_is_named(till: Till, shop: Shop) -> None:
    offer(shop, minimum_spend=Decimal(50))
    body = till.post("coupons/validate", {"code": "TEN", "amount": "20"}, key=None).json()
    assert (body["reason"], body["message"]) == ("minimum_spend", "It counts for orders from 50.00\xa0₼.")
    assert problem(till.post("coupons/validate", {"code": "TEN", "shipping": "2"}, key=None)) == (422, "invalid")
    assert problem(till.post("coupons/validate", {}, key=None)) == (422, "invalid")


def test_offers_are_listed_in_words_without_those_of_others(till: Till, shop: Shop, new_shop: Any) -> None:
    offer(shop, most_discount=Decimal(15), categories=["Cakes"], exclusive=True, total_limit=5, limit_per_customer=2)
    offer(shop, code="OLD", ended_at=NOON)
    offer(new_shop("other"), code="THEIRS")
    (listed,) = till.get("offers").json()["results"]
    assert (listed["code"], listed["state"], listed["left"], listed["value"]) == ("TEN", "running", 5, "10")
    assert listed["text"] == (
        "10% off, at most 15.00\xa0₼; on Cakes; 2 times for each customer; not together with other coupons"
    )


def test_the_list_is_what_can_be_used_here_and_goes_on_over_pages(
    till: Till, shop: Shop, new_shop: Any, django_assert_max_num_queries: Any
) -> None:
    tea = new_shop("tea")
    offer(shop)
    offer(shop, code="PAUSED", paused_at=NOON)
    offer(shop, code="ENDED", ended_at=NOON)
    offer(shop, business=None, code="ALL")
    offer(shop, business=None, code="HERE", businesses=[tea.business.pk, shop.business.pk])
    offer(shop, business=None, code="THERE", businesses=[tea.business.pk])
    offer(tea, code="THEIRS")
    proposed(tea, shop, by=tea)
    chains.accept(chain=proposed(tea, shop), staff=shop.staff, at=timezone.now())
    till.get("offers")
    with django_assert_max_num_queries(2):
        whole = till.get("offers").json()["results"]
    here = Offer.objects.of(shop.business).filter(ended_at=None, chain=None).order_by("-pk")
    assert [each["id"] for each in whole] == [str(each.public_id) for each in here]
    assert [each["code"] for each in whole] == ["HERE", "ALL", "PAUSED", "TEN"]
    assert till.pages("offers") == whole


def test_words_of_an_offer_follow_the_reader_and_the_currency(shop: Shop) -> None:
    ten = offer(shop, most_discount=Decimal(15))
    with translation.override("ru"):
        russian = words.whole(ten, "AZN")
    assert words.whole(ten, "AZN") == "10% off, at most 15.00\xa0₼" != russian
    assert words.whole(ten, "USD") == "10% off, at most $15.00"


def test_the_history_tells_what_became_of_each_coupon(till: Till, shop: Shop, new_shop: Any) -> None:
    five = offer(shop, kind="amount", value=5, lasts_days=3, name="Five")
    offer(shop)
    offer(shop, business=None, code="ALL")
    used = sell(shop, 20, "TEN")
    refund(shop, sell(shop, 20, str(issued(shop, five).code)))
    issued(shop, five)
    other = new_shop("other")
    sell(other, 20, "ALL")
    customer = str(used.customer)
    results = till.get("coupons/history", customer=customer).json()["results"]
    assert [(each["offer"], each["source"], each["state"], len(each["uses"])) for each in results] == [
        ("Five", "promotion", "issued", 0),
        ("Five", "promotion", "issued", 1),
        ("Ten off", "public", "redeemed", 1),
    ]
    assert results[1]["uses"][0]["returned"]
    assert results[2]["uses"][0]["purchase"] == str(used.public_id)
    held = till.get(f"customers/{customer}/coupons").json()["results"]
    assert [each["state"] for each in held] == ["issued", "issued"]
    assert Till(other).get(f"customers/{customer}/coupons").json() == {"results": []}
    assert problem(till.get("coupons/history", customer="x")) == (422, "invalid")
    assert len(till.get("coupons/history", limit=1).json()["results"]) == 1


def test_every_call_about_coupons_is_in_the_document(client: Any) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for path in ("carts/price", "coupons/validate", "coupons/history", "offers", "customers/{customer}/coupons"):
        assert f"/api/v1/{path}" in paths
