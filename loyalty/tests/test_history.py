"""What one business may read of a customer's life with others."""

from collections.abc import Callable

import pytest

from conftest import Shop
from loyalty import history
from loyalty.history import Line, Recent
from loyalty.tests.conftest import buy, redeem, refund, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def lines_of(shop: Shop) -> list[Line]:
    found = history.visible(wallet_id=wallet().pk, business_id=shop.business.pk)
    return list(history.lines(found, business_id=shop.business.pk))


def last_of(shop: Shop) -> list[Recent]:
    return history.last(wallet_id=wallet().pk, business_id=shop.business.pk)


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
