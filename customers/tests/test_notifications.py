"""The page on which a business says which messages its customers get."""

import pytest
from django.test import Client

from businesses.models import Business, Role, SettingChange
from businesses.tests.conftest import hire, signed_in
from conftest import NOON, Shop
from customers import consents
from customers.models import Channel, Customer

pytestmark = pytest.mark.django_db
PAGE = "/settings/messages/"


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def now(shop: Shop) -> Business:
    return Business.objects.get(pk=shop.business.pk)


def test_each_kind_is_shown_in_three_languages(owner: Client) -> None:
    html = owner.get(PAGE).text
    for text in (
        "Nar: 37 points added. Your balance: 1,277.",
        "Nar: 37 xal əlavə olundu. Balansınız: 1.277.",
        "Nar: списано 37 баллов.",
    ):
        assert text in html


def test_a_confidential_business_is_shown_to_write_as_its_programme(shop: Shop, owner: Client) -> None:
    Business.objects.update(confidential=True)
    assert "Circle: 37 points added." in owner.get(PAGE).text


def test_switching_off_is_kept_with_its_author(shop: Shop, owner: Client) -> None:
    assert owner.post(PAGE, {"tells_points_redeemed": "on", "tells_points_expiring": "on"}).status_code == 302
    assert (now(shop).tells_points_earned, now(shop).tells_points_redeemed) == (False, True)
    change = SettingChange.objects.get()
    assert (change.field, change.before, change.after) == ("tells_points_earned", "True", "False")
    assert change.staff == shop.staff


def test_those_who_agree_today_are_counted(shop: Shop, owner: Client) -> None:
    for number in range(3):
        ids = {"customer_id": Customer.objects.create(phone=f"+99450123456{number}").pk}
        ids["business_id"] = shop.business.pk
        consents.give(**ids, channel=Channel.SMS, source="counter", at=NOON)
    consents.withdraw(**ids, channel=Channel.SMS, source="points", at=NOON)
    assert consents.count(business_id=shop.business.pk, channel=Channel.SMS) == 2
    assert owner.get(PAGE).context["agreed"] == 2


def test_the_second_of_two_is_told(shop: Shop, owner: Client) -> None:
    seen = str(owner.get(PAGE).context["form"]["seen"].value())
    manager = signed_in(hire(shop.business, Role.MANAGER, "manager@nar.test").user)
    owner.post(PAGE, {"seen": seen})
    told = manager.post(PAGE, {"seen": seen, "tells_points_earned": "on", "tells_points_redeemed": "on"})
    assert told.status_code == 422
    assert "Olga changed this meanwhile." in told.text
    assert not now(shop).tells_points_earned
    again = str(told.context["form"]["seen"].value())
    assert manager.post(PAGE, {"seen": again, "tells_points_earned": "on"}).status_code == 302
    assert now(shop).tells_points_earned


def test_a_cashier_finds_no_such_page(shop: Shop) -> None:
    assert signed_in(hire(shop.business, Role.CASHIER, "c@nar.test").user).get(PAGE).status_code == 404
