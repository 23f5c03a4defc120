"""What a customer, a cashier, an owner and the operator see of tiers, and giving one by hand."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses.models import Program, Role, TierBasis, User
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty import ledger, outcomes, reviewing, tiers
from loyalty.models import Tier, TierChange, Wallet
from loyalty.tests.conftest import buy, make_tiers, tier, wallet
from loyalty.tests.test_points_page import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

DAY = timedelta(days=1)


def text(response: HttpResponse) -> str:
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).replace("\xa0", " ").split())


def sell(shop: Shop, amount: int, days_ago: int = 0) -> outcomes.Posted:
    at = timezone.now() - days_ago * DAY
    with ledger.clock_at(at):
        return buy(shop, amount, at=at)


@pytest.fixture
def levels(shop: Shop) -> list[Tier]:
    made = make_tiers(shop, ("Insider", 0), ("VIP", 100, 2), ("Elite", 500, 3))
    Tier.objects.filter(name="VIP").update(multiplier="1.5")
    return made


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


@pytest.fixture
def mine(shop: Shop, levels: list[Tier], client: Client) -> Wallet:
    """Somebody's, who is signed in on `client` and has spent 60 at the café."""
    sell(shop, 60)
    sign_in(client)
    return wallet()


def page(client: Client, mine: Wallet, name: str = "points-tiers") -> str:
    return text(client.get(reverse(name, args=[mine.public_id])))


# --- The customer ---------------------------------------------------------------------------------------------


def test_the_customer_sees_what_is_lacking_and_what_each_tier_asks_for_and_gives(mine: Wallet, client: Client) -> None:
    home = client.get(reverse("points-wallet", args=[mine.public_id]))
    assert "40 ₼ and 1 more kind of business to VIP" in text(home)
    assert 'value="60.000" max="100.000"' in home.content.decode()
    said = page(client, mine)
    assert "You have Insider." in said
    assert "In the last 12 months you have come to 60 ₼ and 1 kind of business." in said
    assert "Insider Yours From the first purchase The points of every sale" in said
    assert "VIP 100 ₼ in 12 months and 2 kinds of business Points × 1.5" in said
    assert "Insider, reached with a purchase" in said


def test_the_bar_is_of_the_kinds_of_business_where_nothing_else_is_lacking(
    mine: Wallet, client: Client, shop: Shop
) -> None:
    sell(shop, 100)
    home = client.get(reverse("points-wallet", args=[mine.public_id]))
    assert " 1 more kind of business to VIP" in text(home)
    assert "₼ and" not in text(home)
    assert 'value="1" max="2"' in home.content.decode()


def test_the_customer_reads_until_when_they_have_it_and_what_keeps_it(
    shop: Shop, levels: list[Tier], mine: Wallet, client: Client
) -> None:
    Tier.objects.filter(name="VIP").update(categories=0)
    sell(shop, 60)
    assert tier() == "VIP"
    Tier.objects.filter(name="VIP").update(threshold=150)
    reviewing.review()
    until = (timezone.now() + 30 * DAY).astimezone(ZoneInfo("Asia/Baku"))
    for name in ("points-wallet", "points-tiers"):
        assert re.search(rf"VIP until {until.day}\D.*, unless you spend 30 ₼ more by then\.", page(client, mine, name))
    sell(shop, 30)
    assert "until" not in page(client, mine).split("All tiers")[0]  # looked at as it is now, before the night


def test_where_tiers_are_given_by_hand_there_is_no_progress_and_without_any_no_word(
    mine: Wallet, client: Client
) -> None:
    Program.objects.update(tier_basis=TierBasis.NONE)
    assert "<progress" not in client.get(reverse("points-wallet", args=[mine.public_id])).content.decode()
    assert "VIP Given by hand Points × 1.5" in page(client, mine)
    assert "Your tiers" in page(client, mine, "points-wallet")


