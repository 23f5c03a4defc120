"""The page behind the link of an invitation."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from businesses import staffing
from businesses.models import Invitation, Role, Staff, User
from businesses.tests.conftest import PASSWORD, signed_in
from conftest import Shop


@pytest.fixture
def invitation(shop: Shop) -> Invitation:
    return staffing.invite(by=shop.staff, email="ann@nar.test", role=Role.CASHIER, at=timezone.now())


@pytest.fixture
def address(invitation: Invitation) -> str:
    return f"/invitations/{invitation.public_id}/"


@pytest.fixture
def ann(db: None) -> Client:
    return signed_in(User.objects.create_user("ann@nar.test", PASSWORD), mfa=False)


def test_an_owner_invites_and_somebody_without_an_account_joins(owner: Client, client: Client, shop: Shop) -> None:
    answer = owner.post("/settings/staff/invitations/", {"email": "Ann@nar.test", "role": "cashier"})
    assert answer.url == "/settings/staff/"
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)[1]
    assert "Nar" in client.get(link).text
    client.post(f"/accounts/signup/?next={link}", {"email": "ann@nar.test", "password1": PASSWORD})
    verification = re.search(r"http://testserver(/\S+)", mail.outbox[1].body)[1]
    assert client.get(verification).url == link
    assert client.post(link).url == "/counter/"
    assert Staff.objects.get(user__email="ann@nar.test").role == Role.CASHIER


def test_looking_at_the_link_accepts_nothing(ann: Client, address: str) -> None:
    assert ann.get(address).status_code == 200
    assert Staff.objects.count() == 1


def test_a_link_used_twice_says_so(ann: Client, address: str) -> None:
    ann.post(address)
    for answer in (ann.get(address), ann.post(address)):
        assert answer.status_code == 410
        assert "has been used" in answer.text
    assert Staff.objects.count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_too_old_says_so(ann: Client, invitation: Invitation, address: str, method: str) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = getattr(ann, method)(address)
    assert answer.status_code == 410
    assert "no longer works" in answer.text
    assert Staff.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_link_in_other_hands_says_whose_it_is_without_telling_the_address(
    stranger: Client, address: str, method: str
) -> None:
    answer = getattr(stranger, method)(address)
    assert answer.status_code == 403
    assert "a•••@nar.test" in answer.text
    assert "ann@nar.test" not in answer.text
    assert not Staff.objects.filter(user__email="owner@other.test", business__slug="nar").exists()


def test_posting_without_signing_in_accepts_nothing(client: Client, address: str) -> None:
    client.post(address)
    assert Staff.objects.count() == 1


def test_an_unknown_link_does_not_exist(ann: Client) -> None:
    assert ann.get("/invitations/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_a_withdrawn_link_is_gone(owner: Client, ann: Client, invitation: Invitation, address: str) -> None:
    owner.post(f"/settings/staff/invitations/{invitation.public_id}/withdrawal/")
    assert ann.post(address).status_code == 410


def test_whom_we_employ_is_not_invited_again(owner: Client, shop: Shop) -> None:
    answer = owner.post("/settings/staff/invitations/", {"email": shop.owner.email, "role": "cashier"})
    assert answer.status_code == 422
    assert "work here already" in answer.text
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_told_and_pressing_again_sends_the_letter(owner: Client, settings) -> None:
    answers = {"email": "ann@nar.test", "role": "cashier"}
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = owner.post("/settings/staff/invitations/", answers)
    assert answer.status_code == 422
    assert "could not be sent" in answer.text
    settings.EMAIL_BACKEND = working
    assert owner.post("/settings/staff/invitations/", answers).status_code == 302
    assert Invitation.objects.open(timezone.now()).count() == len(mail.outbox) == 1
