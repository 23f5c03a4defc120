"""What a member of staff is called, in their own words."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from businesses import staffing
from businesses.models import Role, User
from businesses.tests.conftest import PASSWORD, signed_in
from conftest import Shop


def test_a_cashier_says_their_name_and_is_listed_by_it(shop: Shop, cashier: Client, owner: Client) -> None:
    assert "cashier</a>" in owner.get("/settings/staff/").text  # of cashier@nar.test
    assert cashier.post("/accounts/name/", {"first_name": " Günel ", "last_name": "Səfərova"}).url == "/accounts/name/"
    assert User.objects.get(email="cashier@nar.test").full_name == "Günel Səfərova"
    page = owner.get("/settings/staff/").text
    assert "Günel Səfərova" in page
    assert "cashier</a>" not in page


def test_a_first_name_is_enough(cashier: Client) -> None:
    cashier.post("/accounts/name/", {"first_name": "Günel", "last_name": ""})
    assert User.objects.get(email="cashier@nar.test").full_name == "Günel"


@pytest.mark.parametrize("name", ["", " ", "a\x00", "\u202eevil", "x" * 81, "\u200b"])
def test_a_name_that_cannot_be_shown_is_refused_and_the_rest_is_kept(cashier: Client, name: str) -> None:
    answer = cashier.post("/accounts/name/", {"first_name": name, "last_name": "Səfərova"})
    assert answer.status_code == 422
    assert 'value="Səfərova"' in answer.text
    assert 'Account of cashier"' in answer.text
    assert User.objects.get(email="cashier@nar.test").full_name == "cashier"


def test_the_name_is_found_from_the_menu_and_from_the_settings(owner: Client) -> None:
    assert owner.get("/settings/staff/").text.count('href="/accounts/name/"') == 2


def test_an_invited_person_may_say_their_name_and_need_not(shop: Shop) -> None:
    for email, answers, expected in (
        ("ann@nar.test", {"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
        ("bob@nar.test", {}, "bob"),
    ):
        invitation = staffing.invite(by=shop.staff, email=email, role=Role.CASHIER, at=timezone.now())
        user = User.objects.create_user(email, PASSWORD)
        client, address = signed_in(user, mfa=False), f"/invitations/{invitation.public_id}/"
        assert 'name="first_name"' in client.get(address).text
        assert client.post(address, answers).url == "/counter/"
        assert shop.business.staff.get(user=user).user.full_name == expected


def test_a_wrong_name_is_told_before_the_invitation_is_used(shop: Shop) -> None:
    invitation = staffing.invite(by=shop.staff, email="ann@nar.test", role=Role.CASHIER, at=timezone.now())
    client = signed_in(User.objects.create_user("ann@nar.test", PASSWORD), mfa=False)
    address = f"/invitations/{invitation.public_id}/"
    assert client.post(address, {"first_name": "\u202eevil"}).status_code == 422
    assert client.post(address, {"first_name": "Ann"}).url == "/counter/"


def test_whose_name_is_known_is_not_asked_again(shop: Shop) -> None:
    invitation = staffing.invite(by=shop.staff, email="ann@nar.test", role=Role.CASHIER, at=timezone.now())
    user = User.objects.create_user("ann@nar.test", PASSWORD, first_name="Ann")
    client = signed_in(user, mfa=False)
    assert "first_name" not in client.get(f"/invitations/{invitation.public_id}/").text
    client.post(f"/invitations/{invitation.public_id}/", {"first_name": "Eve"})
    user.refresh_from_db()
    assert user.first_name == "Ann"


def test_a_letter_of_invitation_says_who_invites_in_full(shop: Shop) -> None:
    shop.owner.last_name = "Ali"
    staffing.send_letter(staffing.invite(by=shop.staff, email="b@nar.test", role=Role.CASHIER, at=timezone.now()))
    assert "Olga Ali invites you" in mail.outbox[-1].body
