"""Points that come without a sale: given once, taken back once, and nothing of it in debt's way."""

import pytest

from conftest import NOON, Shop
from customers.models import Customer
from loyalty import ledger
from loyalty.models import Lot
from loyalty.outcomes import Posted
from loyalty.tests.conftest import buy, redeem, refund, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def give(shop: Shop, points: int = 50, key: str = "thanks") -> Posted:
    return ledger.give_bonus(rules=shop.rules, key=key, staff_id=None, wallet_id=wallet().pk, points=points, at=NOON)


def take(shop: Shop, given: Posted, key: str = "back") -> Posted:
    return ledger.take_bonus(rules=shop.rules, key=key, operation_id=given.id)


def test_a_bonus_is_given_once_under_its_key(shop: Shop) -> None:
    buy(shop, 10)
    first, again = give(shop), give(shop)
    assert (first.points, first.kind, again.replayed, again.id) == (50, "bonus", True, first.id)
    assert (wallet().balance, wallet().lifetime) == (60, 60)
    assert Lot.objects.filter(issuer=shop.business).count() == 2


def test_a_bonus_is_taken_back_once(shop: Shop) -> None:
    buy(shop, 10)
    given = give(shop)
    assert take(shop, given).points == -50
    assert take(shop, given).replayed
    assert take(shop, given, key="another").refusal == {
        "code": "already_reversed",
        "id": str(take(shop, given).public_id),
    }
    assert (wallet().balance, wallet().lifetime) == (10, 10)


def test_a_bonus_that_was_spent_is_owed(shop: Shop) -> None:
    buy(shop, 10)
    given = give(shop)
    redeem(shop, 55)
    back = take(shop, given)
    assert (back.points, back.owed_delta) == (-5, 45)
    assert (wallet().balance, wallet().owed) == (0, 45)


def test_a_bonus_pays_debts_first(shop: Shop) -> None:
    sale = buy(shop, 30)
    redeem(shop, 30)
    refund(shop, sale)
    assert wallet().owed == 30
    give(shop)
    assert (wallet().balance, wallet().owed) == (20, 0)


def test_who_is_blocked_gets_none(shop: Shop) -> None:
    buy(shop, 10)
    Customer.objects.update(blocked_at=NOON)
    assert give(shop).refusal == {"code": "customer_blocked"}
    assert wallet().balance == 10


def test_what_is_no_bonus_of_this_business_is_not_taken(shop: Shop) -> None:
    sale = buy(shop, 10)
    with pytest.raises(Exception, match="is no bonus of business"):
        take(shop, sale)
