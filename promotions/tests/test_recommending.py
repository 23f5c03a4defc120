"""What is recommended to whom, and what nobody may learn from it."""

import csv
import gzip
import json
import math
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses import api_keys
from businesses.models import Branch, Business, BusinessStatus, Program, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from customers.models import Customer
from loyalty import rewards
from loyalty.churn import scoring
from loyalty.models import Membership, Wallet
from loyalty.tests.conftest import PHONE, buy
from loyalty.tests.test_points_page import sign_in
from promotions.models import CoVisit, RecommendationRules, RecommendationRulesChange
from promotions.recommending import changing, covisits, recommender
from promotions.recommending.recommender import Kind, Recommendation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def phone(number: int) -> str:
    return f"+99450300{number:04}"


def come(shop: Shop, who: str, *days_ago: int, amount: int = 10) -> None:
    for days in days_ago:
        buy(shop, amount, phone=who, at=timezone.now() - timedelta(days=days))


def wallet(who: str = PHONE) -> Wallet:
    return Wallet.objects.select_related("program", "tier").get(customer__phone=who)


def to_customer(who: str = PHONE) -> list[Recommendation]:
    return recommender.to_customer(wallet=wallet(who), at=timezone.now())


def to_business(shop: Shop, who: str = PHONE) -> list[Recommendation]:
    business = Business.objects.get(pk=shop.business.pk)
    return recommender.to_business(wallet=wallet(who), business=business, at=timezone.now())


def names(found: list[Recommendation], kind: Kind) -> list[str]:
    return [each.reward_name or each.place_name for each in found if each.kind is kind]


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def others(new_shop: Callable[..., Shop]) -> dict[str, Shop]:
    """Beside nar, where everybody of them has been: alma, where most went too, armud, and a clinic."""
    return {
        "alma": new_shop("alma"),
        "armud": new_shop("armud"),
        "clinic": new_shop("clinic", category="medical", confidential=True),
    }


@pytest.fixture
def circle(shop: Shop, others: dict[str, Shop]) -> Shop:
    """Six customers of nar, of whom four know alma, two armud and all the clinic. The seventh knows nar alone."""
    for number in range(6):
        come(shop, phone(number), 3)
        come(others["clinic"], phone(number), 2)
    for number in range(4):
        come(others["alma"], phone(number), 2)
    for number in range(2, 4):
        come(others["armud"], phone(number), 1)
    come(shop, PHONE, 3)
    covisits.count(program=shop.business.program)
    return shop


def test_the_weight_is_what_the_formula_says(circle: Shop, others: dict[str, Shop]) -> None:
    pull = CoVisit.objects.get(visited=circle.business, other=others["alma"].business)
    assert pull.customers == 4
    assert pull.weight == pytest.approx(4 / (7 + 20) * math.sqrt(4 * 7 / (7 * 4)))
    alone = CoVisit.objects.get(visited=None, other=circle.business)
    assert (alone.customers, alone.weight) == (7, 7)
    assert CoVisit.objects.filter(visited__isnull=False).count() == 6


