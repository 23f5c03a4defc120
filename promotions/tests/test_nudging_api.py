"""Behaviour, sign-ins and nudges through the API: what is kept, what is shown, and what is said twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Business, Program
from conftest import Shop
from customers import profiles
from customers.models import Customer, ExternalId
from customers.profiles import Told
from loyalty import forgetting
from loyalty.churn import scoring
from loyalty.models import ChurnScore, Wallet
from loyalty.tests.conftest import PHONE, buy, wallet_of
from loyalty.tests.test_api import Till
from promotions import offers, tasks
from promotions.models import Arm, Assignment, BehaviourEvent, Coupon, Experiment, SignIn
from promotions.nudging import experiments
from promotions.tests.conftest import offer
from promotions.tests.nudged import LATER, a_nudge, begin, clock, left

__all__ = ["clock", "left"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def till_of(shop: Shop) -> Till:
    return Till(shop, ["read", "promote"])


def sign_in(shop: Shop, who: UUID, key: str = "one") -> Any:
    return till_of(shop).post(f"customers/{who}/sign-ins", {}, key=key)


def id_of(shop: Shop, who: int) -> UUID:
    return Wallet.objects.get(customer=who, program=shop.business.program_id).public_id


# --- Behaviour ------------------------------------------------------------------------------------------------


def test_a_batch_is_kept_in_one_statement(shop: Shop) -> None:
    buy(shop, 10)
    ExternalId.objects.create(business=shop.business, customer=wallet_of(shop).customer, external_id="QM-1")
    named = [{"phone": PHONE}, {"external_id": "QM-1"}, {"customer": str(wallet_of(shop).public_id)}]
    events = [
        {**named[n % 3], "kind": "page_view", "path": f"/p/{n}", "sku": "A1", "session": "s1", "id": f"e{n}"}
        for n in range(300)
    ]
    till = till_of(shop)
    till.get("offers")  # what is read once
    with CaptureQueriesContext(connection) as queries:
        answer = till.post("behaviour-events", {"events": events})
    assert (answer.status_code, answer.json()) == (201, {"accepted": 300, "repeated": 0, "errors": []})
    assert len(queries) <= 6  # the key, three ways to name somebody, whose wallets those are, the events
    event = BehaviourEvent.objects.get(event_id="e7")
    assert (event.customer_id, event.kind, event.path, event.sku, event.session) == (
        wallet_of(shop).customer_id, "page_view", "/p/7", "A1", "s1",
    )  # fmt: skip


def test_a_bad_event_is_named_and_the_others_are_kept(shop: Shop) -> None:
    buy(shop, 10)
    long_ago, ahead = timezone.now() - timedelta(days=91), timezone.now() + timedelta(minutes=6)
    events: list[Any] = [
        {"phone": PHONE, "kind": "login"},
        {"phone": PHONE, "kind": "teleport"},
        {"kind": "login"},
        {"phone": "+994509999999", "kind": "login"},
        "nonsense",
        {"phone": PHONE, "kind": "cart_add", "sku": "A1", "colour": "red"},
        {"phone": PHONE, "kind": "login", "occurred_at": long_ago.isoformat()},
        {"phone": PHONE, "kind": "login", "occurred_at": ahead.isoformat()},
        {"phone": PHONE, "kind": "cart_add", "sku": "x" * 65},
        {"customer": str(uuid4()), "kind": "login"},
        {"phone": PHONE, "kind": "cart_add", "sku": "A1"},
    ]
    answer = till_of(shop).post("behaviour-events", {"events": events})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["accepted"], said["repeated"]) == (2, 0)
    wrong = {each["event"]: set(each["errors"]) for each in said["errors"]}
    assert wrong == {
        1: {"kind"}, 2: {"who"}, 3: {"who"}, 4: {"event"}, 5: {"colour"}, 6: {"occurred_at"}, 7: {"occurred_at"},
        8: {"sku"}, 9: {"who"},
    }  # fmt: skip
    assert list(BehaviourEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["login", "cart_add"]


def test_what_was_told_before_is_not_counted_again(shop: Shop, new_shop: Any) -> None:
    buy(shop, 10)
    batch = {"events": [{"phone": PHONE, "kind": "login", "id": "1"}, {"phone": PHONE, "kind": "login", "id": "1"}]}
    till = till_of(shop)
    assert till.post("behaviour-events", batch).json() == {"accepted": 1, "repeated": 1, "errors": []}
    assert till.post("behaviour-events", batch).json() == {"accepted": 0, "repeated": 2, "errors": []}
    other = new_shop("tea")
    assert till_of(other).post("behaviour-events", batch).json()["accepted"] == 1  # its own names
    assert BehaviourEvent.objects.count() == 2


@pytest.mark.parametrize("events", [None, [], "x", {}, [{}] * 1001])
def test_a_batch_that_is_none_is_refused(shop: Shop, events: Any) -> None:
    answer = till_of(shop).post("behaviour-events", {"events": events})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"events"})


def test_a_customer_of_another_programme_is_nobody_here(shop: Shop, new_shop: Any) -> None:
    far = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR"))
    buy(far, 10)
    events = [{"phone": PHONE, "kind": "login"}, {"customer": str(Wallet.objects.get().public_id), "kind": "login"}]
    answer = till_of(shop).post("behaviour-events", {"events": events})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"events.0.who", "events.1.who"})


def test_behaviour_is_kept_for_some_months_and_goes_with_its_customer(shop: Shop) -> None:
    buy(shop, 10)
    mine = {"business": shop.business, "customer_id": wallet_of(shop).customer_id}
    now = timezone.now()
    for age in (timedelta(days=91), timedelta(days=89)):
        BehaviourEvent.objects.create(**mine, kind="login", occurred_at=now - age, received_at=now - age)
        SignIn.objects.create(**mine, key=str(age), answer="{}", at=now - age)
    tasks.forget_behaviour()
    assert (BehaviourEvent.objects.count(), SignIn.objects.count()) == (1, 1)
    tasks.forget_behaviour()
    forgetting.forget(customer_id=wallet_of(shop).customer_id, at=now)
    assert (BehaviourEvent.objects.count(), SignIn.objects.count()) == (0, 0)


# --- Signing in -----------------------------------------------------------------------------------------------


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch, left: list[int]) -> list[int]:
    """The moment at which the customers have been away for long, also for whoever asks for the time."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    return left


