"""Staff tokens: a program of theirs signs somebody in, and is signed out with everything else."""

import threading
import time
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from allauth.account.models import EmailAddress
from allauth.headless.tokens.strategies.jwt import internal
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from businesses import staffing, tokens, users
from businesses.api import auth, throttle, view
from businesses.api.throttle import Throttle
from businesses.models import BusinessStatus, Role, Staff, User
from businesses.tests.conftest import PASSWORD, hire
from businesses.tests.test_sign_in import code
from conftest import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def ann(shop: Shop) -> Staff:
    """A cashier, who needs no second factor."""
    return known(hire(shop.business, Role.CASHIER, "ann@nar.test"))


def known(staff: Staff) -> Staff:
    EmailAddress.objects.create(user=staff.user, email=staff.user.email, verified=True, primary=True)
    return staff


def post(path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = orjson.dumps(body or {})
    return Client().post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def get(path: str, token: str, **headers: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}", **headers})


def sign_in(staff: Staff | User, password: str = PASSWORD, **more: str) -> Any:
    email = staff.email if isinstance(staff, User) else staff.user.email
    return post("auth/token", {"email": email, "password": password, **more})


def pair(staff: Staff | User, **more: str) -> dict[str, Any]:
    answer = sign_in(staff, **more)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- Signing in -------------------------------------------------------------------------------------------


def test_the_right_password_gives_a_pair_that_opens_their_business(ann: Staff) -> None:
    answer = sign_in(ann)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.cookies == {}
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["refresh_expires_in"]) == ("Bearer", 300, 1800)
    assert get("auth/me", body["access_token"]).json() == {
        "email": "ann@nar.test",
        "name": "",
        "second_factor": False,
        "businesses": [{"slug": "nar", "name": "Nar", "status": "active", "role": "cashier"}],
    }
    assert get("business", body["access_token"]).json()["slug"] == "nar"


def test_a_wrong_password_and_an_unknown_address_are_one_answer(ann: Staff) -> None:
    wrong = sign_in(ann, "something else entirely")
    unknown = post("auth/token", {"email": "nobody@nar.test", "password": PASSWORD})
    assert said(wrong) == (401, "wrong_credentials")
    assert wrong.content == unknown.content
    assert wrong.headers == unknown.headers
    assert not Session.objects.exists()


def test_who_guesses_is_locked_out_and_so_is_who_guesses_at_nobody(ann: Staff) -> None:
    for email in ("ann@nar.test", "nobody@nar.test"):
        for _guess in range(5):
            assert said(post("auth/token", {"email": email, "password": "a guess"})) == (401, "wrong_credentials")
    locked = [post("auth/token", {"email": each, "password": PASSWORD}) for each in ("ann@nar.test", "nobody@nar.test")]
    assert [said(each) for each in locked] == [(429, "throttled")] * 2
    assert locked[0].content == locked[1].content
    assert locked[0]["Retry-After"] == "60"


def test_guesses_on_the_page_and_by_the_api_are_counted_together(ann: Staff, client: Client) -> None:
    for _guess in range(5):
        client.post("/accounts/login/", {"login": "ann@nar.test", "password": "a guess"})
    assert said(sign_in(ann)) == (429, "throttled")


def test_who_never_confirmed_the_address_is_not_let_in(shop: Shop) -> None:
    staff = hire(shop.business, Role.CASHIER, "new@nar.test")
    EmailAddress.objects.create(user=staff.user, email="new@nar.test", verified=False, primary=True)
    assert said(sign_in(staff)) == (403, "email_unverified")
    assert [letter.to for letter in mail.outbox] == [["new@nar.test"]]


def test_who_was_disabled_is_not_let_in(ann: Staff) -> None:
    users.disable(user=ann.user)
    assert sign_in(ann).status_code in (401, 403)


def test_fields_that_are_missing_or_unknown_are_named(db: None) -> None:
    answer = post("auth/token", {"email": "ann@nar.test", "remember": True})
    assert said(answer) == (422, "invalid")
    assert answer.json()["errors"].keys() == {"password", "remember"}


# --- The second factor ------------------------------------------------------------------------------------


@pytest.fixture
def seed(shop: Shop) -> str:
    """Of the owner's authenticator app."""
    known(shop.staff)
    secret: str = generate_totp_secret()
    TOTP.activate(shop.owner, secret)
    return secret


def test_the_second_factor_is_asked_for_and_a_right_code_lets_in(shop: Shop, seed: str) -> None:
    assert said(sign_in(shop.staff)) == (401, "mfa_required")
    assert not UserSession.objects.exists()
    assert get("auth/me", pair(shop.staff, code=code(seed))["access_token"]).json()["second_factor"] is True


