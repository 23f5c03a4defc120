"""Rewards, holds and consent by the API."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conftest import Shop
from customers import cards
from customers.models import Message
from loyalty import rewards, rotating
from loyalty.models import Redemption, Reward, ShownCode, SpendingCode, Tier
from loyalty.tests.conftest import PHONE, buy, wallet
from loyalty.tests.test_api import Till, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def offer(shop: Shop, points: int = 100, *, everywhere: bool = False, **values: Any) -> Reward:
    values = {"name": "Flat white", "points": points} | values
    business = None if everywhere else shop.business
    return rewards.make(program=shop.business.program, business=business, values=values)


def test_a_claim_says_what_it_took(shop: Shop, till: Till) -> None:
    buy(shop, 300)
    coffee = offer(shop, stock=1)
    body = {"phone": PHONE, "reward": str(coffee.public_id)}
    made = till.post("redemptions", body, key="same")
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], "status": "confirmed", "points": 100, "balance": 200}
    again = till.post("redemptions", body, key="same")
    assert (again.json(), again["Idempotency-Replayed"]) == (made.json(), "true")
    assert problem(till.post("redemptions", body)) == (409, "out_of_stock")
    shown = till.get(f"redemptions/{made.json()['id']}").json()
    assert (shown["status"], shown["reward"], shown["description"]) == (
        "confirmed",
        str(coffee.public_id),
        "Flat white",
    )


def test_the_list_is_what_is_offered_here_and_goes_on_over_pages(
    shop: Shop, till: Till, new_shop: Callable[..., Shop], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1)
    offer(shop, tier=gold)
    offer(shop, everywhere=True, stock=3, limit_per_customer=1)
    offer(shop, archived_at=timezone.now())
    offer(new_shop("tea"))
    till.get("rewards")
    with django_assert_max_num_queries(2):
        whole = till.get("rewards").json()["results"]
    offered = Reward.objects.of(shop.business).order_by("-pk")
    assert [each["id"] for each in whole] == [str(each.public_id) for each in offered]
    assert [(each["tier"], each["left"], each["programme_wide"]) for each in whole] == [
        (None, 3, True),
        ("Gold", None, False),
    ]
    assert till.pages("rewards") == whole


def test_a_hold_has_a_code_is_confirmed_once_and_its_answer_stays_the_same(shop: Shop, till: Till) -> None:
    buy(shop, 300)
    coffee = offer(shop)
    body = {"phone": PHONE, "reward": str(coffee.public_id), "hold": True}
    held = till.post("redemptions", body, key="same").json()
    assert (held["status"], held["balance"]) == ("held", 200)
    assert re.fullmatch(r"[A-Z][A-Z0-9]{5}", held["code"])
    url = f"redemptions/{held['id']}"
    assert till.get(url).json()["status"] == "held"
    confirmed = till.post(f"{url}/confirm", {}, key="take")
    assert (confirmed.status_code, confirmed.json()["points"], confirmed.json()["balance"]) == (201, 100, 200)
    assert till.post(f"{url}/confirm", {}, key="take").json() == confirmed.json()
    assert problem(till.post(f"{url}/confirm", {})) == (409, "already_confirmed")
    assert till.post("redemptions", body, key="same").json() == held
    assert till.post(f"{url}/cancel", {}).json()["balance"] == 300
    assert till.get(url).json()["status"] == "cancelled"


def test_a_hold_that_ended_a_second_ago_is_refused(shop: Shop, till: Till) -> None:
    buy(shop, 300)
    held = till.post("redemptions", {"phone": PHONE, "points": 50, "description": "Tea", "hold": True}).json()
    Redemption.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert problem(till.post(f"redemptions/{held['id']}/confirm", {})) == (409, "hold_expired")
    assert till.get(f"redemptions/{held['id']}").json()["status"] == "cancelled"
    assert wallet().balance == 300


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"points": 5}, "description"),
        ({"description": "Tea"}, "points"),
        ({"reward": "x"}, "reward"),
        ({"reward": 7}, "reward"),
        ({"points": 0, "description": "Tea"}, "points"),
        ({"points": 5, "description": "Tea", "hold": "yes"}, "hold"),
        ({"points": 5, "description": "Tea", "consent": ""}, "consent"),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_field(shop: Shop, till: Till, body: dict[str, Any], field: str) -> None:
    buy(shop, 300)
    answer = till.post("redemptions", {"phone": PHONE} | body)
    assert problem(answer) == (422, "invalid")
    assert list(answer.json()["errors"]) == [field]


def test_a_reward_has_its_own_points(shop: Shop, till: Till) -> None:
    buy(shop, 300)
    body = {"phone": PHONE, "reward": str(offer(shop).public_id), "points": 1, "description": "Tea"}
    assert set(till.post("redemptions", body).json()["errors"]) == {"points", "description"}


def test_rewards_and_holds_of_others_do_not_exist(shop: Shop, till: Till, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    buy(shop, 300)
    body = {"phone": PHONE, "reward": str(offer(tea).public_id)}
    assert problem(till.post("redemptions", body)) == (404, "not_found")
    held = Till(tea).post("redemptions", body | {"hold": True}).json()
    for path in ("", "/confirm", "/cancel"):
        url = f"redemptions/{held['id']}{path}"
        assert problem(till.post(url, {}) if path else till.get(url)) == (404, "not_found")
    assert till.get("redemptions").json()["results"] == []
    assert len(Till(tea).get("redemptions").json()["results"]) == 1


def test_redemptions_are_listed_in_pages(shop: Shop, till: Till) -> None:
    buy(shop, 300)
    made = [
        till.post("redemptions", {"phone": PHONE, "points": n, "description": "Tea"}).json()["id"] for n in (1, 2, 3)
    ]
    first = till.get("redemptions", limit=2).json()
    second = till.get("redemptions", limit=2, cursor=first["next_cursor"]).json()
    listed = [row["id"] for row in first["results"] + second["results"]]
    assert (listed, second["next_cursor"]) == (made[::-1], None)


def test_what_points_buy_is_listed_with_how_far_it_is(shop: Shop, till: Till, new_shop: Callable[..., Shop]) -> None:
    buy(shop, 300)
    near, far = offer(shop, 350, name="Lunch", limit_per_customer=1, limit_period="day"), offer(shop, 100, stock=4)
    shared = offer(shop, 5000, name="Trip", everywhere=True)
    offer(new_shop("tea"), 100, name="Not here")
    listed = till.get("rewards").json()["results"]
    assert [row["id"] for row in listed] == [str(each.public_id) for each in (shared, far, near)]
    assert (listed[1]["left"], listed[2]["limit"], listed[0]["programme_wide"]) == (
        4,
        {"most": 1, "period": "day"},
        True,
    )
    mine = till.get(f"customers/{wallet().public_id}/rewards").json()["results"]
    assert [(row["name"], row["ready"], row["missing"], row["points_to_go"]) for row in mine] == [
        ("Flat white", True, None, 0),
        ("Lunch", False, "points", 50),
        ("Trip", False, "points", 4700),
    ]


# --- Consent ----------------------------------------------------------------------------------------------


SPEND = {"phone": PHONE, "points": 600, "description": "Dinner"}


def sent_code() -> str:
    return re.search(r"\d{6}", Message.objects.latest("pk").text)[0]  # type: ignore[index]


def reason(answer: Any) -> str:
    assert problem(answer) == (409, "consent_required")
    return str(answer.json()["reason"])


@pytest.fixture
def rich(shop: Shop) -> Shop:
    buy(shop, 5000)
    return shop


@pytest.mark.usefixtures("rich")
def test_a_bare_phone_never_spends_more_than_the_limit(till: Till) -> None:
    answer = till.post("redemptions", SPEND, key="same")
    assert (reason(answer), answer.json()["above"]) == ("none", 500)
    assert till.post("redemptions", SPEND, key="same").json() == answer.json()
    assert till.post("redemptions", SPEND | {"points": 500}).status_code == 201
    assert wallet().balance == 4500


@pytest.mark.usefixtures("rich")
def test_a_code_by_sms_allows_these_points_once(till: Till) -> None:
    asked = till.post("consents", {"phone": PHONE, "points": 600})
    assert (asked.status_code, asked.json()["points"]) == (201, 600)
    assert "600" in Message.objects.get().text
    code = sent_code()
    assert reason(till.post("redemptions", SPEND | {"points": 601, "consent": code})) == "wrong"
    body = SPEND | {"consent": code}
    made = till.post("redemptions", body, key="same")
    assert (made.status_code, made.json()["balance"]) == (201, 4400)
    assert till.post("redemptions", body, key="same").json() == made.json()
    assert reason(till.post("redemptions", body)) == "used"


@pytest.mark.usefixtures("rich")
def test_a_code_of_another_business_or_customer_is_worth_nothing(till: Till, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    other = "+994507654321"
    buy(tea, 900, phone=other)
    till.post("consents", {"phone": PHONE, "points": 600})
    code = sent_code()
    assert reason(Till(tea).post("redemptions", SPEND | {"consent": code})) == "wrong"
    assert reason(till.post("redemptions", SPEND | {"phone": other, "consent": code})) == "wrong"
    assert till.post("redemptions", SPEND | {"consent": code}).status_code == 201


@pytest.mark.usefixtures("rich")
def test_five_wrong_codes_are_enough_and_a_late_one_is_late(till: Till) -> None:
    till.post("consents", {"phone": PHONE, "points": 600})
    code = sent_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert reason(till.post("redemptions", SPEND | {"consent": wrong})) == "wrong"
    assert reason(till.post("redemptions", SPEND | {"consent": code})) == "too_many"
    SpendingCode.objects.update(attempts=0, expires_at=timezone.now())
    assert reason(till.post("redemptions", SPEND | {"consent": code})) == "late"


@pytest.mark.usefixtures("rich")
def test_codes_are_asked_for_now_and_then_and_only_the_newest_counts(till: Till) -> None:
    ask = {"phone": PHONE, "points": 600}
    till.post("consents", ask)
    first = sent_code()
    refused = till.post("consents", ask)
    assert (problem(refused), refused["Retry-After"] in ("44", "45")) == ((429, "throttled"), True)
    SpendingCode.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    till.post("consents", ask)
    if first != sent_code():
        assert reason(till.post("redemptions", SPEND | {"consent": first})) == "wrong"
    assert till.post("redemptions", SPEND | {"consent": sent_code()}).status_code == 201


def test_nobody_without_a_phone_gets_a_code(till: Till) -> None:
    till.post("purchases", {"external_id": "u-1", "amount": "900"})
    assert problem(till.post("consents", {"external_id": "u-1", "points": 600})) == (409, "no_phone")


def shown(at: Any = None) -> str:
    at = at or timezone.now()
    mine = wallet()
    card = cards.current(program_id=mine.program_id, customer_id=mine.customer_id, at=at)
    return rotating.content(token=card.token, at=at)


@pytest.mark.usefixtures("rich")
def test_the_rotating_code_names_the_customer_and_agrees_once(till: Till) -> None:
    code = shown()
    body = {"card": code, "points": 600, "description": "Dinner", "consent": code}
    assert till.post("customers/lookup", {"card": code}).json()["balance"] == 5000
    assert till.post("redemptions", body, key="same").status_code == 201
    assert till.post("redemptions", body, key="same").status_code == 201
    assert reason(till.post("redemptions", body)) == "used"
    assert wallet().balance == 4400


@pytest.mark.usefixtures("rich")
def test_a_rotating_code_counts_half_a_minute_around_its_own_and_not_when_made_up(till: Till) -> None:
    now = timezone.now()
    token = shown().split(".")[0]
    for away in (-2, 2):
        assert reason(till.post("redemptions", SPEND | {"consent": shown(now + away * rotating.STEP)})) == "late"
    step, signature = shown().split(".")[1:]
    for made_up in (f"{token}.{step}.x", f"{token}.{int(step) + 1}.{signature}", f"{token}.x.{signature}", token, ".."):
        assert reason(till.post("redemptions", SPEND | {"consent": made_up})) == "wrong"
    assert till.post("redemptions", SPEND | {"consent": shown(now - rotating.STEP)}).status_code == 201


@pytest.mark.usefixtures("rich")
def test_the_rotating_code_of_another_card_or_a_revoked_one_is_worth_nothing(shop: Shop, till: Till) -> None:
    code = shown()
    buy(shop, 900, phone="+994507654321")
    assert reason(till.post("redemptions", SPEND | {"phone": "+994507654321", "consent": code})) == "wrong"
    mine = wallet()
    cards.replace(program_id=mine.program_id, customer_id=mine.customer_id, token=code.split(".")[0], at=timezone.now())
    assert reason(till.post("redemptions", SPEND | {"consent": code})) == "wrong"


@pytest.mark.usefixtures("rich")
def test_a_spend_that_is_refused_leaves_the_code_as_it_was(shop: Shop, till: Till) -> None:
    gone = offer(shop, 600, stock=1)
    till.post("redemptions", {"phone": PHONE, "reward": str(gone.public_id), "consent": shown()})
    ShownCode.objects.all().delete()
    code = shown()
    body = {"phone": PHONE, "reward": str(gone.public_id), "consent": code}
    assert problem(till.post("redemptions", body)) == (409, "out_of_stock")
    assert till.post("redemptions", SPEND | {"consent": code}).status_code == 201


@pytest.mark.usefixtures("rich")
@pytest.mark.parametrize(("limit", "status"), [(None, 201), (599, 409), (0, 409), (600, 201)])
def test_each_business_says_from_where_on_it_asks(shop: Shop, till: Till, limit: int | None, status: int) -> None:
    shop.business.consent_above = limit
    shop.business.save()
    assert till.post("redemptions", SPEND).status_code == status
