"""Winning customers back on the pages of its owner and of the customer."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Business, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty.tests.conftest import PHONE, buy, wallet_of
from loyalty.tests.test_points_page import sign_in, text
from promotions import offers
from promotions.models import Experiment, Nudge
from promotions.nudging import screen
from promotions.tests.conftest import offer
from promotions.tests.nudged import LATER, a_nudge, begin, clock, left, night
from promotions.tests.test_nudging_results import of

__all__ = ["clock", "left"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

PAGE, TERMS = "/nudges/", "/nudges/terms/"
ANSWERS = {
    "threshold_percent": "60", "control_percent": "10", "horizon_days": "30", "most_a_day": "100", "offer": "",
    "text_az": "Sizi gözləyirik", "text_en": "Come back to {business}", "text_ru": "", "seen": "",
}  # fmt: skip


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def test_before_the_first_experiment_the_page_says_what_it_is_for(owner: Client) -> None:
    page = text(owner.get(PAGE))
    assert "Nobody is asked to come back yet" in page
    assert "Turn it on" in page


def test_the_owner_turns_it_on_and_off(owner: Client, shop: Shop) -> None:
    ten = offer(shop, lasts_days=14)
    answers = ANSWERS | {"offer": str(ten.public_id), "text_en": "Your {code} until {day}", "control_percent": "20"}
    assert owner.post(TERMS, answers).status_code == 302
    made = Experiment.objects.get()
    assert (made.offer, made.control_percent, made.begun_by) == (ten, 20, shop.staff)
    assert made.texts == {"az": "Sizi gözləyirik", "en": "Your {code} until {day}"}
    page = text(owner.get(PAGE))
    assert "a chance of 60% or more" in page
    assert "gets a coupon “Ten off” (10% off)" in page
    assert "20 of 100 hear nothing." in page
    assert "Not enough data yet: about" in page
    assert "too little is known of your customers" in page
    assert owner.post(f"/nudges/{made.public_id}/end/").status_code == 302
    made.refresh_from_db()
    assert made.ended_at
    assert "Turn it on again" in text(owner.get(PAGE))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold_percent", "0"), ("threshold_percent", "101"), ("threshold_percent", "x"), ("control_percent", "0"),
        ("control_percent", "100"), ("horizon_days", "1"), ("horizon_days", "400"), ("most_a_day", "0"),
        ("text_en", ""), ("text_az", "x" * 301), ("text_en", "Your {code}"), ("text_en", "{colour}"),
        ("text_en", "a { b"), ("text_en", "{business.program}"), ("offer", "1"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_kept(owner: Client, name: str, value: str) -> None:
    page = owner.post(TERMS, ANSWERS | {name: value})
    assert page.status_code == 422
    assert name in page.context["form"].errors
    assert value in page.content.decode()
    assert not Experiment.objects.exists()


def test_an_offer_with_a_code_for_everybody_or_of_another_business_cannot_be_given(
    owner: Client, shop: Shop, new_shop: Any
) -> None:
    public, ended, theirs = offer(shop), offer(shop, lasts_days=3), offer(new_shop("tea"), lasts_days=3)
    offers.end(offer=ended, at=timezone.now())
    for each in (public, ended, theirs):
        assert owner.post(TERMS, ANSWERS | {"offer": str(each.public_id)}).status_code == 422
    assert not Experiment.objects.exists()


def test_the_terms_that_somebody_else_changed_are_not_replaced_unseen(owner: Client, shop: Shop) -> None:
    running = begin(shop, at=timezone.now())
    page = owner.post(TERMS, ANSWERS)
    assert page.status_code == 422
    assert "Somebody changed the terms" in text(page)
    assert f'name="seen" value="{running.pk}"' in page.content.decode()
    assert owner.post(TERMS, ANSWERS | {"seen": str(running.pk)}).status_code == 302
    assert Experiment.objects.filter(ended_at=None).count() == 1


def test_the_preview_says_all_of_it_and_whom_it_would_reach(
    shop: Shop, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    night(shop)
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    owner = signed_in(shop.owner)
    said = text(owner.post("/nudges/terms/preview/", ANSWERS))
    assert "gets a message: as a text message by day" in said
    assert f"Today that is {len(left)} customers." in said
    assert "“Come back to Nar”" in said
    assert "said here in plain words" in text(owner.post("/nudges/terms/preview/", {}))
    assert not Experiment.objects.exists()


def test_the_page_shows_both_groups_and_what_is_certain(owner: Client, shop: Shop) -> None:
    of(shop, (4500, 630), (500, 50))
    page = text(owner.get(PAGE))
    assert "It works: 14% of those written to came back, and 10% of the others." in page
    assert "+4.0 percentage points; between +0.9 and +6.6 in 95 of 100 cases" in page
    assert "Came because of it 180" in page
    assert "4,500 4,500 630 14%" in page
    assert "uneven" not in page


def test_the_page_warns_of_groups_that_chance_does_not_make(owner: Client, shop: Shop) -> None:
    of(shop, (4400, 440), (600, 60))
    assert "more uneven than chance makes them" in text(owner.get(PAGE))


def test_the_page_says_how_many_are_missing(owner: Client, shop: Shop) -> None:
    found = of(shop, (900, 126), (300, 30), control_percent=25)
    assert found.missing == 1635
    assert "Not enough data yet: about 1,700 more customers" in text(owner.get(PAGE))


def test_the_page_says_when_its_offer_has_ended(owner: Client, shop: Shop, left: list[int]) -> None:
    ten = offer(shop, lasts_days=14)
    begin(shop, ten)
    night(shop)
    assert "Its offer gives nothing any more" not in text(owner.get(PAGE))
    offers.end(offer=ten, at=timezone.now())
    assert "Its offer gives nothing any more" in text(owner.get(PAGE))


def test_every_message_stands_in_the_list_page_by_page(
    owner: Client, shop: Shop, left: list[int], monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(screen, "PAGE", 7)
    begin(shop, offer(shop, lasts_days=14), control_percent=1)
    night(shop)
    with django_assert_max_num_queries(30):
        first = owner.get(PAGE)
    assert text(first).count("Chance of not returning") == 1
    assert f"1–7 of {Nudge.objects.count()}" in text(first)
    last = owner.get(f"{PAGE}?page=99")
    assert f"of {Nudge.objects.count()}" in text(last)


def test_an_earlier_experiment_keeps_its_page_and_another_business_has_none(
    owner: Client, shop: Shop, new_shop: Any
) -> None:
    first, tea = begin(shop), new_shop("tea")
    begin(shop)
    assert "Other terms" in text(owner.get(PAGE))
    assert owner.get(f"/nudges/{first.public_id}/").status_code == 200
    stranger = signed_in(tea.owner)
    assert stranger.get(f"/nudges/{first.public_id}/").status_code == 404
    assert stranger.post(f"/nudges/{first.public_id}/end/").status_code == 404
    assert signed_in(hire(shop.business, Role.CASHIER, "c@nar.test").user).get(PAGE).status_code == 404


def test_a_confidential_business_reads_why_there_is_nothing(owner: Client, shop: Shop) -> None:
    Business.objects.filter(pk=shop.business.pk).update(confidential=True)
    assert "a message would tell whose customer somebody is" in text(owner.get(PAGE))
    assert owner.get(TERMS).status_code == 302
    assert owner.post(TERMS, ANSWERS).status_code == 302
    assert not Experiment.objects.exists()


# --- The customer ---------------------------------------------------------------------------------------------


def test_a_customer_sees_what_was_written_and_with_that_has_seen_it(shop: Shop, client: Client) -> None:
    buy(shop, 10)
    nudge = a_nudge(shop, offer(shop, lasts_days=7), PHONE)
    sign_in(client)
    page = text(client.get(f"/points/{wallet_of(shop).public_id}/nudges/"))
    assert f"Come back for Ten off: {nudge.coupon.code} until" in page
    nudge.refresh_from_db()
    assert nudge.viewed_at
    path = f"/points/{wallet_of(shop).public_id}/nudges/{nudge.public_id}/dismissal/"
    assert client.post(path).status_code == client.post(path).status_code == 302
    assert "Nothing new" in text(client.get(f"/points/{wallet_of(shop).public_id}/nudges/"))


def test_what_is_over_is_not_shown_and_can_be_dismissed_without_harm(shop: Shop, client: Client) -> None:
    buy(shop, 10)
    nudge = a_nudge(shop, offer(shop, lasts_days=7), PHONE, at=timezone.now() - timedelta(days=8))
    sign_in(client)
    base = f"/points/{wallet_of(shop).public_id}/nudges/"
    assert "Nothing new" in text(client.get(base))
    assert client.post(f"{base}{nudge.public_id}/dismissal/").status_code == 302
    nudge.refresh_from_db()
    assert (nudge.viewed_at, nudge.dismissed_at) == (None, None)