def test_a_wrong_code_and_one_that_was_used_do_not_let_in(shop: Shop, seed: str) -> None:
    right = code(seed)
    wrong = "000000" if right != "000000" else "111111"
    assert said(sign_in(shop.staff, code=wrong)) == (401, "mfa_wrong")
    pair(shop.staff, code=right)
    assert said(sign_in(shop.staff, code=right)) == (401, "mfa_wrong")


def test_codes_are_not_guessed_for_long(shop: Shop, seed: str) -> None:
    right = code(seed)
    wrong = "000000" if right != "000000" else "111111"
    answers = [said(sign_in(shop.staff, code=wrong)) for _guess in range(6)]
    assert answers == [(401, "mfa_wrong")] * 5 + [(429, "throttled")]
    assert said(sign_in(shop.staff, code=right)) == (429, "throttled")


def test_a_recovery_code_lets_in_once(shop: Shop, seed: str) -> None:
    one = RecoveryCodes.activate(shop.owner).get_unused_codes()[0]
    pair(shop.staff, code=one)
    assert said(sign_in(shop.staff, code=one)) == (401, "mfa_wrong")


def test_a_manager_without_a_second_factor_gets_no_second_token(shop: Shop) -> None:
    known(shop.staff)
    first = pair(shop.staff)  # as on the pages, it may wait for the first time
    assert said(sign_in(shop.staff)) == (403, "mfa_setup_required")
    assert get("business", first["access_token"]).status_code == 200
    assert UserSession.objects.count() == 1


def test_a_superadmin_never_gets_one_without(db: None) -> None:
    root = User.objects.create_superuser("root@nar.test", PASSWORD)
    EmailAddress.objects.create(user=root, email=root.email, verified=True, primary=True)
    assert said(sign_in(root)) == (403, "mfa_setup_required")
    assert not Session.objects.exists()


def test_a_cashier_who_became_a_manager_owes_it_at_the_next_call(shop: Shop, ann: Staff) -> None:
    sign_in(ann)  # the first time, it could wait
    token = pair(ann)["access_token"]
    Staff.objects.filter(pk=ann.pk).update(role=Role.MANAGER)
    assert said(get("business", token)) == (403, "mfa_setup_required")


# --- How long it lasts ------------------------------------------------------------------------------------


