"""The pages on which a business keeps its rewards."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from businesses.models import Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty import rewards
from loyalty.models import Reward, RewardChange, RewardPicture, Tier
from loyalty.tests.conftest import buy, redeem
from loyalty.tests.test_points_page import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

COFFEE = {"name": "Flat white", "points": "120", "icon": "coffee", "limit_period": "ever"}


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def square(colour: str = "red") -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(written, "PNG")
    return SimpleUploadedFile("cup.png", written.getvalue(), "image/png")


def test_an_empty_shelf_says_what_will_stand_there(owner: Client) -> None:
    assert "One easy reward for a fifth visit is a good start." in owner.get("/rewards/").text


def test_a_manager_adds_one_and_it_stands_in_the_list_with_its_conditions(shop: Shop) -> None:
    manager = signed_in(hire(shop.business, Role.MANAGER, "manager@nar.test").user)
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1)
    asked = COFFEE | {
        "stock": "50", "limit_per_customer": "2", "limit_period": "week", "tier": gold.pk, "ends_on": "2027-03-01"
    }  # fmt: skip
    answer = manager.post("/rewards/new/", asked, follow=True)
    said = "120 points · claimed 0 times · 50 left · at most 2 a week for each · from Gold on · until 1 March 2027"
    assert said in text(answer)
    made = Reward.objects.get()
    assert (made.business, made.points, made.tier, made.limit_period) == (shop.business, 120, gold, "week")


def test_a_change_shows_with_its_author_and_claims_keep_what_they_were(shop: Shop, owner: Client) -> None:
    owner.post("/rewards/new/", COFFEE)
    made = Reward.objects.get()
    buy(shop, 500)
    redeem(shop, 120, reward_id=made.pk)
    url = f"/rewards/{made.public_id}/"
    assert owner.post(url, COFFEE | {"points": "150"}).status_code == 302
    assert "Olga: points: 120 → 150" in text(owner.get(url))
    made.refresh_from_db()
    assert (made.points, made.claimed) == (150, 1)
    redeem(shop, 150, reward_id=made.pk)
    refused = owner.post(url, COFFEE | {"points": "150", "stock": "1"})
    assert (refused.status_code, "More than that were claimed already." in text(refused)) == (422, True)


def test_the_second_of_two_who_change_one_is_told_what_the_first_did(shop: Shop, owner: Client) -> None:
    owner.post("/rewards/new/", COFFEE | {"points": "100"})
    reward = Reward.objects.get()
    url = f"/rewards/{reward.public_id}/"
    both = {"name": reward.name, "icon": reward.icon, "limit_period": "ever", "seen": "0"}
    assert owner.post(url, both | {"points": "300"}).status_code == 302
    second = owner.post(url, both | {"points": "500"})
    assert second.status_code == 422
    assert "Somebody has changed this meanwhile" in text(second)
    assert "100 → 300" in text(second)
    reward.refresh_from_db()
    assert reward.points == 300
    assert owner.post(url, both | {"points": "500", "seen": "1"}).status_code == 302
    reward.refresh_from_db()
    assert reward.points == 500


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"points": "0"}, "points"),
        ({"points": "1.5"}, "points"),
        ({"points": "9999999999999"}, "points"),
        ({"stock": "-1"}, "stock"),
        ({"limit_per_customer": "0"}, "limit_per_customer"),
        ({"limit_period": "year"}, "limit_period"),
        ({"icon": "skull"}, "icon"),
        ({"starts_on": "2026-12-24", "ends_on": "2026-12-01"}, "ends_on"),
        ({"description": "x" * 201}, "description"),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(owner: Client, wrong: dict[str, str], field: str) -> None:
    refused = owner.post("/rewards/new/", COFFEE | wrong)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert not Reward.objects.exists()


def test_a_tier_of_another_programme_is_no_choice(owner: Client, shop: Shop, program: Any) -> None:
    Tier.objects.create(program=program, name="Own", position=1)
    other = type(program).objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
    theirs = Tier.objects.create(program=other, name="Theirs", position=1)
    assert owner.post("/rewards/new/", COFFEE | {"tier": theirs.pk}).status_code == 422


def test_a_picture_is_written_anew_served_by_what_is_in_it_and_taken_away(owner: Client) -> None:
    owner.post("/rewards/new/", COFFEE | {"picture": square()})
    made = Reward.objects.get()
    served = owner.get(made.picture_url)
    assert (served["Content-Type"], served.content[8:12]) == ("image/webp", b"WEBP")
    assert made.picture_url in owner.get("/rewards/").text
    first = made.picture_url
    owner.post(f"/rewards/{made.public_id}/", COFFEE | {"picture": square("blue")})
    made.refresh_from_db()
    assert made.picture_url != first
    owner.post(f"/rewards/{made.public_id}/picture/removal/")
    made.refresh_from_db()
    assert (made.picture_url, RewardPicture.objects.count()) == ("", 0)
    assert RewardChange.objects.filter(field="picture_digest").count() == 3


def test_what_is_no_picture_is_refused(owner: Client) -> None:
    fake = SimpleUploadedFile("cup.png", b"<svg onload=alert(1)>", "image/png")
    refused = owner.post("/rewards/new/", COFFEE | {"picture": fake})
    assert (refused.status_code, "This is no PNG, JPEG or WebP picture." in text(refused)) == (422, True)
    assert not Reward.objects.exists()


def test_one_that_was_ended_is_gone_from_every_page(owner: Client) -> None:
    owner.post("/rewards/new/", COFFEE)
    made = Reward.objects.get()
    assert "End “Flat white”?" in owner.get(f"/rewards/{made.public_id}/end/").text
    owner.post(f"/rewards/{made.public_id}/end/")
    assert "Flat white" not in owner.get("/rewards/").text
    assert owner.get(f"/rewards/{made.public_id}/").status_code == 404


def test_rewards_of_others_and_of_the_programme_are_not_changed_here(
    shop: Shop, owner: Client, new_shop: Callable[..., Shop]
) -> None:
    program = shop.business.program
    theirs = rewards.make(program=program, business=new_shop("tea").business, values={"name": "Theirs", "points": 5})
    shared = rewards.make(program=program, business=None, values={"name": "Shared", "points": 5})
    listed = owner.get("/rewards/").text
    assert ("Shared" in listed, "Whole programme" in listed, "Theirs" in listed) == (True, True, False)
    for each in (theirs, shared):
        for page in ("", "end/", "picture/removal/"):
            url = f"/rewards/{each.public_id}/{page}"
            assert [owner.get(url).status_code, owner.post(url, COFFEE).status_code] == [404, 404]


def test_the_limit_above_which_customers_are_asked_is_a_setting(shop: Shop, owner: Client) -> None:
    page = owner.get("/settings/")
    assert 'name="consent_above" value="500"' in page.text
