"""A blocked customer neither earns nor spends, at any door; what they have stays theirs."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from conftest import NOON, Shop
from customers import blocking
from customers.models import Customer
from loyalty import approvals, bulk, outcomes
from loyalty.bulk import Row
from loyalty.earning import Earned
from loyalty.lookup import Who
from loyalty.models import Approval, Operation
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, adjust, buy, cancel, redeem, wallet_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def blocked(shop: Shop) -> Customer:
    buy(shop, 50)
    customer = Customer.objects.get(phone=PHONE)
    assert blocking.block(customer=customer, reason="Somebody else\u2019s phone", at=NOON)
    return customer


def refused(act: object, *words: object, **more: object) -> outcomes.CustomerBlocked:
    with pytest.raises(outcomes.CustomerBlocked) as caught:
        act(*words, **more)  # type: ignore[operator]
    return caught.value


def test_no_sale_and_no_redemption_and_the_refusal_is_stored(shop: Shop, blocked: Customer):
    refused(buy, shop, 10, key="sale")
    refused(redeem, shop, 10, key="spend")
    assert wallet_of(shop).balance == 50
    assert Operation.objects.filter(refusal__code="customer_blocked").count() == 2
    blocking.lift(customer=blocked)
    refused(buy, shop, 10, key="sale")  # the same call hears the same answer for ever
    assert buy(shop, 10).balance_after == 60


def test_what_was_done_before_may_still_be_undone_and_corrected(shop: Shop):
    buy(shop, 50)
    spent = redeem(shop, 20)
    blocking.block(customer=Customer.objects.get(phone=PHONE), reason="x", at=NOON)
    assert cancel(shop, spent).balance_after == 50
    assert adjust(shop, -5).balance_after == 45


def test_a_repeat_of_an_accepted_sale_is_answered(shop: Shop):
    first = buy(shop, 50, key="before")
    blocking.block(customer=Customer.objects.get(phone=PHONE), reason="x", at=NOON)
    assert buy(shop, 50, key="before").id == first.id


def test_imports_leave_them_out(shop: Shop, blocked: Customer):
    row = Row("k", blocked.pk, shop.branch.pk, Decimal(5), Earned(5, []), NOON)
    (outcomes,) = bulk.post_many(rules=shop.rules, scope="import", rows=[row])
    assert outcomes == ["blocked"]
    assert wallet_of(shop).balance == 50


def test_a_refusal_above_the_limit_is_stored_although_a_manager_approved(
    shop: Shop, blocked: Customer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("loyalty.approvals.MANAGERS", ())
    monkeypatch.setattr("loyalty.approvals.pins.approver", lambda **_: shop.staff)
    shop.business.purchase_limit = 1
    shop.business.save()
    with pytest.raises(outcomes.CustomerBlocked):
        approvals.record(
            rules=shop.rules,
            staff=shop.staff,
            actor=shop.actor,
            who=Who("phone", PHONE),
            sale=Sale(Decimal(10)),
            pin="1",
            key="big",
            at=NOON,
        )
    assert Operation.objects.filter(key="big", refusal__code="customer_blocked").count() == 1
    assert not Approval.objects.exists()


def test_the_first_reason_stays_and_lifting_twice_changes_nothing(blocked: Customer):
    assert not blocking.block(customer=blocked, reason="Again", at=NOON)
    blocked.refresh_from_db()
    assert blocked.blocked_reason == "Somebody else\u2019s phone"
    assert blocking.lift(customer=blocked)
    assert not blocking.lift(customer=blocked)


def test_the_counter_says_so_before_and_after_the_press(shop: Shop, blocked: Customer, client: Client, settings):
    settings.DEMO = True
    client.force_login(shop.owner)
    wallet = wallet_of(shop)
    words = "The operator has blocked this customer: no points are given or spent."
    assert words in client.get(reverse("counter-customer", args=[wallet.public_id])).content.decode()
    pressed = {"branch": str(shop.branch.public_id), "amount": "10", "points": "10", "key": "k1"}
    for name in ("counter-purchases", "counter-redemptions"):
        answer = client.post(reverse(name, args=[wallet.public_id]), pressed | {"key": name})
        assert answer.status_code == 422, name
        assert answer.content.decode().count(words) == 2, name
    assert wallet_of(shop).balance == 50