def test_one_customer_in_common_says_nothing(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    come(shop, PHONE, 3)
    come(new_shop("alma"), PHONE, 2)
    covisits.count_all()
    assert not CoVisit.objects.filter(visited__isnull=False).exists()


def test_new_places_are_for_the_customers_own_eyes(circle: Shop, others: dict[str, Shop]) -> None:
    assert names(to_customer(), Kind.NEW_PLACE) == ["Alma", "Armud"]
    assert names(to_business(circle), Kind.NEW_PLACE) == []
    assert names(to_customer(phone(0)), Kind.NEW_PLACE) == ["Armud"]
    assert names(to_customer(phone(3)), Kind.NEW_PLACE) == []


def test_a_confidential_business_takes_no_part(circle: Shop, others: dict[str, Shop]) -> None:
    clinic = others["clinic"]
    assert not CoVisit.objects.filter(other=clinic.business).exists()
    assert not CoVisit.objects.filter(visited=clinic.business).exists()
    rewards.make(program=clinic.business.program, business=clinic.business, values={"name": "Check-up", "points": 21})
    for who in (PHONE, phone(0), phone(3)):
        assert "Check-up" not in str(to_customer(who))
        assert "Clinic" not in str(to_customer(who))
        assert to_business(clinic, who) == []


def test_who_becomes_confidential_is_left_out_at_once(circle: Shop, others: dict[str, Shop]) -> None:
    Business.objects.filter(pk=others["alma"].business.pk).update(confidential=True)
    assert names(to_customer(), Kind.NEW_PLACE) == ["Armud"]


def test_who_closes_is_left_out_at_once(circle: Shop, others: dict[str, Shop]) -> None:
    Business.objects.filter(pk=others["alma"].business.pk).update(status=BusinessStatus.CLOSED)
    assert names(to_customer(), Kind.NEW_PLACE) == ["Armud"]


def test_another_programme_is_never_recommended(circle: Shop) -> None:
    far = Shop(Program.objects.create(slug="far", name="Far", currency="AZN", join_code="FAR"), "far")
    for number in range(6):
        come(far, phone(number), 1)
    covisits.count_all()
    assert "Far" not in str(to_customer())


def test_counting_again_changes_nothing(circle: Shop) -> None:
    before = set(CoVisit.objects.values_list("visited", "other", "customers", "weight"))
    covisits.count_all()
    assert set(CoVisit.objects.values_list("visited", "other", "customers", "weight")) == before


def test_who_takes_no_part_neither_gives_nor_takes(circle: Shop, others: dict[str, Shop]) -> None:
    RecommendationRules.objects.create(business=others["alma"].business, elsewhere=False)
    assert names(to_customer(), Kind.NEW_PLACE) == ["Armud"]
    RecommendationRules.objects.create(business=circle.business, elsewhere=False)
    assert names(to_customer(), Kind.NEW_PLACE) == []


def test_a_near_reward_is_told_to_both_and_a_strangers_to_the_customer_alone(
    circle: Shop, others: dict[str, Shop]
) -> None:
    program = circle.business.program
    rewards.make(program=program, business=circle.business, values={"name": "Coffee", "points": 12})
    rewards.make(program=program, business=others["alma"].business, values={"name": "Cake", "points": 11})
    assert names(to_business(circle), Kind.NEAR_REWARD) == ["Coffee"]
    come(others["alma"], PHONE, 1, amount=1)
    assert wallet().balance == 11
    RecommendationRules.objects.create(business=others["alma"].business, near_percent=99)
    assert set(names(to_customer(), Kind.NEAR_REWARD)) == {"Coffee"}
    (near,) = [each for each in to_customer() if each.kind is Kind.NEAR_REWARD]
    assert (near.points, near.short, near.place_name) == (12, 1, "Nar")


def test_what_one_usual_purchase_brings_is_near(circle: Shop) -> None:
    rewards.make(program=circle.business.program, business=circle.business, values={"name": "Trip", "points": 20})
    assert names(to_business(circle), Kind.NEAR_REWARD) == ["Trip"], "10 of 20, and 10 a purchase"
    RecommendationRules.objects.create(business=circle.business, near_reward=False)
    assert names(to_business(circle), Kind.NEAR_REWARD) == []


@pytest.fixture
def regulars(shop: Shop) -> Shop:
    """Thirty customers of nar who come, and one who came every ten days and stopped 60 days ago."""
    come(shop, PHONE, *range(110, 59, -10))
    for number in range(30):
        come(shop, phone(number), 20, 10, number % 5)
    scoring.score_due(at=timezone.now())
    return shop


def test_who_stays_away_from_the_favourite_is_asked_back(regulars: Shop) -> None:
    (back,) = [each for each in to_customer() if each.kind is Kind.COME_BACK]
    assert (back.place_name, back.since, back.gap) == ("Nar", 60, 10)
    assert [each.kind for each in to_business(regulars)] == [Kind.COME_BACK]
    assert to_customer(phone(1)) == []
    come(regulars, PHONE, 0)
    assert to_customer() == [], "they came since last night"


def test_a_cashier_hears_that_it_has_been_long_and_of_a_near_reward(regulars: Shop) -> None:
    rewards.make(program=regulars.business.program, business=regulars.business, values={"name": "Tea", "points": 62})
    cashier = signed_in(hire(regulars.business, Role.CASHIER, "till@nar.test").user)

    def counter() -> str:
        return text(cashier.get(f"/counter/{wallet().public_id}/"))

    said = counter()
    assert "Has not been here for 60 days, usually every 10." in said
    assert "Tell them: only 2 points to go to Tea." in said
    assert "chance" not in said
    RecommendationRules.objects.create(business=regulars.business, inactive=False, near_reward=False)
    assert "Has not been here" not in counter()
    assert "Tell them" not in counter()


def test_another_business_hears_nothing_of_it(regulars: Shop, new_shop: Callable[..., Shop]) -> None:
    alma = new_shop("alma")
    assert to_business(alma) == []
    assert "Nar" not in text(signed_in(alma.owner).get(f"/counter/{wallet().public_id}/"))


# --- Where they are shown -------------------------------------------------------------------------------------


def test_the_customers_page_loads_what_is_for_them(circle: Shop, client: Client) -> None:
    rewards.make(program=circle.business.program, business=circle.business, values={"name": "Coffee", "points": 12})
    sign_in(client)
    home = client.get(f"/points/{wallet().public_id}/").content.decode()
    url = f"/points/{wallet().public_id}/recommendations/"
    assert f'hx-get="{url}"' in home
    assert f'href="{url}"' in home, "without JavaScript it is a link"
    part = client.get(url, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    said = text(part)
    for words in ("For you", "Coffee", "Only 2 points to go · Nar", "Alma", "Many who go where you go like it here."):
        assert words in said
    assert "Clinic" not in said
    page = client.get(url)
    assert "<html" in page.content.decode()
    assert "Coffee" in text(page)


def test_who_has_nothing_recommended_reads_what_will_stand_there(shop: Shop, client: Client) -> None:
    come(shop, PHONE, 1)
    sign_in(client)
    url = f"/points/{wallet().public_id}/recommendations/"
    assert text(client.get(url, headers={"HX-Request": "true"})) == ""
    assert "Nothing to recommend yet" in text(client.get(url))


def key_of(shop: Shop) -> str:
    _key, made = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    return made


def test_the_api_tells_a_business_its_own_alone(regulars: Shop, others: dict[str, Shop], client: Client) -> None:
    reward = rewards.make(
        program=regulars.business.program, business=regulars.business, values={"name": "Tea", "points": 62}
    )
    url = f"/api/v1/customers/{wallet().public_id}/recommendations"
    answer = client.get(url, HTTP_AUTHORIZATION=f"Bearer {key_of(regulars)}")
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [
            {
                "kind": "near_reward",
                "text": "Tell them: only 2 points to go to Tea.",
                "reward": str(reward.public_id),
                "points_to_go": 2,
                "days_away": None,
                "usual_days": None,
            },
            {
                "kind": "come_back",
                "text": "Has not been here for 60 days, usually every 10.",
                "reward": None,
                "points_to_go": None,
                "days_away": 60,
                "usual_days": 10,
            },
        ]
    }
    for stranger in (others["alma"], others["clinic"]):
        answer = client.get(url, HTTP_AUTHORIZATION=f"Bearer {key_of(stranger)}")
        assert answer.json() == {"results": []}


def test_facts_are_read_in_as_many_statements_for_many_places(circle: Shop, new_shop: Callable[..., Shop]) -> None:
    def asked() -> int:
        mine = wallet()
        with CaptureQueriesContext(connection) as queries:
            recommender.to_customer(wallet=mine, at=timezone.now())
        return len(queries)

    few = asked()
    for number in range(5):
        come(new_shop(f"more-{number}"), PHONE, 1)
        rewards.make(program=circle.business.program, business=None, values={"name": f"R{number}", "points": 70})
    covisits.count_all()
    assert asked() == few <= 8


class Silent:
    def recommend(self, facts: Any) -> list[Recommendation]:
        return []


def test_a_better_recommender_may_take_its_place(circle: Shop, settings: Any) -> None:
    settings.RECOMMENDER = f"{__name__}.Silent"
    assert to_customer() == []


class Talkative:
    """Knows of places by itself."""

    def recommend(self, facts: Any) -> list[Recommendation]:
        return [Recommendation(Kind.NEW_PLACE, place_name="Alma")]


def test_no_recommender_can_tell_a_business_of_another(circle: Shop, settings: Any) -> None:
    settings.RECOMMENDER = f"{__name__}.Talkative"
    assert names(to_customer(), Kind.NEW_PLACE) == ["Alma"]
    assert to_business(circle) == []


def test_what_was_agreed_upon_comes_before_what_was_counted(
    circle: Shop, monkeypatch: pytest.MonkeyPatch, others: dict[str, Shop]
) -> None:
    agreed = [Recommendation(Kind.NEW_PLACE, place=others["armud"].business.pk, place_name="Armud")]
    monkeypatch.setattr(recommender, "declared", lambda **asked: agreed)
    assert names(to_customer(), Kind.NEW_PLACE) == ["Armud", "Alma"]
    assert names(to_business(circle), Kind.NEW_PLACE) == ["Armud"]


# --- The rules on their page ----------------------------------------------------------------------------------

ANSWERS = {
    "near_reward": "on", "near_percent": "80", "inactive": "on", "inactive_overdue": "2.0", "inactive_percent": "50",
    "elsewhere": "on", "elsewhere_customers": "2",
}  # fmt: skip
PAGE = "/settings/recommendations/"


def test_the_owner_sees_each_rule_and_sets_it(shop: Shop) -> None:
    owner = signed_in(shop.owner)
    page = text(owner.get(PAGE))
    for said in ("A reward is near", "They have been away for long", "Places that they do not know", "alone in your"):
        assert said in page
    answers = {name: value for name, value in ANSWERS.items() if name != "elsewhere"} | {
        "near_percent": "70",
        "seen": "0",
    }
    assert owner.post(PAGE, answers).status_code == 302
    row = RecommendationRules.objects.get()
    assert (row.near_percent, row.elsewhere, row.inactive, row.inactive_overdue) == (70, False, True, Decimal(2))
    changes = RecommendationRulesChange.objects.order_by("field").values_list("field", "before", "after", "staff")
    assert list(changes) == [("elsewhere", "True", "False", shop.staff.pk), ("near_percent", "80", "70", shop.staff.pk)]
    assert "80 → 70" in text(owner.get(PAGE))


def test_the_same_answers_again_change_nothing(shop: Shop) -> None:
    owner = signed_in(shop.owner)
    for _time in range(2):
        owner.post(PAGE, ANSWERS)
    assert not RecommendationRulesChange.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("near_percent", "0"), ("near_percent", "100"), ("inactive_overdue", "0.5"), ("inactive_percent", "x"),
     ("elsewhere_customers", "1"), ("elsewhere_customers", "")],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_kept(shop: Shop, name: str, value: str) -> None:
    page = signed_in(shop.owner).post(PAGE, ANSWERS | {name: value})
    assert page.status_code == 422
    assert name in page.context["form"].errors
    assert f'value="{value}"' in page.content.decode() or not value
    assert not RecommendationRules.objects.exists()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen(shop: Shop) -> None:
    owner = signed_in(shop.owner)
    changing.apply(business=shop.business, values={"near_percent": 60}, staff=shop.staff, at=timezone.now(), seen=0)
    page = owner.post(PAGE, ANSWERS | {"near_percent": "90", "seen": "0"})
    assert page.status_code == 422
    assert "It is 60 now." in text(page)
    assert 'value="90"' in page.content.decode()
    again = owner.post(PAGE, ANSWERS | {"near_percent": "90", "seen": "1"})
    assert again.status_code == 302
    assert RecommendationRules.objects.get().near_percent == 90