def treated(experiment: Experiment, customers: list[int]) -> int:
    return next(each for each in customers if experiments.bucket(experiment.key, each) >= 5000)


def control(experiment: Experiment, customers: list[int]) -> int:
    return next(each for each in customers if experiments.bucket(experiment.key, each) < 5000)


def scored(shop: Shop) -> None:
    scoring.score(business=Business.objects.get(pk=shop.business.pk), at=timezone.now())


def test_who_signs_in_and_would_leave_is_shown_a_coupon_now(shop: Shop, today: list[int]) -> None:
    scored(shop)
    experiment = begin(shop, offer(shop, lasts_days=14), control_percent=50)
    customer_id = treated(experiment, today)
    answer = sign_in(shop, id_of(shop, customer_id))
    assert answer.status_code == 201
    said, drawn = answer.json(), Assignment.objects.select_related("nudge__coupon").get()
    assert (said["churn"], said["model"]) == (pytest.approx(drawn.churn, abs=1e-4), drawn.model)
    assert said["churn"] > 0.6
    assert (drawn.arm, drawn.trigger, drawn.nudge.shown) == ("treatment", "sign_in", "screen")
    coupon = drawn.nudge.coupon
    assert said["nudges"] == [
        {
            "id": str(drawn.nudge.public_id),
            "message": f"Come back for Ten off: {coupon.code} until 16 May",
            "coupon": {"code": coupon.code, "offer": "Ten off", "expires_at": coupon.expires_at.isoformat()},
        }
    ]
    assert BehaviourEvent.objects.get().kind == "login"
    assert coupon.because == {"churn": round(drawn.churn, 4), "model": drawn.model}


def test_the_score_at_sign_in_is_that_of_the_night(shop: Shop, today: list[int]) -> None:
    scored(shop)
    said = sign_in(shop, id_of(shop, today[0])).json()
    assert said["churn"] == pytest.approx(ChurnScore.objects.get(membership__customer=today[0]).churn, abs=1e-4)
    assert said["nudges"] == []  # no experiment runs


def test_the_same_sign_in_twice_is_one_and_hears_the_same(shop: Shop, today: list[int]) -> None:
    scored(shop)
    experiment = begin(shop, offer(shop, lasts_days=14), control_percent=50)
    who, other = id_of(shop, treated(experiment, today)), id_of(shop, control(experiment, today))
    first, second = sign_in(shop, who), sign_in(shop, who)
    assert first.content == second.content
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert sign_in(shop, other).json()["code"] == "key_reused"
    again = sign_in(shop, who, key="two").json()
    assert again["nudges"] == first.json()["nudges"]  # what stands is shown again, and nothing new is given
    assert (Coupon.objects.count(), Assignment.objects.count(), SignIn.objects.count()) == (1, 1, 2)
    assert till_of(shop).post(f"customers/{who}/sign-ins", key=None).json()["code"] == "key_required"


def test_the_control_group_is_shown_nothing_however_often_it_signs_in(shop: Shop, today: list[int]) -> None:
    scored(shop)
    experiment = begin(shop, offer(shop, lasts_days=14), control_percent=50)
    customer_id = control(experiment, today)
    for key in ("one", "two"):
        assert sign_in(shop, id_of(shop, customer_id), key).json()["nudges"] == []
    assert Assignment.objects.get().arm == Arm.CONTROL
    assert not Coupon.objects.exists()


