"""The pages: the owner's list, the customer's code and friends, where a link leads, and the counter."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Program, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from customers.models import Customer, Message, MessageKind
from loyalty.models import Wallet
from loyalty.tests.conftest import buy, wallet_of
from loyalty.tests.test_points_page import sign_in, text
from referrals import codes
from referrals.models import Referral, ReferralPause, ReferralTerms, Source, State
from referrals.tests.conftest import FRIEND, LEYLA, OTHER, balance, bring, join, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books", "terms")]


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


# --- The owner's ------------------------------------------------------------------------------------------


def test_the_list_says_who_brought_whom_and_what_it_was_worth(shop: Shop, owner: Client, at_once: Any) -> None:
    join(shop, LEYLA, "Leyla Aliyeva")
    bring(shop)
    bring(shop, OTHER)
    with at_once():
        buy(shop, 30, phone=FRIEND)
    page = text(owner.get("/referrals/"))
    assert "Leyla A." in page
    assert "Aliyeva" not in page
    assert "50 points for both" in page
    assert re.search(r"Invited 2 Completed here 1 Bought here by those who were brought 30\.00", page)
    assert "•• 44 55" in text(owner.get("/referrals/?state=pending"))
    assert "•• 33 44" not in text(owner.get("/referrals/?state=pending"))
    assert "None in this state." in text(owner.get("/referrals/?state=rejected"))
    assert owner.get("/referrals/?state=🎁&page=x").status_code == 200


def test_an_empty_list_explains(shop: Shop, owner: Client) -> None:
    assert "Who sent you?" in text(owner.get("/referrals/"))
    ReferralTerms.objects.all().delete()
    page = text(owner.get("/referrals/"))
    assert "The programme’s operator switches it on" in page
    assert owner.get("/referrals/new/").status_code == 404


def test_staff_complete_after_a_question_and_only_once(shop: Shop, owner: Client, at_once: Any) -> None:
    join(shop, LEYLA)
    join(shop, FRIEND)
    url = f"/referrals/{bring(shop).public_id}/completion/"
    assert "Complete the referral?" in text(owner.get(url))
    for wrong in ("101", "0", "-5", "1.5", "🎁", "9" * 300):
        answer = owner.post(url, {"points": wrong})
        assert answer.status_code == 422, wrong
    with at_once():
        assert owner.post(url, {"points": "70"}).status_code == 302
    answer = owner.post(url, {"points": "70"}, follow=True)
    assert "It is completed already. Nothing was changed." in text(answer)
    assert (balance(shop, LEYLA), balance(shop, FRIEND)) == (70, 70)


def test_a_friend_who_has_not_joined_is_named_as_the_reason(shop: Shop, owner: Client) -> None:
    join(shop, LEYLA)
    answer = owner.post(f"/referrals/{bring(shop).public_id}/completion/", {})
    assert answer.status_code == 422
    assert "They have not joined yet." in text(answer)


def test_staff_reject_with_a_reason(shop: Shop, owner: Client) -> None:
    brought = bring(shop)
    url = f"/referrals/{brought.public_id}/rejection/"
    for wrong in ("", "  ", "x" * 201):
        assert owner.post(url, {"note": wrong}).status_code == 422
    assert owner.post(url, {"note": "The same household 🙂"}).status_code == 302
    brought.refresh_from_db()
    assert (brought.state, brought.note) == (State.REJECTED, "The same household 🙂")
    assert "The same household" in text(owner.get("/referrals/?state=rejected"))


def test_what_another_business_noted_does_not_exist_here(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    brought = bring(shop, business=shop.business)
    theirs = signed_in(tea.owner)
    assert theirs.post(f"/referrals/{brought.public_id}/completion/", {}).status_code == 404
    assert theirs.post(f"/referrals/{brought.public_id}/rejection/", {"note": "No"}).status_code == 404
    assert "•• 33 44" not in text(theirs.get("/referrals/"))
    cashier = signed_in(hire(shop.business, Role.CASHIER, "cashier@nar.test").user)
    assert cashier.get("/referrals/").status_code == 404


@pytest.mark.parametrize(
    ("friend", "inviter", "said"),
    [
        (FRIEND, "🎁", "No customer here has that code or number."),
        (FRIEND, OTHER, "No customer here has that code or number."),
        (LEYLA, LEYLA, "Nobody can invite themselves."),
        ("12", LEYLA, "That is not a phone number."),
        ("+994505556677", LEYLA, "They are a customer already."),
    ],
)
def test_a_referral_noted_by_hand_is_refused_with_a_sentence(
    shop: Shop, owner: Client, friend: str, inviter: str, said: str
) -> None:
    join(shop, LEYLA)
    buy(shop, 5, phone="+994505556677")
    answer = owner.post("/referrals/new/", {"friend": friend, "inviter": inviter})
    assert answer.status_code == 422
    assert said in text(answer)
    assert f'value="{inviter}"' in answer.text
    assert not Referral.objects.exists()


def test_a_business_takes_no_part_and_takes_part_again(shop: Shop, owner: Client) -> None:
    for _twice in range(2):
        assert owner.post("/referrals/part/", {"part": "no"}).status_code == 302
    assert ReferralPause.objects.count() == 1
    assert "you take no part" in text(owner.get("/referrals/"))
    assert owner.post(f"/referrals/{bring(shop).public_id}/completion/", {}).status_code == 404
    owner.post("/referrals/part/", {"part": "yes"})
    assert not ReferralPause.objects.exists()


# --- The customer's ---------------------------------------------------------------------------------------


def friends_url(shop: Shop) -> str:
    return f"/points/{wallet_of(shop, LEYLA).public_id}/friends/"


def test_a_customer_passes_on_a_code_a_link_and_a_picture(shop: Shop, client: Client) -> None:
    leyla = join(shop, LEYLA, "Leyla Aliyeva")
    sign_in(client)
    page = client.get(friends_url(shop))
    code = codes.of(program_id=leyla.program_id, customer_id=leyla.customer_id, at=timezone.now())
    assert code.code in text(page)
    assert codes.link(code) in page.text
    assert "<svg" in page.text
    line = client.get(friends_url(shop), headers={"HX-Request": "true"}).text
    assert "50 points for both" in line
    ReferralTerms.objects.update(is_on=False)
    assert client.get(friends_url(shop)).status_code == 404
    assert client.get(friends_url(shop), headers={"HX-Request": "true"}).text.strip() == ""


def test_an_invitation_looks_the_same_whoever_has_the_number(shop: Shop, client: Client) -> None:
    """To who invites, a customer, a stranger and a customer of elsewhere are one."""
    join(shop, LEYLA)
    buy(shop, 5, phone=FRIEND)
    sign_in(client)
    pages = []
    for phone in (FRIEND, OTHER):
        answer = client.post(friends_url(shop), {"phone": phone}, follow=True)
        pages.append(text(answer).replace("•• 33 44", "them").replace("•• 44 55", "them"))
    assert "Invited. Whoever is new here gets one message" in pages[0]
    assert pages[0].count("them invited") == 1
    assert pages[1].count("them invited") == 2
    assert Message.objects.filter(kind=MessageKind.INVITATION).count() == 1


@pytest.mark.parametrize("typed", ["", "🎁", "12", "x" * 300, LEYLA])
def test_a_number_that_cannot_be_invited_is_kept_with_its_reason(shop: Shop, client: Client, typed: str) -> None:
    join(shop, LEYLA)
    sign_in(client)
    answer = client.post(friends_url(shop), {"phone": typed})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or "errorlist" in answer.text
    assert not Message.objects.filter(kind=MessageKind.INVITATION).exists()


def test_the_list_names_friends_by_first_name_once_they_have_come(shop: Shop, client: Client, at_once: Any) -> None:
    join(shop, LEYLA)
    join(shop, FRIEND, "Nigar Mammadova")
    bring(shop, FRIEND, source=Source.SMS)
    sign_in(client)
    assert "•• 33 44 invited" in text(client.get(friends_url(shop)))
    with at_once():
        buy(shop, 20, phone=FRIEND)
    page = text(client.get(friends_url(shop)))
    assert "Nigar came and bought: thank you!" in page
    assert "Mammadova" not in page
    assert "+50" in page


# --- A link -----------------------------------------------------------------------------------------------


def link(shop: Shop) -> str:
    leyla = wallet_of(shop, LEYLA)
    return f"/r/{codes.of(program_id=leyla.program_id, customer_id=leyla.customer_id, at=timezone.now()).code}/"


def test_a_link_tells_a_first_name_and_the_terms_and_nothing_more(shop: Shop, client: Client) -> None:
    join(shop, LEYLA, "Leyla Aliyeva")
    page = client.get(link(shop))
    assert "Leyla invites you to Circle" in text(page)
    assert "50 points for both" in text(page)
    assert "Aliyeva" not in page.text
    assert "123" not in re.sub(r"/static/\S+", "", text(page)), "no digit of the phone"
    assert client.get(link(shop).lower()).status_code == 200


@pytest.mark.parametrize("code", ["ABCDEFGH", "x", "🎁", "x" * 300, "..", "%00"])
def test_a_link_that_never_was_is_a_friendly_404(shop: Shop, client: Client, code: str) -> None:
    answer = client.get(f"/r/{code}/")
    assert answer.status_code == 404


@pytest.mark.parametrize("why", ["off", "paused", "forgotten"])
def test_a_link_that_works_no_more_is_a_friendly_404(shop: Shop, client: Client, why: str) -> None:
    join(shop, LEYLA)
    url = link(shop)
    if why == "off":
        ReferralTerms.objects.update(is_on=False)
    elif why == "paused":
        ReferralPause.objects.create(business=shop.business, staff=shop.staff, at=timezone.now())
    else:
        Customer.objects.filter(phone=LEYLA).update(phone=None)
    assert "This invitation is over" in text(client.get(url))


def test_a_friend_joins_by_a_link_with_a_phone_and_a_code(shop: Shop, client: Client, at_once: Any) -> None:
    join(shop, LEYLA, "Leyla")
    url = link(shop)
    client.post(url, {"phone": FRIEND})
    code = re.search(r"\d{6}", Message.objects.get(to=FRIEND).text)
    assert code
    answer = client.post(f"{url}code/", {"code": code[0]})
    assert answer["Location"] == f"/join/{shop.branch.public_id}/welcome/"
    brought = Referral.objects.get()
    assert (brought.state, brought.source, brought.friend_id) == (State.PENDING, Source.LINK, person(FRIEND))
    with at_once():
        buy(shop, 20, phone=FRIEND)
    assert balance(shop, LEYLA) == 50


def test_nothing_is_noted_before_the_phone_is_proven(shop: Shop, client: Client) -> None:
    join(shop, LEYLA)
    client.post(link(shop), {"phone": FRIEND})
    client.post(f"{link(shop)}code/", {"code": "000000"})
    assert not Referral.objects.exists()
    assert not Wallet.objects.filter(customer__phone=FRIEND).exists()


def test_who_is_a_customer_already_is_told_so_and_gets_in(shop: Shop, client: Client) -> None:
    join(shop, OTHER)
    leyla = join(shop, LEYLA)
    code = codes.of(program_id=leyla.program_id, customer_id=wallet_of(shop, OTHER).customer_id, at=timezone.now())
    buy(shop, 5, phone=LEYLA)
    sign_in(client)
    answer = client.post(f"/r/{code.code}/member/", follow=True)
    assert "You are a customer here already" in text(answer)
    assert not Referral.objects.exists()
    assert "This is your own link" in text(client.get(link(shop)))


# --- The counter ------------------------------------------------------------------------------------------


def test_the_cashier_asks_somebody_new_who_sent_them(shop: Shop, owner: Client, at_once: Any) -> None:
    join(shop, LEYLA, "Leyla Aliyeva")
    assert "Who sent you?" in text(owner.post("/counter/find/", {"phone": FRIEND}))
    answer = owner.post("/counter/members/", {"phone": FRIEND, "name": "Nigar", "invited_by": LEYLA}, follow=True)
    assert "Invited by Leyla A.: 50 points for both." in text(answer)
    with at_once():
        sold = owner.post(f"/counter/{wallet_of(shop, FRIEND).public_id}/purchases/", {"amount": "20"})
    assert "Invited by Leyla A.: 50 points for both." in text(owner.get(sold["Location"]))
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (70, 50)
    again = owner.get(f"/counter/{wallet_of(shop, FRIEND).public_id}/")
    assert "Invited by" not in text(again)


@pytest.mark.parametrize("typed", ["🎁", "x" * 300, OTHER, FRIEND])
def test_nobody_is_added_for_an_answer_that_is_not_understood(shop: Shop, owner: Client, typed: str) -> None:
    answer = owner.post("/counter/members/", {"phone": FRIEND, "invited_by": typed})
    assert answer.status_code == 422
    assert re.search("No customer here has that code|Nobody can invite themselves", text(answer))
    assert not Wallet.objects.filter(customer__phone=FRIEND).exists()


def test_the_answer_is_optional_and_not_asked_where_it_is_off(shop: Shop, owner: Client) -> None:
    assert owner.post("/counter/members/", {"phone": FRIEND, "invited_by": " "}).status_code == 302
    ReferralTerms.objects.update(is_on=False)
    assert "Who sent you?" not in text(owner.post("/counter/find/", {"phone": OTHER}))


def test_a_confidential_business_neither_asks_nor_tells(new_shop: Callable[..., Shop], shop: Shop) -> None:
    clinic = new_shop("clinic", confidential=True)
    theirs = signed_in(clinic.owner)
    join(shop, LEYLA)
    bring(shop)
    assert "Who sent you?" not in text(theirs.post("/counter/find/", {"phone": OTHER}))
    page = text(theirs.get("/referrals/"))
    assert "Purchases here complete no referral" in page
    join(clinic, FRIEND)
    assert "Invited by" not in text(theirs.get(f"/counter/{wallet_of(clinic, FRIEND).public_id}/"))


def test_another_programme_sees_nothing(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    other = Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR")
    far = new_shop("far", program=other)
    ReferralTerms.objects.create(program=other)
    bring(shop)
    assert "•• 33 44" not in text(signed_in(far.owner).get("/referrals/"))