def test_a_confidential_business_reads_that_it_takes_no_part(others: dict[str, Shop]) -> None:
    assert "whatever is set here" in text(signed_in(others["clinic"].owner).get(PAGE))


# --- On real visits -------------------------------------------------------------------------------------------


def sample(name: str) -> Path:
    folder = os.environ.get("SAMPLE_DATA")
    if not folder or not Path(folder, name).exists():
        pytest.skip(f"SAMPLE_DATA names no folder with {name}")
    return Path(folder, name)


def test_the_store_that_was_visited_last_is_guessed(shop: Shop) -> None:
    """Each of several hundred stores as a business, of 2,377 households of which 1,700 know several."""
    program, visits = shop.business.program, {}
    with gzip.open(sample("complete_journey_sample.csv.gz"), "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            at = datetime.fromisoformat(row["transaction_timestamp"]).replace(tzinfo=UTC)
            visits.setdefault((row["household_id"], row["store_id"]), {})[row["basket_id"]] = at
    stores = {
        store: Business(
            program=program, slug=f"store-{store}", name=store, category="grocery", country="US", time_zone="UTC"
        )
        for store in sorted({store for _household, store in visits})
    }
    Business.objects.bulk_create(stores.values())
    Branch.objects.bulk_create(Branch(business=store, name="Main") for store in stores.values())
    numbers = {household: n for n, household in enumerate(sorted({household for household, _store in visits}), 10**6)}
    Membership.objects.bulk_create(
        Membership(
            business=stores[store], customer_id=numbers[household], visits=len(baskets), visit_days=1,
            first_at=min(baskets.values()), last_at=max(baskets.values()),
            first_on=min(baskets.values()).date(), last_on=max(baskets.values()).date(),
        )
        for (household, store), baskets in visits.items()
    )  # fmt: skip
    out = StringIO()
    call_command("evaluate_recommendations", "--programme", "circle", "--json", stdout=out)
    found = json.loads(out.getvalue())
    Membership.objects.all().delete()  # of nobody's purchases
    assert found["customers"] == 1700
    assert found["hit_at_3"] >= 0.40
    assert found["hit_at_3"] == pytest.approx(0.4188, abs=0.005)
    assert found["popularity"] < 0.1


def test_an_evaluation_says_why_it_cannot_be_made(circle: Shop) -> None:
    with pytest.raises(CommandError, match="no programme"):
        call_command("evaluate_recommendations", "--programme", "nobody")
    Membership.objects.exclude(business=circle.business).update(visits=0)
    with pytest.raises(CommandError, match="Nobody has been to two"):
        call_command("evaluate_recommendations", "--programme", "circle")
    Membership.objects.exclude(business=circle.business).update(visits=1)
    assert Customer.objects.count() == 7
