"""Words about points that came and went: to those who agreed, in their language, with the post or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import transaction

from businesses.models import Business, Program
from conftest import NOON, Shop
from customers import consents, profiles
from customers.models import Channel, Customer, Message, MessageKind
from customers.profiles import Told
from loyalty import ledger, notices, purchases
from loyalty.lookup import Who
from loyalty.models import Operation
from loyalty.outcomes import NotEnoughPoints
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, buy, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def agree(shop: Shop, *, language: str = "") -> Customer:
    """A member of the programme who said yes to this business."""
    buy(shop, 100)
    customer = Customer.objects.get(phone=PHONE)
    ids = {"customer_id": customer.pk}
    consents.give(**ids, business_id=shop.business.pk, channel=Channel.SMS, source="counter", at=NOON)
    profiles.save(**ids, program_id=shop.business.program_id, told=Told(language=language))
    return customer


def texts() -> list[str]:
    return [message.text for message in Message.objects.order_by("id")]


def test_without_consent_nothing_is_written(shop: Shop) -> None:
    buy(shop, 100)
    redeem(shop, 10)
    assert texts() == []


def test_earning_and_spending_are_told_to_who_agreed(shop: Shop) -> None:
    customer = agree(shop)
    buy(shop, "24.80")
    redeem(shop, 30)
    assert texts() == ["Nar: 24 points added. Your balance: 124.", "Nar: 30 points spent. Your balance: 94."]
    first = Message.objects.order_by("id")[0]
    assert (first.to, first.customer_id, first.business_id, first.kind) == (
        PHONE, customer.pk, shop.business.pk, MessageKind.POINTS_EARNED
    )  # fmt: skip


def test_the_customers_language_comes_before_the_businesses(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    agree(shop, language="ru")
    buy(shop, 21)
    shop.business.language = "az"
    shop.business.save()
    buy(shop, 21)
    assert texts() == ["Nar: начислен 21 балл. Ваш баланс: 121.", "Nar: начислен 21 балл. Ваш баланс: 142."]


def test_without_a_language_of_their_own_it_is_the_businesses(new_shop: Callable[..., Shop]) -> None:
    shop = new_shop("nar", language="az")
    agree(shop)
    buy(shop, 21)
    assert texts() == ["Nar: 21 xal əlavə olundu. Balansınız: 121."]


def test_a_confidential_business_writes_as_its_programme(new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", confidential=True, category="medical")
    agree(clinic)
    buy(clinic, 5)
    redeem(clinic, 5)
    assert texts() == ["Circle: 5 points added. Your balance: 105.", "Circle: 5 points spent. Your balance: 100."]


def test_a_consent_to_one_business_is_none_to_another(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    agree(shop)
    buy(new_shop("rose"), 50)
    assert texts() == []


def test_a_replay_a_refusal_and_a_free_purchase_say_nothing_more(shop: Shop) -> None:
    agree(shop)
    buy(shop, 5, key="once")
    buy(shop, 5, key="once")
    buy(shop, 0)
    with pytest.raises(NotEnoughPoints):
        redeem(shop, 10_000)
    assert texts() == ["Nar: 5 points added. Your balance: 105."]


def test_a_refusal_stays_for_its_key_also_where_a_notice_stands_by(shop: Shop) -> None:
    agree(shop)
    with pytest.raises(NotEnoughPoints):
        redeem(shop, 101, key="greedy")
    buy(shop, 500)
    with pytest.raises(NotEnoughPoints) as again:
        redeem(shop, 101, key="greedy")
    assert again.value.posted.replayed


def test_a_notice_and_its_post_are_written_together_or_not_at_all(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(shop)
    operations = Operation.objects.count()

    def broken(**arguments: object) -> None:
        raise RuntimeError("the outbox is away")

    monkeypatch.setattr(notices.messages, "queue", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        buy(shop, 5)
    assert Operation.objects.count() == operations


def test_a_customer_without_a_phone_is_written_to_nowhere(shop: Shop) -> None:
    def sell(key: str) -> None:
        purchases.record(
            rules=shop.rules, actor=shop.actor, who=Who("external_id", "C-7"), sale=Sale(amount=5), key=key, at=NOON
        )

    sell("first")
    customer = Customer.objects.get()
    ids = {"customer_id": customer.pk, "business_id": shop.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="api", at=NOON)
    sell("second")
    assert texts() == []


def test_a_kind_that_the_business_switched_off_is_not_written(shop: Shop) -> None:
    agree(shop)
    Business.objects.update(tells_points_earned=False)
    buy(shop, 20)
    redeem(shop, 30)
    assert texts() == ["Nar: 30 points spent. Your balance: 90."]
    Business.objects.update(tells_points_earned=True, tells_points_redeemed=False)
    buy(shop, 20)
    redeem(shop, 30)
    assert texts()[1:] == ["Nar: 20 points added. Your balance: 110."]


def test_points_that_wait_are_told_with_the_day_on_which_they_come(shop: Shop) -> None:
    agree(shop)
    Program.objects.update(pending_days=14)
    with ledger.clock_at(NOON):
        buy(shop, 24, at=NOON, key="once")
        buy(shop, 24, at=NOON, key="once")
        buy(shop, 0, at=NOON)
    assert texts() == ["Nar: 24 points are on their way. They are yours on 17 March."]
    assert Message.objects.get().kind == MessageKind.POINTS_EARNED


def test_the_day_is_the_businesses_own_and_a_switch_turns_it_off_too(shop: Shop) -> None:
    agree(shop)
    Program.objects.update(pending_days=14)
    with ledger.clock_at(datetime(2026, 12, 20, 21, tzinfo=UTC)):  # the 21st in Baku
        buy(shop, 1, at=datetime(2026, 12, 20, 21, tzinfo=UTC))
        assert texts() == ["Nar: 1 point is on its way. It is yours on 4 January 2027."]
        Business.objects.update(tells_points_earned=False)
        buy(shop, 9)
    assert len(texts()) == 1
