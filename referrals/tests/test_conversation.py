"""REFER in a conversation: a link to pass on, where that is on."""

import pytest

from conftest import Shop
from customers.tests.test_conversations import hear
from loyalty.tests.conftest import buy
from loyalty.tests.test_conversation import parts
from referrals.models import ReferralCode, ReferralTerms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.mark.parametrize("word", ["REFER", "refer 🙂", "/refer", "dəvət", "DEVET", "пригласить", "ДРУГ"])
def test_a_customer_gets_the_link_of_each_programme(shop: Shop, word: str) -> None:
    buy(shop, 5)
    ReferralTerms.objects.create(program=shop.business.program)
    (text,) = hear(word)
    assert f"/r/{ReferralCode.objects.get().code}/" in text
    assert text.startswith("Circle: ")
    assert "50" in text


def test_it_fits_one_message(shop: Shop) -> None:
    buy(shop, 5)
    ReferralTerms.objects.create(program=shop.business.program)
    assert parts(hear("REFER")[0]) == 1


def test_where_it_is_off_it_says_so(shop: Shop) -> None:
    buy(shop, 5)
    assert hear("REFER") == ["Nobody is thanked for bringing friends at the moment."]


def test_a_number_that_nobody_has_is_told_how_to_join(shop: Shop) -> None:
    ReferralTerms.objects.create(program=shop.business.program)
    assert "collects no points yet" in hear("REFER")[0]
    assert not ReferralCode.objects.exists()
