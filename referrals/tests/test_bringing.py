"""Who may bring whom, and what an invitation by SMS tells whom."""

import itertools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from businesses.models import Program
from conftest import Shop
from customers import messages, opt_outs
from customers.models import Channel, Customer, Message, MessageKind, MessageStatus
from loyalty.tests.conftest import buy
from referrals import bringing, codes, inviting, words
from referrals.bringing import NotBrought
from referrals.models import Reason, Referral, ReferralCode, ReferralTerms, State
from referrals.tests.conftest import FRIEND, LEYLA, OTHER, bring, join, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books", "terms")]


def refused(does: Callable[[], Any]) -> str:
    with pytest.raises(NotBrought) as no:
        does()
    assert words.refusal(no.value.code), "each has a sentence"
    return no.value.code


def test_nobody_brings_themselves(shop: Shop) -> None:
    assert refused(lambda: bring(shop, LEYLA, LEYLA)) == "own_phone"


def test_two_do_not_bring_each_other(shop: Shop) -> None:
    bring(shop, FRIEND, LEYLA)
    assert refused(lambda: bring(shop, LEYLA, FRIEND)) == "circular"


def test_nor_do_three_in_a_circle(shop: Shop) -> None:
    bring(shop, FRIEND, LEYLA)
    bring(shop, OTHER, FRIEND)
    assert refused(lambda: bring(shop, LEYLA, OTHER)) == "circular"


def test_who_has_bought_is_a_customer_already(shop: Shop) -> None:
    join(shop, LEYLA)
    buy(shop, 1, phone=FRIEND)
    assert refused(lambda: bring(shop)) == "existing_customer"


def test_who_has_only_just_joined_may_still_say_who_sent_them(shop: Shop) -> None:
    join(shop, FRIEND)
    assert bring(shop).state == State.PENDING


def test_a_customer_of_another_programme_is_new_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    far = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR"))
    buy(far, 50, phone=FRIEND)
    assert bring(shop).state == State.PENDING


