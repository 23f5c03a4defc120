"""COUPONS and IDEAS in a conversation."""

from collections.abc import Callable

import pytest

from conftest import Shop
from customers.tests.test_conversations import hear
from loyalty import rewards
from loyalty.tests.conftest import PHONE, buy
from promotions.tests.conftest import issued, offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.mark.parametrize("word", ["COUPONS", "coupon", "/coupons", "kuponlarım", "купоны"])
def test_a_customer_hears_what_they_hold(shop: Shop, word: str) -> None:
    buy(shop, 5)
    coupon = issued(shop, offer(shop, name="Five off", kind="amount", value=5, lasts_days=7))
    (text,) = hear(word)
    assert text.startswith(f"{coupon.code}: Five off, Nar")


def test_a_text_message_has_room_for_two_and_the_page_for_all(shop: Shop) -> None:
    buy(shop, 5)
    held = [issued(shop, offer(shop, name=f"Offer {n}", lasts_days=7)) for n in range(3)]
    text = hear("COUPONS")[0]
    assert [str(each.code) in text for each in held] == [True, True, False]
    assert "/points/" in text


def test_without_one_it_says_so(shop: Shop) -> None:
    buy(shop, 5)
    assert hear("COUPONS")[0].startswith("You have no coupons at the moment.")


def test_coupons_of_somebody_else_are_never_told(shop: Shop) -> None:
    buy(shop, 5)
    buy(shop, 5, phone="+994507654321")
    coupon = issued(shop, offer(shop, lasts_days=7), phone="+994507654321")
    assert str(coupon.code) not in hear("COUPONS")[0]


def test_a_confidential_business_is_not_named(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", confidential=True)
    buy(clinic, 95)
    issued(clinic, offer(clinic, name="Check-up", lasts_days=7))
    values = {"name": "Blood test", "points": 100}
    rewards.make(program=clinic.business.program, business=clinic.business, values=values)
    for word in ("COUPONS", "IDEAS"):
        said = " ".join(hear(word, id=word))
        assert not [name for name in ("Clinic", "Check-up", "Blood") if name in said], said


@pytest.mark.parametrize("word", ["IDEAS", "for me", "/ideas", "mənim üçün", "ДЛЯ МЕНЯ"])
def test_ideas_tell_of_a_reward_that_is_near(shop: Shop, word: str) -> None:
    buy(shop, 95, phone=PHONE)
    rewards.make(program=shop.business.program, business=shop.business, values={"name": "Coffee", "points": 100})
    (text,) = hear(word)
    assert text.startswith("Coffee: ")
    assert "5" in text


def test_without_any_it_says_so(shop: Shop) -> None:
    buy(shop, 5)
    assert hear("IDEAS")[0].startswith("Nothing special for you")
