"""What one business may read of a customer's life with others."""

from collections.abc import Callable

import pytest

from conftest import Shop
from loyalty import history
from loyalty.history import Line, Recent
from loyalty.tests.conftest import buy, redeem, refund, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def lines_of(shop: Shop) -> list[Line]:
    found = history.visible(wallet_id=wallet().pk, rules=shop.rules)
    return list(history.lines(found, business_id=shop.business.pk))


def last_of(shop: Shop) -> list[Recent]:
    return history.last(wallet_id=wallet().pk, rules=shop.rules)


def test_a_confidential_business_leaves_no_line_with_others(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", confidential=True)
    buy(shop, 10)
    buy(clinic, 500)
    for read in (lines_of, last_of):
        assert [(line.points, line.business) for line in read(shop)] == [(10, "Nar")]
        assert [(line.points, line.business) for line in read(clinic)] == [(500, "Clinic"), (10, None)]


def test_the_last_lines_are_the_first_of_all_lines(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other, clinic = new_shop("other"), new_shop("clinic", confidential=True)
    buy(shop, 10)
    refund(shop, buy(shop, 20))
    redeem(other, 5)
    buy(clinic, 500)
    buy(other, 30)
    redeem(shop, 7)
    for reader in (shop, other, clinic):
        newest = lines_of(reader)[: history.LAST]
        assert last_of(reader) == [Recent(each.occurred_at, each.points, each.business, each.amount) for each in newest]


def test_beside_a_confidential_business_nothing_of_the_others_shows(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    """Not even of the open ones: the balance less all that shows would be what the clinic gave."""
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    other = new_shop("other")
    buy(shop, 10)
    buy(other, 77)
    mine = {"wallet": wallet()}
    assert [line.points for line in lines_of(shop)] == [77, 10]
    assert history.why(**mine, rules=shop.rules).elsewhere == 77
    assert sum(each["points"] for each in history.expiring(**mine, rules=shop.rules)) == 87
    clinic = new_shop("clinic", confidential=True)
    buy(clinic, 500)
    for reader, own in ((shop, 10), (other, 77)):
        assert [line.points for line in lines_of(reader)] == [own]
        assert [line.points for line in last_of(reader)] == [own]
        assert history.why(**mine, rules=reader.rules).elsewhere is None
        assert [each["points"] for each in history.expiring(**mine, rules=reader.rules)] == [own]
    assert [line.points for line in lines_of(clinic)] == [500, 77, 10]
    assert history.why(**mine, rules=clinic.rules).elsewhere == 87