def test_who_would_come_anyway_is_not_drawn_at_sign_in(shop: Shop, today: list[int]) -> None:
    scored(shop)
    begin(shop, threshold_percent=99)
    assert sign_in(shop, id_of(shop, today[0])).json()["nudges"] == []
    assert not Assignment.objects.exists()


def test_while_little_is_known_a_sign_in_has_no_chance_and_no_nudge(shop: Shop) -> None:
    buy(shop, 10)
    begin(shop)
    assert sign_in(shop, wallet_of(shop).public_id).json() == {"churn": None, "model": None, "nudges": []}


def test_an_offer_that_has_ended_gives_nobody_anything_at_sign_in(shop: Shop, today: list[int]) -> None:
    scored(shop)
    ten = offer(shop, lasts_days=14)
    begin(shop, ten)
    offers.end(offer=ten, at=timezone.now())
    assert sign_in(shop, id_of(shop, today[0])).json()["nudges"] == []
    assert not Assignment.objects.exists()


def test_caps_hold_at_sign_in_too(shop: Shop, today: list[int]) -> None:
    scored(shop)
    ten = offer(shop, lasts_days=14)
    a_nudge(shop, ten, Customer.objects.get(pk=today[0]).phone or "", at=timezone.now() - timedelta(days=6))
    begin(shop, ten, threshold_percent=50)
    drawn = Assignment.objects.count()
    sign_in(shop, id_of(shop, today[0]))
    assert Assignment.objects.count() == drawn


@pytest.mark.parametrize("stranger", ["unknown", "another programme"])
def test_nobody_else_signs_in_here(shop: Shop, new_shop: Any, stranger: str) -> None:
    buy(shop, 10)
    far = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR"))
    who = uuid4() if stranger == "unknown" else wallet_of(shop).public_id
    answer = sign_in(far, who)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")
    assert not SignIn.objects.exists()


# --- Nudges and responses -------------------------------------------------------------------------------------


def test_a_shop_tells_what_became_of_a_nudge(shop: Shop) -> None:
    buy(shop, 10)
    nudge = a_nudge(shop, offer(shop, lasts_days=7), PHONE)
    till, path = till_of(shop), f"nudges/{nudge.public_id}/responses"
    assert till.post(path, {"response": "viewed"}).json() == {"id": str(nudge.public_id), "state": "viewed"}
    assert till.post(path, {"response": "dismissed"}).json()["state"] == "dismissed"
    assert till.post(path, {"response": "used"}).json()["state"] == "used"
    assert till.post(path, {"response": "eaten"}).status_code == 422
    assert till.post(path, {}).json()["errors"] == {"response": ["Required."]}


def test_after_its_time_a_response_is_refused(shop: Shop) -> None:
    buy(shop, 10)
    nudge = a_nudge(shop, offer(shop, lasts_days=7), PHONE, at=timezone.now() - timedelta(days=7))
    answer = till_of(shop).post(f"nudges/{nudge.public_id}/responses", {"response": "viewed"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nudge_expired")


def test_the_nudge_of_another_business_does_not_exist(shop: Shop, new_shop: Any) -> None:
    buy(shop, 10)
    nudge = a_nudge(shop, offer(shop, lasts_days=7), PHONE)
    tea = till_of(new_shop("tea"))
    assert tea.post(f"nudges/{nudge.public_id}/responses", {"response": "viewed"}).status_code == 404
    assert tea.get(f"customers/{wallet_of(shop).public_id}/nudges").json() == {"results": [], "next_cursor": None}
    nudge.refresh_from_db()
    assert nudge.viewed_at is None


def test_the_nudges_of_a_customer_are_listed_with_why_they_got_them(shop: Shop) -> None:
    buy(shop, 10)
    profiles.fill(
        program_id=shop.business.program_id, customer_id=wallet_of(shop).customer_id, told=Told(language="az")
    )
    nudge = a_nudge(shop, offer(shop, lasts_days=7), PHONE)
    (found,) = till_of(shop).get(f"customers/{wallet_of(shop).public_id}/nudges").json()["results"]
    assert found["message"] == f"Qayıdın: {nudge.coupon.code}"
    assert (found["state"], found["shown"], found["churn"], found["model"]) == (
        "delivered",
        "screen",
        0.7,
        "mbg-nbd-1/1",
    )


@pytest.mark.parametrize("scope", ["read", "earn", "redeem", "admin"])
def test_a_key_needs_the_scope_to_promote(shop: Shop, scope: str) -> None:
    buy(shop, 10)
    till = Till(shop, [scope])
    assert till.post("behaviour-events", {"events": []}).status_code == 403
    assert till.post(f"customers/{wallet_of(shop).public_id}/sign-ins").status_code == 403
