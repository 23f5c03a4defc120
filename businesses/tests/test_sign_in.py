"""Signing up and in, the second factor, and how long it all lasts."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from businesses import sessions, staffing
from businesses.access import MANAGERS
from businesses.models import Role, Staff, User
from businesses.tests.conftest import PASSWORD, hire, signed_in
from conftest import NOON, Shop


def sign_in(client: Client, user: User) -> Any:
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def sign_in_again(client: Client, user: User) -> Any:
    for _time in range(2):
        client.logout()
        answer = sign_in(client, user)
    return answer


def link_in_the_letter() -> str:
    return re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]


# --- Signing up and in ------------------------------------------------------------------------------------


def test_who_signs_up_verifies_the_address_and_begins(client: Client, db: None) -> None:
    client.post("/accounts/signup/", {"email": "New@nar.test", "password1": PASSWORD})
    assert SESSION_KEY not in client.session
    assert client.get(link_in_the_letter()).url == "/start/"
    assert User.objects.get().email == "new@nar.test"


def test_who_works_somewhere_lands_on_the_counter(client: Client, shop: Shop) -> None:
    assert sign_in(client, shop.owner).url == "/counter/"


def test_who_signs_in_is_not_told_so(client: Client, shop: Shop) -> None:
    sign_in(client, shop.owner)
    assert "Successfully signed in" not in client.get("/counter/").content.decode()
    client.post("/accounts/logout/")
    assert "You have signed out." in client.get("/accounts/login/").content.decode()


def test_who_works_nowhere_lands_at_the_beginning_or_at_their_invitation(client: Client, shop: Shop) -> None:
    ann = User.objects.create_user("ann@nar.test", PASSWORD)
    assert sign_in(client, ann).url == "/start/"
    client.logout()
    invitation = staffing.invite(by=shop.staff, email="ann@nar.test", role=Role.CASHIER, at=NOON.replace(year=2099))
    assert sign_in(client, ann).url == f"/invitations/{invitation.public_id}/"


# --- The second factor ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", MANAGERS)
def test_who_manages_needs_a_second_factor_from_the_second_sign_in_on(client: Client, shop: Shop, role: str) -> None:
    user = hire(shop.business, role, "new@nar.test").user
    sign_in(client, user)
    assert client.get("/settings/").status_code == 200
    client.logout()
    sign_in(client, user)
    answer = client.get("/settings/", follow=True)
    assert answer.redirect_chain == [("/accounts/2fa/totp/activate/", 302)]
    assert "authenticator app to go on" in answer.text
    assert client.post("/settings/", {}).url == "/accounts/2fa/totp/activate/"


def test_the_second_factor_once_set_up_is_asked_for_and_lets_in(client: Client, shop: Shop) -> None:
    sign_in_again(client, shop.owner)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    assert client.get("/settings/").status_code == 200
    client.logout()
    assert sign_in(client, shop.owner).url.startswith("/accounts/2fa/authenticate/")
    assert client.get("/settings/").url.startswith("/accounts/login/")


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_a_cashier_needs_no_second_factor(client: Client, shop: Shop) -> None:
    sign_in_again(client, hire(shop.business, Role.CASHIER, "cashier@nar.test").user)
    assert client.get("/switch/").status_code == 200
    assert client.get("/settings/").status_code == 404


def test_a_cashier_who_manages_elsewhere_needs_one(client: Client, shop: Shop, new_shop: Any) -> None:
    user = hire(shop.business, Role.CASHIER, "both@nar.test").user
    Staff.objects.create(business=new_shop("second").business, user=user, role=Role.MANAGER)
    sign_in_again(client, user)
    assert client.get("/settings/").url == "/accounts/2fa/totp/activate/"


def test_a_superadmin_needs_one_at_once(client: Client, db: None) -> None:
    operator = User.objects.create_superuser("operator@nar.test", PASSWORD)
    sign_in(client, operator)
    assert client.get("/admin/").url == "/accounts/2fa/totp/activate/"
    assert signed_in(operator).get("/admin/").status_code == 200


def test_a_superadmin_without_a_business_arrives_in_the_panel(client: Client, db: None) -> None:
    assert sign_in(client, User.objects.create_superuser("operator@nar.test", PASSWORD)).url == "/admin/"


def test_a_demonstration_asks_nobody_for_one(client: Client, shop: Shop, settings: Any) -> None:
    settings.DEMO = True
    sign_in_again(client, shop.owner)
    assert client.get("/settings/").status_code == 200


def test_the_admin_is_entered_through_the_same_door(client: Client, db: None) -> None:
    User.objects.create_superuser("operator@nar.test", PASSWORD)
    client.post("/admin/login/", {"username": "operator@nar.test", "password": PASSWORD})
    assert SESSION_KEY not in client.session
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_an_owner_is_not_let_into_the_admin(owner: Client) -> None:
    assert owner.get("/admin/businesses/business/", follow=True).status_code == 403


def test_the_seeds_of_second_factors_rest_encrypted(client: Client, shop: Shop) -> None:
    sign_in(client, shop.owner)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    stored = dict(Authenticator.objects.values_list("type", "data"))
    assert secret not in str(stored)
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code(secret))
    # <key id>.<base64>, as `encryption.seal` writes it
    assert re.fullmatch(r"[0-9a-f]{8}\.\S+", stored["totp"]["secret"])
    assert re.fullmatch(r"[0-9a-f]{8}\.\S+", stored["recovery_codes"]["seed"])


# --- How long it lasts ------------------------------------------------------------------------------------


def shift(client: Client, **seconds_ago: float) -> None:
    session = client.session
    for key, seconds in seconds_ago.items():
        session[key] = time.time() - seconds
    session.save()


@pytest.fixture
def working(owner: Client) -> Client:
    owner.get("/settings/")
    return owner


def test_a_session_ends_after_half_an_hour_without_a_press(working: Client) -> None:
    shift(working, active_at=30 * 60 - 5)
    assert working.get("/settings/").status_code == 200
    shift(working, active_at=30 * 60 + 5)
    answer = working.get("/settings/", follow=True)
    assert answer.redirect_chain == [("/accounts/login/?next=/settings/", 302)]
    assert "nothing happened for a while" in answer.text
    assert SESSION_KEY not in working.session


def test_a_press_prolongs_a_session_but_never_beyond_twelve_hours(working: Client) -> None:
    shift(working, active_at=20 * 60)
    working.get("/settings/")
    assert time.time() - working.session[sessions.ACTIVE] < 60
    shift(working, began_at=12 * 3600 - 5)
    assert working.get("/settings/").status_code == 200
    shift(working, began_at=12 * 3600 + 5)
    assert working.get("/settings/").url.startswith("/accounts/login/")


def test_the_list_of_devices_tells_when_each_was_used_without_a_write_for_each_request(working: Client) -> None:
    device = UserSession.objects.get()
    working.get("/settings/")
    assert UserSession.objects.get().last_seen_at == device.last_seen_at
    shift(working, active_at=40)
    working.get("/settings/", headers={"User-Agent": "Another browser"})
    now = UserSession.objects.get()
    assert now.last_seen_at > device.last_seen_at
    assert now.user_agent == "Another browser"


def test_a_form_posted_too_late_changes_nothing(working: Client, shop: Shop) -> None:
    shift(working, active_at=31 * 60)
    assert working.post("/settings/branches/new/", {"name": "Second"}).url == "/accounts/login/?next=/counter/"
    assert shop.business.branches.count() == 1


def test_the_admin_waits_half_as_long(db: None) -> None:
    operator = signed_in(User.objects.create_superuser("operator@nar.test", PASSWORD))
    operator.get("/admin/")
    shift(operator, active_at=15 * 60 - 5)
    assert operator.get("/admin/").status_code == 200
    shift(operator, active_at=15 * 60 + 5)
    assert operator.get("/admin/").url.startswith("/admin/login/")


def test_a_signed_out_session_is_gone_from_the_database(working: Client) -> None:
    key = working.session.session_key
    shift(working, active_at=31 * 60)
    working.get("/settings/")
    assert not Session.objects.filter(pk=key).exists()


def test_the_password_is_asked_for_again_before_the_second_factor_changes_but_not_right_after_signing_in(
    client: Client, shop: Shop
) -> None:
    sign_in(client, shop.owner)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    shift(client, began_at=600)
    assert client.get("/accounts/2fa/totp/activate/").url.startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("page", ["/admin/", "/developer/messages/", "/styleguide/"])
def test_a_superadmin_opens_nothing_of_theirs_without_a_second_factor(client: Client, db: None, page: str) -> None:
    client.force_login(User.objects.create_superuser("root@example.com"))
    assert client.get(page)["Location"] == "/accounts/2fa/totp/activate/"


def test_a_superadmin_without_a_business_goes_to_the_admin(client: Client, db: None, settings: Any) -> None:
    settings.DEMO = True
    client.force_login(User.objects.create_superuser("root@example.com"))
    assert client.get("/counter/")["Location"] == "/admin/"
