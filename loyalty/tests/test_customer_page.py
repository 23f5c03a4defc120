"""One customer's page for owners and managers, and points given or taken by hand."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from businesses import charts
from businesses.tests.conftest import signed_in
from conftest import NOON, Shop
from customers import consents, phones
from customers.models import Channel, Customer, Profile
from loyalty import enrolment
from loyalty.members import portrait
from loyalty.models import Adjustment, Membership, Operation
from loyalty.tests.conftest import PHONE, buy, redeem, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def page(client: Client, name: str = "customer", phone: str = PHONE) -> str:
    answer = client.get(reverse(name, args=[wallet(phone).public_id]))
    assert answer.status_code == 200
    return text(answer)


def test_it_says_who_and_how_much_and_how_often(owner: Client, shop: Shop) -> None:
    buy(shop, 30, at=NOON - timedelta(days=20))
    buy(shop, 10, at=NOON - timedelta(days=10))
    Profile.objects.create(program=shop.business.program, customer=Customer.objects.get(), name="Nigar Rzayeva")
    said = page(owner)
    for shown in ("Nigar Rzayeva", phones.mask(PHONE), "40 points", "40.00 ₼", "20.00 ₼", "Visit days 2"):
        assert shown in said, shown
    assert PHONE not in said


def test_the_rhythm_is_drawn_towards_the_mean_of_the_business(shop: Shop) -> None:
    for days in (40, 30, 20):
        buy(shop, 10, at=NOON - timedelta(days=days))
    buy(shop, 10, phone="+994557770088", at=NOON - timedelta(days=5))
    buy(shop, 10, phone="+994557770088", at=NOON)
    today = NOON.date()
    assert portrait.mean_gap(business_id=shop.business.pk) == pytest.approx((20 + 5) / 3)
    member = Membership.objects.get(customer__phone=PHONE)
    usual = portrait.rhythm(membership=member, today=today)
    assert usual
    assert usual.gap == pytest.approx((25 / 3 + 20) / 3)
    assert (usual.since, usual.once) == (20, False)
    assert usual.overdue == pytest.approx(20 / usual.gap)


def test_nothing_is_usual_where_nobody_came_back(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    assert portrait.rhythm(membership=Membership.objects.get(), today=NOON.date()) is None
    assert "Usually" not in page(owner)


def test_months_without_a_visit_are_shown_and_refunded_visits_are_not(shop: Shop) -> None:
    for at in (NOON, NOON - timedelta(days=1), NOON - timedelta(days=40), NOON - timedelta(days=800)):
        buy(shop, 10, at=at)
    buy(shop, 0, at=NOON)
    months = portrait.visits_by_month(
        customer_id=wallet().customer_id, business_id=shop.business.pk, today=date(2026, 3, 3)
    )
    assert len(months) == 12
    assert months[0] == (date(2025, 4, 1), 0)
    assert months[-3:] == [(date(2026, 1, 1), 1), (date(2026, 2, 1), 0), (date(2026, 3, 1), 2)]


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (7, 10), (11, 20), (40, 40), (1234, 2000)])
def test_a_chart_is_as_high_as_its_highest_column_needs(most: int, top: int) -> None:
    drawn = charts.columns([("January", "Jan", most), ("February", "", 0)])
    assert [line.value for line in drawn.lines] == [top, top // 2, 0]
    assert drawn.columns[0].height == pytest.approx(charts.HEIGHT * most / top, abs=0.1)
    assert drawn.columns[1].height == 0


def test_a_chart_makes_room_for_the_figures_of_its_scale() -> None:
    small, large = (charts.columns([("January", "Jan", most)]) for most in (7, 80_000))
    assert (small.left, large.left) == (charts.LEFT, 70)
    assert large.lines[0].said == "100,000"
    assert large.columns[0].x > 70


def test_the_balance_opens_to_its_lots_and_their_rules(owner: Client, shop: Shop) -> None:
    buy(shop, 30)
    redeem(shop, 10)
    said = page(owner)
    assert "20 of 30 points left" in said
    assert "The sale was 30.00 ₼." in said
    assert "Coffee" in said


def test_others_are_one_word_without_a_name_or_an_amount(
    owner: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = new_shop("tea", name="Teahouse")
    buy(shop, 10)
    buy(other, 77)
    for name in ("customer", "customer-history"):
        said = page(owner, name)
        assert "Elsewhere in the programme" in said
        assert "+77" in said
        for hidden in ("Teahouse", "77.00"):
            assert hidden not in said
    assert "77 points were given elsewhere" in page(owner)


@pytest.mark.parametrize("where", ["clinic", "tea"])
def test_beside_a_confidential_business_nothing_adds_up_to_what_was_given_there(
    owner: Client, shop: Shop, new_shop: Callable[..., Shop], where: str
) -> None:
    shops = {"tea": new_shop("tea"), "clinic": new_shop("clinic", name="Quiet Clinic", confidential=True)}
    buy(shop, 10)
    buy(shops[where], 500)
    for name in ("customer", "customer-history"):
        said = page(owner, name)
        for hidden in ("Tea", "Clinic", "500", "Elsewhere"):
            assert hidden not in said
    # The same words, wherever it was.
    assert "510 points" in page(owner)
    assert "The rest of the balance was given elsewhere in the programme." in page(owner)


def test_who_never_came_may_be_helped_but_shows_no_figures(owner: Client, shop: Shop) -> None:
    enrolment.enrol(
        program_id=shop.business.program_id, business_id=shop.business.pk, phone=PHONE, source="join", at=NOON
    )
    assert "Not here yet" in page(owner)


def test_a_blocked_customer_has_a_banner(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    assert "is blocked" not in page(owner)
    Customer.objects.update(blocked_at=NOON, blocked_reason="Fraud")
    said = page(owner)
    assert "is blocked" in said
    assert "Fraud" not in said


def test_consent_is_stopped_on_the_customers_word_and_given_by_nobody_else(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    ids = {"customer_id": wallet().customer_id, "business_id": shop.business.pk, "channel": Channel.SMS}
    url = reverse("consent-withdrawal", args=[wallet().public_id, "sms"])
    assert "Only the customer can" in page(owner)
    consents.give(**ids, source="join", at=NOON)
    assert "Allowed on 3 Mar" in page(owner)
    assert owner.get(url).status_code == 200
    assert consents.agreed(**ids)
    assert owner.post(url)["Location"] == reverse("customer", args=[wallet().public_id])
    assert not consents.agreed(**ids)
    assert "Stopped on" in page(owner)
    assert owner.post(url.replace("sms", "telegram")).status_code == 404


# --- Points by hand ---------------------------------------------------------------------------------------


def adjust(client: Client, points: str, reason: str = "A spoilt cake", key: str = "", **more: str) -> Any:
    url = reverse("customer-adjustment", args=[wallet().public_id])
    return client.post(url, {"points": points, "reason": reason, "key": key or uuid4().hex, **more})


def test_points_are_given_after_a_second_question(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    asked = adjust(owner, "50")
    assert "Give 50 points to" in text(asked)
    assert "from 10 to 60" in text(asked)
    assert wallet().balance == 10
    done = adjust(owner, "50", sure="yes")
    assert done["Location"] == reverse("customer", args=[wallet().public_id])
    assert wallet().balance == 60
    assert Adjustment.objects.get().by == shop.owner
    assert "The balance is 60 now" in text(owner.get(done["Location"]))


@pytest.mark.parametrize("typed", ["-7", "−7", "– 7"])
def test_points_are_taken_with_any_minus(owner: Client, shop: Shop, typed: str) -> None:
    buy(shop, 10)
    assert "Take 7 points from" in text(adjust(owner, typed))
    adjust(owner, typed, sure="yes")
    assert wallet().balance == 3


def test_the_same_press_twice_counts_once(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    for _ in range(2):
        assert adjust(owner, "50", key="once", sure="yes").status_code == 302
    assert wallet().balance == 60
    other = adjust(owner, "60", key="once", sure="yes")
    assert other.status_code == 422
    assert "This form was used already" in text(other)


def test_more_than_this_business_gave_cannot_be_taken(owner: Client, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    buy(shop, 10)
    buy(new_shop("tea"), 100)
    answer = adjust(owner, "-20", key="one", sure="yes")
    assert answer.status_code == 422
    assert "10 left, 20 needed" in text(answer)
    assert 'value="-20"' in answer.content.decode()
    assert 'value="A spoilt cake"' in answer.content.decode()
    assert 'value="one"' not in answer.content.decode()  # the refusal has used it
    assert wallet().balance == 110


@pytest.mark.parametrize(
    ("points", "reason", "said"),
    [
        ("", "Cake", "Type how many points"),
        ("0", "Cake", "Type how many points"),
        ("1.5", "Cake", "Type how many points"),
        ("٣", "Cake", "Type how many points"),
        ("9" * 500, "Cake", "Type how many points"),
        ("9999999999", "Cake", "more than can be given at once"),
        ("5", "", "Say why"),
        ("5", "\0 ", "Say why"),
        ("5", "x" * 251, "at most 250"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(owner: Client, shop: Shop, points: str, reason: str, said: str) -> None:
    buy(shop, 10)
    answer = adjust(owner, points, reason, sure="yes")
    assert answer.status_code == 422
    assert said in text(answer)
    assert Operation.objects.count() == 1


def test_who_wants_to_change_it_finds_the_form_filled_in(owner: Client, shop: Shop) -> None:
    buy(shop, 10)
    answer = adjust(owner, "50", key="mine", again="yes")
    assert answer.status_code == 200
    for value in ("50", "A spoilt cake", "mine"):
        assert f'value="{value}"' in answer.content.decode()