def test_an_access_token_is_over_after_five_minutes(ann: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time()
    monkeypatch.setattr(internal, "time", SimpleNamespace(time=lambda: began - 200))
    young = pair(ann)["access_token"]
    monkeypatch.setattr(internal, "time", SimpleNamespace(time=lambda: began - 301))
    old = pair(ann)["access_token"]
    monkeypatch.undo()
    assert get("auth/me", young).status_code == 200
    assert said(get("auth/me", old)) == (401, "unauthenticated")


def test_a_refresh_token_gives_the_next_pair(ann: Staff) -> None:
    first = pair(ann)
    answer = post("auth/token/refresh", {"refresh_token": first["refresh_token"]})
    assert answer.status_code == 200
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert get("auth/me", second["access_token"]).status_code == 200
    assert post("auth/token/refresh", {"refresh_token": second["refresh_token"]}).status_code == 200


def test_a_refresh_token_that_comes_twice_ends_the_sign_in(ann: Staff) -> None:
    first = pair(ann)
    second = post("auth/token/refresh", {"refresh_token": first["refresh_token"]}).json()
    assert said(post("auth/token/refresh", {"refresh_token": first["refresh_token"]})) == (401, "unauthenticated")
    assert said(get("auth/me", second["access_token"])) == (401, "unauthenticated")
    assert said(post("auth/token/refresh", {"refresh_token": second["refresh_token"]})) == (401, "unauthenticated")
    assert not UserSession.objects.exists()


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(ann: Staff) -> None:
    both = pair(ann)
    assert said(post("auth/token/refresh", {"refresh_token": both["access_token"]})) == (401, "unauthenticated")
    assert said(get("auth/me", both["refresh_token"])) == (401, "unauthenticated")


@pytest.mark.parametrize("token", ["a.b.c", "..", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "rk_nothing", "."])
def test_what_is_no_token_opens_nothing(token: str, db: None) -> None:
    assert said(get("auth/me", token)) == (401, "unauthenticated")
    assert said(get("business", token)) == (401, "unauthenticated")
    assert said(post("auth/token/refresh", {"refresh_token": token})) == (401, "unauthenticated")
    assert post("auth/logout", {"refresh_token": token}).status_code == 204


def test_a_token_of_another_installation_opens_nothing(ann: Staff, settings: Any) -> None:
    token = pair(ann)["access_token"]
    settings.HEADLESS_JWT_PRIVATE_KEY = "x" * 50
    assert said(get("auth/me", token)) == (401, "unauthenticated")


def test_after_logout_no_token_opens_anything(ann: Staff) -> None:
    both = pair(ann)
    answer = post("auth/logout", {"refresh_token": both["refresh_token"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert said(get("auth/me", both["access_token"])) == (401, "unauthenticated")
    assert said(post("auth/token/refresh", {"refresh_token": both["refresh_token"]})) == (401, "unauthenticated")
    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


def test_whatever_ends_sessions_ends_tokens_at_once(shop: Shop, ann: Staff) -> None:
    """Signing out everywhere, a new password, being disabled."""
    token = pair(ann)["access_token"]
    for session in UserSession.objects.filter(user=ann.user):
        session.end()
    assert said(get("business", token)) == (401, "unauthenticated")

    token = pair(ann)["access_token"]
    ann.user.set_password("another correct horse")
    ann.user.save()
    assert said(get("business", token)) == (401, "unauthenticated")

    both = pair_with(ann, "another correct horse")
    users.disable(user=ann.user)
    assert said(get("business", both["access_token"])) == (401, "unauthenticated")
    assert said(post("auth/token/refresh", {"refresh_token": both["refresh_token"]})) == (401, "unauthenticated")


def pair_with(staff: Staff, password: str) -> dict[str, Any]:
    body: dict[str, Any] = sign_in(staff, password).json()
    return body


def test_a_sign_in_ends_after_a_working_day_however_often_it_is_refreshed(ann: Staff) -> None:
    token = pair(ann)["refresh_token"]
    session = Session.objects.get()
    ends = session.expire_date
    assert 0 < (ends - timezone.now()).total_seconds() <= django_settings.SESSION_COOKIE_AGE
    post("auth/token/refresh", {"refresh_token": token})
    session.refresh_from_db()
    assert session.expire_date == ends


def test_the_session_of_a_token_stands_on_the_page_of_devices(ann: Staff, client: Client) -> None:
    pair(ann)
    client.force_login(ann.user)
    assert UserSession.objects.filter(user=ann.user).count() >= 1
    assert client.get("/accounts/sessions/").status_code == 200


# --- For which business -----------------------------------------------------------------------------------


def test_who_works_at_several_names_one(ann: Staff, new_shop: Any) -> None:
    token = pair(ann)["access_token"]
    other = new_shop("tea")
    Staff.objects.create(business=other.business, user=ann.user, role=Role.CASHIER)
    answer = get("business", token)
    assert said(answer) == (422, "business_required")
    assert answer.json()["errors"] == {"Regulars-Business": ["One of nar, tea."]}
    assert get("business", token, **{"Regulars-Business": "tea"}).json()["slug"] == "tea"


def test_another_s_business_and_one_that_is_not_are_the_same_answer(ann: Staff, new_shop: Any) -> None:
    new_shop("far")
    token = pair(ann)["access_token"]
    answers = [get("business", token, **{"Regulars-Business": slug}) for slug in ("far", "nowhere")]
    assert [said(each) for each in answers] == [(403, "not_staff")] * 2
    assert answers[0].content == answers[1].content


def test_who_left_is_out_at_the_next_call(shop: Shop, ann: Staff) -> None:
    token = pair(ann)["access_token"]
    staffing.end(by=shop.staff, staff=ann, at=timezone.now())
    assert said(get("business", token)) == (403, "not_staff")


@pytest.mark.parametrize("status", [BusinessStatus.CLOSED, BusinessStatus.DECLINED, BusinessStatus.WAITING])
def test_a_business_that_is_not_active_opens_nothing(shop: Shop, ann: Staff, status: str) -> None:
    token = pair(ann)["access_token"]
    shop.business.status = status
    shop.business.save()
    assert get("business", token).status_code == 403


def test_a_person_has_a_limit_of_their_own(ann: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    token = pair(ann)["access_token"]
    monkeypatch.setattr(view, "staff_throttle", Throttle(2))
    answers = [get("business", token), get("auth/me", token), get("business", token)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def test_an_address_has_a_limit_at_the_door(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "door_throttle", Throttle(2))
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")  # from where no other test has come
    body = {"refresh_token": "none"}
    answers = [elsewhere.post("/api/v1/auth/logout", body, content_type="application/json") for _call in range(3)]
    assert [each.status_code for each in answers] == [204, 204, 429]
    assert said(answers[2]) == (429, "throttled")
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def test_who_hides_the_address_is_counted_with_all_who_do(ann: Staff) -> None:
    body = orjson.dumps({"email": ann.user.email, "password": PASSWORD})
    answers = [
        Client(REMOTE_ADDR="").post("/api/v1/auth/token", body, content_type="application/json").status_code
        for _sign_in in range(31)
    ]
    assert answers == [200] * 30 + [429]


def test_without_a_broker_people_still_sign_in(ann: Staff, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "door_throttle", Throttle(1))
    settings.THROTTLE_URL = "unix:///nonexistent/broker.sock"
    throttle._broker.cache_clear()
    try:
        tokens_of = [pair(ann)["access_token"] for _sign_in in range(2)]
        assert [get("business", token).status_code for token in tokens_of] == [200, 200]
    finally:
        throttle._broker.cache_clear()


# --- Beginning --------------------------------------------------------------------------------------------


def test_an_account_begins_with_a_letter_and_then_signs_in_and_registers_its_business(db: None) -> None:
    answer = post("auth/register", {"email": "New@nar.test", "password": PASSWORD})
    assert answer.status_code == 202
    user = User.objects.get(email="new@nar.test")
    assert said(sign_in(user)) in [(403, "email_unverified"), (429, "throttled")]
    EmailAddress.objects.filter(user=user).update(verified=True)
    cache.clear()

    token = pair(user)["access_token"]
    assert said(get("business", token)) == (403, "not_staff")
    fields = {"name": "Çay evi", "country": "AZ", "category": "cafe", "earn_rate": "2"}
    made = post("businesses", fields, token)
    assert made.status_code == 201, made.content
    assert (made.json()["slug"], made.json()["earn_rate"], made.json()["status"]) == ("cay-evi", "2", "active")
    assert get("business", token).json()["name"] == "Çay evi"

    again = post("businesses", fields, token)
    assert again.status_code == 200
    assert again.json() == made.json()
    assert Staff.objects.filter(user=user).count() == 1


def test_a_known_address_is_answered_like_a_new_one(ann: Staff) -> None:
    answers = [
        post("auth/register", {"email": email, "password": PASSWORD}) for email in ("ann@nar.test", "b@nar.test")
    ]
    assert answers[0].status_code == answers[1].status_code == 202
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers
    assert [letter.to for letter in mail.outbox] == [["ann@nar.test"], ["b@nar.test"]]
    assert ann.user.check_password(PASSWORD)


@pytest.mark.parametrize("email", ["ann@nar.test", "new@nar.test"])
def test_a_poor_password_is_refused_whether_the_address_is_known_or_not(ann: Staff, email: str) -> None:
    answer = post("auth/register", {"email": email, "password": "12345"})
    assert said(answer) == (422, "invalid")
    assert answer.json()["errors"].keys() == {"password"}


def test_accounts_are_not_made_by_the_hundred(db: None) -> None:
    answers = [post("auth/register", {"email": f"{n}@nar.test", "password": PASSWORD}).status_code for n in range(21)]
    assert answers == [202] * 20 + [429]


def test_a_business_joins_a_programme_by_its_code_and_waits(shop: Shop, ann: Staff) -> None:
    token = pair(ann)["access_token"]
    fields = {"name": "Armud", "country": "AZ", "category": "cafe"}
    assert post("businesses", fields | {"join_code": "nothing"}, token).json()["errors"].keys() == {"join_code"}
    assert post("businesses", fields | {"country": "US", "join_code": "CIRCLE"}, token).status_code == 422
    assert post("businesses", fields | {"join_code": "circle"}, token).json()["status"] == "waiting"


def test_the_answers_of_a_new_business_are_checked_by_name(ann: Staff) -> None:
    token = pair(ann)["access_token"]
    answer = post("businesses", {"name": " ", "country": "Atlantis", "category": "spaceport", "earn_rate": "-1"}, token)
    assert said(answer) == (422, "invalid")
    assert answer.json()["errors"].keys() == {"name", "country", "category", "earn_rate"}


# --- Side by side -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_side_by_side_are_not_both_the_first(ann: Staff) -> None:
    token = pair(ann)["refresh_token"]
    begin, outcomes = threading.Barrier(4), []

    def one() -> None:
        begin.wait()
        try:
            tokens.refresh(token=token)
            outcomes.append("pair")
        except tokens.NotSignedIn:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["pair", "refused", "refused", "refused"]
