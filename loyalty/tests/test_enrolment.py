"""Opening an account, one caller at a time. Parallel callers are in test_points_parallel.py."""

from collections.abc import Callable

import pytest

from businesses.models import Program
from conftest import NOON, Shop
from customers import consents, profiles
from customers.models import Channel, Customer, ExternalId, Profile
from customers.profiles import Told
from loyalty import enrolment
from loyalty.enrolment import Member
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy

pytestmark = pytest.mark.django_db


def enrol(shop: Shop, **who: object) -> Member:
    ids = {"program_id": shop.business.program_id, "business_id": shop.business.pk}
    return enrolment.enrol(**ids, **({"phone": PHONE, "at": NOON} | who))


def test_a_new_phone_gets_a_customer_and_a_wallet(shop: Shop) -> None:
    member = enrol(shop)
    wallet = Wallet.objects.get()
    assert member == Member(Customer.objects.get(phone=PHONE).pk, wallet.pk, wallet.public_id, enrolled=True)


def test_a_second_enrolment_finds_the_first(shop: Shop) -> None:
    first, again = enrol(shop), enrol(shop)
    assert (first.enrolled, again.enrolled) == (True, False)
    assert first.wallet_id == again.wallet_id


def test_who_bought_before_is_not_new(shop: Shop) -> None:
    posted = buy(shop, 10)
    member = enrol(shop)
    assert (member.enrolled, member.wallet_id) == (False, posted.wallet_id)


def test_known_in_another_programme_is_new_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = Program.objects.create(slug="other", name="Other", currency="USD", join_code="OTHER")
    stranger = new_shop("rose", program=other)
    here, there = enrol(shop, told=Told(name="Aysel")), enrol(stranger)
    assert there.enrolled
    assert here.customer_id == there.customer_id
    assert here.public_id != there.public_id
    assert profiles.told(program_id=other.pk, customer_id=there.customer_id).name == ""


def test_without_a_phone_the_shops_own_id_names_the_customer(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    first, again = (enrol(shop, phone=None, external_id="C-7") for _ in range(2))
    assert (first.enrolled, again.enrolled) == (True, False)
    assert first.customer_id == again.customer_id
    assert enrol(new_shop("rose"), phone=None, external_id="C-7").customer_id != first.customer_id
    assert ExternalId.objects.count() == 2


def test_nobody_is_named_twice_or_not_at_all(shop: Shop) -> None:
    for who in ({"phone": None}, {"external_id": "C-7"}):
        with pytest.raises(ValueError, match="phone or by an outside id"):
            enrol(shop, **who)


def test_what_is_told_and_agreed_to_is_kept(shop: Shop) -> None:
    member = enrol(shop, told=Told(name="Aysel", language="az"), agreed_to=(Channel.SMS,), source="join")
    ids = {"customer_id": member.customer_id}
    assert profiles.told(**ids, program_id=shop.business.program_id) == Told(name="Aysel", language="az")
    assert consents.agreed(**ids, business_id=shop.business.pk, channel=Channel.SMS)


def test_enrolling_again_changes_nothing_that_was_told(shop: Shop) -> None:
    enrol(shop, told=Told(name="Aysel"))
    enrol(shop, told=Told(name="Leyla"))
    enrol(shop)
    assert Profile.objects.get().name == "Aysel"
