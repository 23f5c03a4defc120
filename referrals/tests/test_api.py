"""Referrals through the API, as a till or an online shop notes and completes them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conftest import Shop
from loyalty.tests.conftest import buy
from loyalty.tests.test_api import Till, problem
from referrals.models import Referral, ReferralTerms
from referrals.tests.conftest import FRIEND, LEYLA, OTHER, balance, bring, join

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books", "terms")]


@pytest.fixture
def till(shop: Shop) -> Till:
    join(shop, LEYLA)
    return Till(shop, ["read", "earn", "promote"])


def test_a_referral_is_noted_once_and_its_friends_purchase_completes_it(till: Till, shop: Shop, at_once: Any) -> None:
    asked = {"phone": FRIEND, "inviter": LEYLA}
    first, again = till.post("referrals", asked, key="k"), till.post("referrals", asked, key="k")
    assert first.status_code == 201
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    body = first.json()
    assert (body["state"], body["source"], body["friend"]) == ("pending", "api", None)
    with at_once():
        sold = till.post("purchases", {"phone": FRIEND, "amount": "12"}, key="s")
    (effect,) = sold.json()["effects"]
    assert (effect["effect"], effect["referral"], effect["points"]) == ("referral_completed", body["id"], 50)
    (listed,) = till.get("referrals").json()["results"]
    assert (listed["id"], listed["state"], listed["points"], listed["inviter_points"]) == (
        body["id"], "completed", 50, 50,
    )  # fmt: skip
    assert till.post("referrals", asked, key="k").content == first.content, "the answer of that day"


def test_another_body_with_the_same_key_is_refused(till: Till) -> None:
    till.post("referrals", {"phone": FRIEND, "inviter": LEYLA}, key="k")
    assert problem(till.post("referrals", {"phone": OTHER, "inviter": LEYLA}, key="k")) == (422, "key_reused")
    till.post("purchases", {"phone": OTHER, "amount": "1"}, key="sale")
    assert problem(till.post("referrals", {"phone": OTHER, "inviter": LEYLA}, key="sale")) == (422, "key_reused")


def test_a_refusal_is_kept_under_its_key(till: Till, shop: Shop) -> None:
    asked = {"phone": FRIEND, "inviter": "NOBODYXX"}
    refused = till.post("referrals", asked, key="k")
    assert problem(refused) == (409, "unknown_inviter")
    assert refused.json()["detail"] == "No customer here has that code or number."
    again = till.post("referrals", asked, key="k")
    assert (again.content, again["Idempotency-Replayed"]) == (refused.content, "true")


@pytest.mark.parametrize(
    ("friend", "code"), [(LEYLA, "own_phone"), (OTHER, "existing_customer"), (FRIEND, "already_referred")]
)
def test_each_refusal_has_its_code(till: Till, shop: Shop, friend: str, code: str) -> None:
    buy(shop, 5, phone=OTHER)
    join(shop, "+994506667788")
    bring(shop, FRIEND, "+994506667788")
    assert problem(till.post("referrals", {"phone": friend, "inviter": LEYLA}, key="k")) == (409, code)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"phone": FRIEND}, {"inviter": LEYLA}, {"phone": FRIEND, "inviter": ""}, {"phone": "🎁", "inviter": LEYLA},
        {"phone": FRIEND, "inviter": "x" * 300}, {"phone": FRIEND, "customer": "x", "inviter": LEYLA},
        {"phone": FRIEND, "inviter": LEYLA, "odd": 1}, {"phone": FRIEND, "inviter": 5},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_field_by_field(till: Till, body: dict[str, Any]) -> None:
    answer = till.post("referrals", body, key="k")
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"]
    assert not Referral.objects.exists()


def test_it_is_completed_by_id_or_by_the_friend_once(till: Till, shop: Shop, at_once: Any) -> None:
    join(shop, FRIEND)
    brought = bring(shop)
    url = f"referrals/{brought.public_id}/complete"
    assert problem(till.post(url, {"points": 101}, key="a")) == (409, "too_many_points")
    with at_once():
        done = till.post("referrals/complete", {"phone": FRIEND, "points": 80}, key="b")
    assert (done.status_code, done.json()["state"], done.json()["points"]) == (201, "completed", 80)
    again = till.post("referrals/complete", {"phone": FRIEND, "points": 80}, key="b")
    assert (again.content, again["Idempotency-Replayed"]) == (done.content, "true")
    second = till.post(url, {}, key="c")
    assert (problem(second), second.json()["state"]) == ((409, "not_pending"), "completed")
    assert (balance(shop, FRIEND), balance(shop, LEYLA)) == (80, 80)


@pytest.mark.parametrize("points", [0, -1, 1.5, "80", True, 10**12])
def test_points_are_whole_and_above_nought(till: Till, shop: Shop, points: Any) -> None:
    join(shop, FRIEND)
    answer = till.post(f"referrals/{bring(shop).public_id}/complete", {"points": points}, key="k")
    assert problem(answer) == (422, "invalid")


def test_who_was_brought_by_nobody_is_not_found(till: Till, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    bring(shop, FRIEND, business=tea.business)
    for friend in (FRIEND, OTHER):
        assert problem(till.post("referrals/complete", {"phone": friend}, key=f"k{friend}")) == (404, "not_found")
    theirs = f"referrals/{Referral.objects.get().public_id}/complete"
    assert problem(till.post(theirs, {}, key="k")) == (404, "not_found")
    assert till.get("referrals").json()["results"] == []


def test_the_list_is_filtered_by_state_and_what_is_late_counts_as_rejected(till: Till, shop: Shop) -> None:
    bring(shop)
    bring(shop, OTHER)
    Referral.objects.filter(friend__phone=OTHER).update(ends_at=timezone.now() - timedelta(days=1))
    states = {state: till.get("referrals", state=state).json()["results"] for state in ("pending", "rejected")}
    assert [len(rows) for rows in states.values()] == [1, 1]
    assert states["rejected"][0]["reason"] == "expired"
    assert problem(till.get("referrals", state="odd")) == (422, "invalid")
    assert problem(till.get("referrals", odd="1")) == (422, "invalid")


def test_where_it_is_off_it_is_refused(till: Till) -> None:
    ReferralTerms.objects.update(is_on=False)
    assert problem(till.post("referrals", {"phone": FRIEND, "inviter": LEYLA}, key="k")) == (409, "off")
