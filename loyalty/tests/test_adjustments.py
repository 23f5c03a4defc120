"""Corrections by hand: within the business's own points, debts first, with a reason, once per key."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from businesses.models import Program
from conftest import Shop
from loyalty import ledger, outcomes
from loyalty.models import Adjustment, Draw, Entry, Lot, Operation, Wallet
from loyalty.tests.conftest import adjust, buy, redeem, refund, wallet_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def state(shop: Shop) -> tuple[int, int, int]:
    wallet = wallet_of(shop)
    return wallet.balance, wallet.lifetime, wallet.owed


def test_points_given_are_a_lot_of_the_business_with_the_reason_beside_it(shop: Shop):
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    buy(shop, 10)
    posted = adjust(shop, 5, reason="Sorry for the wait")
    assert (posted.points, posted.balance_after, posted.kind) == (5, 15, "adjustment")
    assert state(shop) == (15, 15, 0)
    lot = Lot.objects.get(entry__operation_id=posted.id)
    assert (lot.issuer_id, lot.remaining, lot.expires_at is not None) == (shop.business.pk, 5, True)
    told = Adjustment.objects.get(operation_id=posted.id)
    assert (told.reason, told.by) == ("Sorry for the wait", shop.owner)


def test_points_given_pay_a_debt_first(shop: Shop):
    sale = buy(shop, 30)
    redeem(shop, 20)
    refund(shop, sale)
    assert state(shop) == (0, 0, 20)
    assert adjust(shop, 25).balance_after == 5
    assert state(shop) == (5, 25, 0)


def test_a_business_takes_only_points_that_it_gave(shop: Shop, new_shop: Callable[..., Shop]):
    other = new_shop("other")
    buy(other, 30)
    buy(shop, 10)
    with pytest.raises(outcomes.NotEnoughPoints) as refused:
        adjust(shop, -11)
    assert refused.value.fact == {"code": "not_enough_points", "available": 10, "needed": 11}
    assert state(shop) == (40, 40, 0)
    posted = adjust(shop, -10)
    assert state(shop) == (30, 30, 0)
    assert {draw.issuer_id for draw in Draw.objects.filter(entry__operation_id=posted.id)} == {shop.business.pk}
    assert Lot.objects.get(issuer_id=other.business.pk).remaining == 30


def test_the_soonest_expiry_is_taken_first(shop: Shop):
    buy(shop, 10)
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    buy(shop, 20)
    adjust(shop, -15)
    assert list(Lot.objects.order_by("id").values_list("remaining", flat=True)) == [10, 5]


def test_the_same_press_is_one_adjustment_and_a_refusal_is_remembered(shop: Shop):
    buy(shop, 10)
    first = adjust(shop, 5, key="press")
    again = adjust(shop, 5, key="press")
    assert (again.outcome, again.id, again.balance_after) == ("replayed", first.id, 15)
    with pytest.raises(outcomes.KeyReused):
        adjust(shop, 6, key="press")
    with pytest.raises(outcomes.NotEnoughPoints):
        adjust(shop, -100, key="too much")
    buy(shop, 1000)
    with pytest.raises(outcomes.NotEnoughPoints):
        adjust(shop, -100, key="too much")
    assert Operation.objects.filter(kind="adjustment").count() == 2


def test_a_refund_of_points_that_were_taken_by_hand_is_owed(shop: Shop):
    sale = buy(shop, 10)
    adjust(shop, -4)
    refund(shop, sale)
    assert state(shop) == (0, -4, 4)


def test_a_wallet_of_another_programme_is_refused(shop: Shop, new_shop: Callable[..., Shop]):
    stranger = new_shop(
        "stranger", program=Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR")
    )
    buy(stranger, 10)
    theirs = wallet_of(stranger)
    with pytest.raises(Exception, match="is not of the programme"), transaction.atomic():
        ledger.adjust(
            rules=shop.rules,
            staff_id=None,
            by_id=shop.owner.pk,
            call=ledger.Call("k", b""),
            wallet_id=theirs.pk,
            points=5,
            reason="x",
            expires_at=None,
        )
    assert Wallet.objects.get(pk=theirs.pk).balance == 10


def test_an_adjustment_is_history(shop: Shop):
    buy(shop, 10)
    adjust(shop, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.update(reason="Other")
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.all().delete()
    assert Entry.objects.filter(kind="adjust").count() == 1