def test_a_programme_without_tiers_says_nothing_of_them(shop: Shop, client: Client) -> None:
    sell(shop, 5)
    sign_in(client)
    assert "tier" not in page(client, wallet(), "points-wallet").lower()
    assert "This programme has no tiers." in page(client, wallet())


def test_who_buys_at_a_confidential_place_reads_how_it_counts(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    assert "at a confidential place counts too" not in page(client, mine)
    sell(new_shop("clinic", category="medical", confidential=True), 10)
    assert "at a confidential place counts too" in page(client, mine)
    assert "come to 70 ₼ and 1 kind of business" in page(client, mine)


# --- The counter ----------------------------------------------------------------------------------------------


def test_the_receipt_names_the_tier_that_the_sale_brought(shop: Shop, levels: list[Tier], owner: Client) -> None:
    Tier.objects.filter(name="VIP").update(categories=0)
    sell(shop, 90)
    other, reached = sell(shop, 5), sell(shop, 5)
    assert "Now VIP: the next sale earns by it." in text(
        owner.get(reverse("counter-receipt", args=[reached.public_id]))
    )
    assert "Now VIP" not in text(owner.get(reverse("counter-receipt", args=[other.public_id])))


# --- The portal -----------------------------------------------------------------------------------------------


def test_owners_read_what_tiers_ask_for(levels: list[Tier], owner: Client) -> None:
    said = text(owner.get(reverse("rulebook")))
    assert "VIP 100 ₼ in 12 months and 2 kinds of business. Points × 1.5." in said


def test_the_page_of_a_customer_tells_the_next_tier_and_the_past_of_this_one(
    mine: Wallet, owner: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    address = reverse("customer", args=[mine.public_id])
    said = text(owner.get(address))
    assert "40 ₼ and 1 more kind of business to VIP" in said
    assert "Insider, reached with a purchase" in said


def test_beside_a_confidential_business_nothing_is_told_that_it_may_have_moved(
    mine: Wallet, owner: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    Tier.objects.filter(name="VIP").update(categories=0)
    clinic = new_shop("clinic", category="medical", confidential=True)
    sell(clinic, 40)
    assert tier() == "VIP"
    address = reverse("customer", args=[mine.public_id])
    said = text(owner.get(address))
    assert "VIP now" in said
    assert "Insider, reached with a purchase" in said  # here
    assert "VIP, reached" not in said
    assert "to Elite" not in said
    theirs = text(signed_in(clinic.owner).get(address))
    assert "VIP, reached with a purchase" in theirs
    assert "400 ₼ and 2 more kinds of business to Elite" in theirs


def form_of(client: Client, mine: Wallet) -> dict[str, Any]:
    found = client.get(reverse("customer-tier", args=[mine.public_id])).content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', found)
    assert seen
    return {"seen": seen[1], "until": ""}


def test_an_owner_gives_a_tier_with_a_reason_which_is_kept_for_a_year(mine: Wallet, owner: Client) -> None:
    vip = Tier.objects.get(name="VIP")
    address = reverse("customer-tier", args=[mine.public_id])
    answers = form_of(owner, mine) | {"tier": vip.pk, "reason": "Cut her hair for ten years"}
    assert owner.post(address, answers).status_code == 302
    found = wallet()
    assert (found.tier, found.tier_ends_at, found.tier_gap) == (vip, None, Decimal(440))
    assert found.tier_kept_until
    assert 363 < (found.tier_kept_until - timezone.now()).days < 367
    said = text(owner.get(reverse("customer", args=[mine.public_id])))
    assert "VIP, given by hand: Cut her hair for ten years (Olga)" in said
    # The same press again changes nothing more.
    again = owner.post(address, answers)
    assert again.status_code == 422
    assert "The tier has changed since this page was opened." in text(again)
    assert TierChange.objects.count() == 2
    reviewing.review()
    assert wallet().tier == vip


def test_the_customer_reads_the_reason_and_another_business_does_not(
    mine: Wallet, owner: Client, client: Client, new_shop: Callable[..., Shop]
) -> None:
    vip = Tier.objects.get(name="VIP")
    answers = form_of(owner, mine) | {"tier": vip.pk, "reason": "Her salon burnt down"}
    owner.post(reverse("customer-tier", args=[mine.public_id]), answers)
    assert "VIP, given by hand: Her salon burnt down" in page(client, mine)
    theirs = text(signed_in(new_shop("other").owner).get(reverse("customer", args=[mine.public_id])))
    assert "VIP, given elsewhere in the programme" in theirs
    assert "burnt" not in theirs


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"reason": ""}, "This field is required."),
        ({"reason": "x" * 251}, "at most 250"),
        ({"until": "2020-01-01"}, "Choose a day to come."),
        ({"until": "soon"}, "Enter a valid date."),
        ({"tier": "999999"}, "Select a valid choice"),
        ({"tier": ""}, "They have earned Insider"),
        ({"seen": "x"}, "whole number"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(
    mine: Wallet, owner: Client, answers: dict[str, str], error: str
) -> None:
    vip = Tier.objects.get(name="VIP")
    sent = form_of(owner, mine) | {"tier": vip.pk, "reason": "Because of the cake"} | answers
    answer = owner.post(reverse("customer-tier", args=[mine.public_id]), sent)
    assert (answer.status_code, tier()) == (422, "Insider")
    if "seen" not in answers:
        assert error in text(answer)
    if "reason" not in answers:
        assert "Because of the cake" in answer.content.decode()


def test_a_tier_of_another_programme_cannot_be_given(mine: Wallet, owner: Client) -> None:
    other = Program.objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
    theirs = Tier.objects.create(program=other, name="Theirs", position=1)
    sent = form_of(owner, mine) | {"tier": theirs.pk, "reason": "Please"}
    assert owner.post(reverse("customer-tier", args=[mine.public_id]), sent).status_code == 422
    assert tier() == "Insider"


def test_a_tier_by_invitation_is_given_by_the_operator_or_by_owners_where_the_programme_says_so(
    mine: Wallet, shop: Shop, owner: Client
) -> None:
    Tier.objects.filter(name="Elite").update(invitation_only=True)
    elite, vip = Tier.objects.get(name="Elite"), Tier.objects.get(name="VIP")
    address = reverse("customer-tier", args=[mine.public_id])

    def ask(client: Client, tier: Tier) -> int:
        sent = form_of(client, mine) | {"tier": tier.pk, "reason": "An old friend of the house"}
        return client.post(address, sent).status_code

    manager = signed_in(hire(shop.business, Role.MANAGER, "manager@nar.test").user)
    assert (ask(owner, elite), ask(manager, elite)) == (422, 422)
    Program.objects.update(owners_invite=True)
    assert (ask(manager, elite), ask(owner, elite), tier()) == (422, 302, "Elite")
    assert TierChange.objects.latest("pk").cause == "invitation"
    assert ask(manager, vip) == 422  # who may not invite does not take it either
    assert ask(owner, vip) == 302


def test_who_may_not_invite_is_refused_by_the_domain_too(mine: Wallet, shop: Shop) -> None:
    Tier.objects.filter(name="Elite").update(invitation_only=True)
    with pytest.raises(tiers.ByInvitationOnly):
        tiers.give(
            wallet=mine,
            tier=Tier.objects.get(name="Elite"),
            reason="Please",
            by=User.objects.get(pk=shop.owner.pk),
            business=shop.business,
            may_invite=False,
            seen=tiers.changes_of(mine),
            kept_until=None,
            at=timezone.now(),
        )


def test_a_cashier_gives_no_tiers(mine: Wallet, shop: Shop) -> None:
    cashier = signed_in(hire(shop.business, Role.CASHIER, "cashier@nar.test").user)
    assert cashier.get(reverse("customer-tier", args=[mine.public_id])).status_code in (302, 403, 404)