def test_a_confidential_business_makes_nobody_a_customer(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    """Else a refusal would tell that they went there."""
    buy(new_shop("clinic", confidential=True), 50, phone=FRIEND)
    assert bring(shop).state == State.PENDING


def test_a_friend_has_one_who_brings_them(shop: Shop) -> None:
    first = bring(shop, FRIEND, LEYLA)
    assert bring(shop, FRIEND, LEYLA) == first
    assert refused(lambda: bring(shop, FRIEND, OTHER)) == "already_referred"
    Referral.objects.update(ends_at=timezone.now() - timedelta(days=1))
    assert bring(shop, FRIEND, OTHER).state == State.PENDING
    first.refresh_from_db()
    assert (first.state, first.reason) == (State.REJECTED, Reason.EXPIRED)


def test_who_is_blocked_brings_nobody(shop: Shop) -> None:
    join(shop, LEYLA)
    Customer.objects.filter(phone=LEYLA).update(blocked_at=timezone.now())
    assert refused(lambda: bring(shop)) == "inviter_blocked"


def test_nobody_is_brought_where_it_is_off(shop: Shop) -> None:
    ReferralTerms.objects.update(is_on=False)
    assert refused(lambda: bring(shop)) == "off"


# --- Codes ------------------------------------------------------------------------------------------------


def test_who_invites_is_named_by_code_link_or_phone(shop: Shop) -> None:
    leyla = join(shop, LEYLA)
    code = codes.of(program_id=shop.business.program_id, customer_id=leyla.customer_id, at=timezone.now())
    assert codes.of(program_id=shop.business.program_id, customer_id=leyla.customer_id, at=timezone.now()) == code
    for typed in (code.code, f" {code.code[:4].lower()} {code.code[4:]} ", codes.link(code), LEYLA, "050 123 45 67"):
        found = codes.inviter(program_id=shop.business.program_id, typed=typed, country="AZ")
        assert found == leyla.customer_id, typed


@pytest.mark.parametrize("typed", ["", " ", "🎁", "ABCDEFGH", "x" * 300, "/", "+994509999999", "12", "\0"])
def test_nonsense_names_nobody(shop: Shop, typed: str) -> None:
    with pytest.raises(codes.UnknownInviter):
        codes.inviter(program_id=shop.business.program_id, typed=typed, country="AZ")


def test_a_code_of_another_programme_names_nobody(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR")
    new_shop("far", program=other)
    code = ReferralCode.objects.create(program=other, customer_id=person(LEYLA), made_at=timezone.now())
    for typed in (code.code, LEYLA):
        with pytest.raises(codes.UnknownInviter):
            codes.inviter(program_id=shop.business.program_id, typed=typed, country="AZ")


# --- By SMS -----------------------------------------------------------------------------------------------


def invite(shop: Shop, phone: str = FRIEND, inviter: str = LEYLA, **more: Any) -> Referral:
    return inviting.invite(wallet=join(shop, inviter), phone=phone, **{"language": "en", "at": timezone.now()} | more)


def test_one_message_names_who_invites_and_how_to_stop(shop: Shop) -> None:
    join(shop, LEYLA, "Leyla Aliyeva")
    brought = invite(shop)
    (message,) = Message.objects.all()
    code = ReferralCode.objects.get().code
    assert (message.kind, message.to, message.business_id, message.customer_id) == (
        MessageKind.INVITATION, FRIEND, None, None,
    )  # fmt: skip
    assert message.text.startswith("Leyla invites you to Circle, with 50 points for a start: ")
    assert f"/r/{code}/" in message.text
    assert "STOP" in message.text
    assert "Aliyeva" not in message.text
    assert brought.state == State.PENDING


@pytest.mark.parametrize("name", ["bit.ly/win", "CALL+900123", "Leyla2", "www", "x" * 40, "💰💰", ""])
def test_a_name_that_could_be_an_address_is_not_sent(shop: Shop, name: str) -> None:
    join(shop, LEYLA, name)
    invite(shop)
    text = Message.objects.get().text
    if name == "www":  # letters alone are a name
        assert text.startswith("www invites")
    else:
        assert text.startswith("A friend with the number ending 45 67 invites you")


def test_a_number_gets_one_message_ever_whoever_invites_it(shop: Shop) -> None:
    invite(shop)
    invite(shop, inviter=OTHER)
    Referral.objects.filter(state=State.PENDING).update(ends_at=timezone.now() - timedelta(days=1))
    assert invite(shop, inviter="+994504445566").state == State.PENDING
    assert Message.objects.count() == 1


def test_another_programme_sends_its_own(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR")
    ReferralTerms.objects.create(program=other)
    far = new_shop("far", program=other)
    invite(shop)
    invite(far)
    assert Message.objects.count() == 2


def test_after_stop_nothing_is_sent(shop: Shop) -> None:
    opt_outs.stop(channel=Channel.SMS, address=FRIEND, at=timezone.now())
    invite(shop)
    messages.send_due(clock=timezone.now)
    assert Message.objects.get().status == MessageStatus.WITHHELD


def test_who_invites_does_not_learn_who_is_a_customer(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    """Neither by a refusal nor by the list: all three look alike."""
    far = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR"))
    buy(shop, 5, phone=FRIEND)
    buy(far, 5, phone=OTHER)
    new, known, elsewhere = invite(shop, "+994501112233"), invite(shop, FRIEND), invite(shop, OTHER)
    assert [each.state for each in (new, known, elsewhere)] == [State.PENDING, State.REJECTED, State.PENDING]
    assert known.reason == Reason.EXISTING
    assert set(Message.objects.values_list("to", flat=True)) == {"+994501112233", OTHER}


def test_one_s_own_number_and_the_same_twice_are_refused(shop: Shop) -> None:
    assert refused(lambda: invite(shop, LEYLA)) == "own_phone"
    invite(shop)
    assert refused(lambda: invite(shop)) == "already_invited"
    buy(shop, 5, phone=OTHER)
    invite(shop, OTHER)
    assert refused(lambda: invite(shop, OTHER)) == "already_invited", "also where it was quietly rejected"


def test_a_day_holds_so_many_invitations(shop: Shop) -> None:
    for last in range(5):
        invite(shop, f"+99450111000{last}")
    assert refused(lambda: invite(shop, "+994501110009")) == "too_many_today"
    tomorrow = timezone.now() + timedelta(days=1, seconds=1)
    assert invite(shop, "+994501110009", at=tomorrow).state == State.PENDING


def test_a_chain_of_a_thousand_is_walked_quickly(shop: Shop) -> None:
    """Somebody brought somebody who brought somebody."""
    people = Customer.objects.bulk_create(Customer(phone=f"+9945080{n:05}") for n in range(1000))
    now, later = timezone.now(), timezone.now() + timedelta(days=9)
    Referral.objects.bulk_create(
        Referral(
            program=shop.business.program,
            inviter=first,
            friend=second,
            source="api",
            made_at=now,
            ends_at=later,
        )
        for first, second in itertools.pairwise(people)
    )
    begun = time.monotonic()
    no = bringing.why_not(
        program_id=shop.business.program_id, inviter_id=people[-1].pk, friend_id=people[0].pk, standing=None
    )
    assert (no, time.monotonic() - begun < 1) == ("circular", True)
