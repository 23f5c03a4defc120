"""The owner's pages of chains."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Business, Program, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty import effects
from loyalty.tests.conftest import PHONE, buy, refund, wallet
from promotions import chains, funnels
from promotions.holding.views import _row
from promotions.models import Chain, Coupon
from promotions.recommending import hints, recommender
from promotions.recommending import words as recommending
from promotions.recommending.recommender import Kind
from promotions.tests.conftest import agreed, proposed, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def tea(new_shop: Any) -> Shop:
    return new_shop("tea")


@pytest.fixture
def owner(shop: Shop, tea: Shop) -> Client:
    return signed_in(shop.owner)


def answers(**more: str) -> dict[str, str]:
    said = {
        "way": "ours",
        "partner": "tea",
        "minimum": "2000",
        "name": "Tea after",
        "kind": "percentage",
        "value": "15",
        "most_discount": "500",
        "lasts_days": "14",
        "every_days": "30",
        "share": "50",
        "budget": "60000",
        "ends_on": (timezone.now() + timedelta(days=60)).date().isoformat(),
    }
    return said | more


def phone(number: int) -> str:
    return f"+9945011122{number:02}"


def used(giver: Shop, taker: Shop, *numbers: int) -> None:
    """So many customers come to the giver, and use their coupons at the taker."""
    for number in numbers:
        code = sell(giver, 40, phone=phone(number)).effects[0]["coupon"]
        sell(taker, 20, code, phone=phone(number))


def test_a_chain_is_proposed_said_in_plain_words_and_accepted(owner: Client, tea: Shop) -> None:
    answer = owner.post("/chains/new/", answers(), follow=True)
    made = Chain.objects.get()
    assert answer.redirect_chain[0][0] == f"/chains/{made.public_id}/"
    sentence = (
        "A customer who spends 2,000.00\xa0₼ or more at Nar gets 15% off, at most 500.00\xa0₼, at Tea within 14 days."
        " Nobody gets one more often than every 30 days."
        " Nar pays half, at most 30,000.00\xa0₼ in all, and Tea the other half."
    )
    assert sentence in answer.text
    assert "Proposed by you. Tea has not answered yet." in answer.text
    assert "Accept" not in answer.text
    theirs = signed_in(tea.owner)
    listed = theirs.get("/chains/").text
    assert "Waits for you" in listed
    assert '<b class="count">1</b>' in listed
    page = theirs.get(f"/chains/{made.public_id}/").text
    assert sentence in page
    for _press in range(2):
        theirs.post(f"/chains/{made.public_id}/answer/", {"accept": "1"})
    made.refresh_from_db()
    assert made.answered_by == tea.staff
    assert "Purchases bring coupons." in owner.get(f"/chains/{made.public_id}/").text
    assert '<b class="count">' not in theirs.get("/chains/").text


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"partner": "nar"}, "partner"),
        ({"partner": "clinic"}, "partner"),
        ({"partner": "away"}, "partner"),
        ({"partner": "gone"}, "partner"),
        ({"minimum": "0"}, "minimum"),
        ({"value": "0"}, "value"),
        ({"value": "101"}, "value"),
        ({"most_discount": ""}, "most_discount"),
        ({"kind": "amount", "value": "1.001"}, "value"),
        ({"kind": "gift"}, "kind"),
        ({"lasts_days": "0"}, "lasts_days"),
        ({"lasts_days": "366"}, "lasts_days"),
        ({"every_days": ""}, "every_days"),
        ({"share": "101"}, "share"),
        ({"share": "-1"}, "share"),
        ({"budget": "0"}, "budget"),
        ({"budget": "499"}, "budget"),
        ({"ends_on": ""}, "ends_on"),
        ({"ends_on": "2020-01-01"}, "ends_on"),
        ({"starts_on": "2999-01-01"}, "ends_on"),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(
    owner: Client, new_shop: Any, said: dict[str, str], field: str
) -> None:
    new_shop("clinic", confidential=True)
    new_shop("gone", status="closed")
    new_shop("away", program=Program.objects.create(slug="away", name="A", currency="AZN", join_code="AWAY"))
    answer = owner.post("/chains/new/", answers(**said))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Chain.objects.exists()
    assert "Clinic" not in answer.text


def test_the_preview_says_what_was_chosen_so_far_without_a_name(owner: Client) -> None:
    said = owner.post("/chains/preview/", answers(name="", way="theirs", share="30", categories="Green")).text
    assert "at Tea gets 15% off, at most 500.00\xa0₼, at Nar" in said
    assert "Tea pays 30% of it, at most 18,000.00\xa0₼ in all, and Nar the rest." in said
    assert "Only what is bought of Green counts." in said
    assert "What you choose is said here" in owner.post("/chains/preview/", answers(value="")).text
    assert not Chain.objects.exists()


@pytest.mark.parametrize(("share", "says"), [("0", "Tea pays for all of it"), ("100", "Nar pays for all of it")])
def test_who_pays_for_all_of_it_is_said(owner: Client, share: str, says: str) -> None:
    assert f"{says}, at most 60,000.00\xa0₼ in all." in owner.post("/chains/preview/", answers(share=share)).text


def test_the_other_side_declines_and_cannot_withdraw_what_it_did_not_propose(
    owner: Client, shop: Shop, tea: Shop
) -> None:
    chain = proposed(tea, shop)
    url = f"/chains/{chain.public_id}/"
    assert owner.post(f"{url}withdrawal/").status_code == 404
    assert owner.post(f"{url}answer/", {}).status_code == 302
    chain.refresh_from_db()
    assert chain.is_open
    assert "You have declined." in owner.post(f"{url}answer/", {"decline": "1"}, follow=True).text
    late = owner.post(f"{url}answer/", {"accept": "1"}, follow=True)
    assert "It waits for no answer any more." in late.text


def test_its_author_cannot_accept_it(owner: Client, shop: Shop, tea: Shop) -> None:
    chain = proposed(shop, tea)
    assert owner.post(f"/chains/{chain.public_id}/answer/", {"accept": "1"}).status_code == 404


def test_a_lapsed_proposal_says_so_and_takes_no_answer(owner: Client, shop: Shop, tea: Shop) -> None:
    chain = proposed(tea, shop, ago=31)
    page = owner.post(f"/chains/{chain.public_id}/answer/", {"accept": "1"}, follow=True).text
    assert "Nobody answered in time." in page
    chain.refresh_from_db()
    assert chain.offer is None


def test_a_withdrawn_chain_says_that_coupons_stay_good(owner: Client, shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    url = f"/chains/{chain.public_id}/"
    assert "stay good until their own end" in owner.get(f"{url}withdrawal/").text
    for _press in range(2):
        assert owner.post(f"{url}withdrawal/").status_code == 302
    page = owner.get(url).text
    assert "Nar has withdrawn, so purchases bring no more coupons." in page
    assert "Coupons that customers hold stay good until their own end." in page
    assert 'href="/chains/' + str(chain.public_id) + '/withdrawal/"' not in page


def test_the_way_back_begins_with_the_same_terms(owner: Client, shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    form = owner.get(f"/chains/new/?back={chain.public_id}").context["form"]
    assert (form["way"].value(), form["partner"].value(), form["name"].value()) == ("theirs", "tea", None)
    assert owner.get("/chains/new/?back=x").status_code == 200


def test_a_business_alone_and_a_confidential_one_are_told_why_there_is_nothing(shop: Shop, new_shop: Any) -> None:
    client = signed_in(shop.owner)
    page = client.get("/chains/").text
    assert "As soon as another business joins your programme" in page
    assert 'href="/chains/"' not in page
    assert client.get("/chains/new/").status_code == 404
    new_shop("tea")
    assert 'href="/chains/"' in client.get("/offers/").text
    Business.objects.filter(pk=shop.business.pk).update(confidential=True)
    assert "Confidential businesses take no part" in client.get("/chains/").text
    assert client.post("/chains/new/", answers()).status_code == 404


def test_a_cashier_sees_nothing_of_chains(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    client = signed_in(hire(shop.business, Role.CASHIER, "cashier@nar.test").user)
    for url in ("", "new/", f"{chain.public_id}/", f"{chain.public_id}/withdrawal/"):
        assert client.get(f"/chains/{url}").status_code == 404


def test_the_offer_of_a_chain_is_not_among_the_offers(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    theirs = signed_in(tea.owner)
    assert "No offers yet" in theirs.get("/offers/").text
    for url in ("", "limits/", "end/"):
        assert theirs.get(f"/offers/{chain.offer.public_id}/{url}").status_code == 404


# --- What each side sees ----------------------------------------------------------------------------------


def figures(client: Client, chain: Chain) -> list[str]:
    return [each["value"] for each in client.get(f"/chains/{chain.public_id}/").context["stats"]]


def test_the_giver_sees_uses_in_steps_of_five_customers(owner: Client, shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea, budget=1000)
    used(shop, tea, *range(4))
    assert figures(owner, chain) == ["4", "fewer than 5", "–", "–"]
    used(shop, tea, 4)
    assert figures(owner, chain) == ["5", "5", "85.00\xa0₼", "15.00\xa0₼"]
    used(shop, tea, *range(5, 9))
    assert figures(owner, chain) == ["9", "5", "85.00\xa0₼", "15.00\xa0₼"]
    used(shop, tea, 9)
    assert figures(owner, chain) == ["10", "10", "170.00\xa0₼", "30.00\xa0₼"]
    page = owner.get(f"/chains/{chain.public_id}/").text
    assert "Of the discount Nar pays 15.00\xa0₼ and Tea 15.00\xa0₼." in page
    assert "30.00\xa0₼ of the budget of 1,000.00\xa0₼" in page
    assert "10 coupons given out · used 10 times" in owner.get("/chains/").text
    assert "First visit there" in page


def test_the_taker_sees_its_own_uses_and_what_was_given_in_steps(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    used(shop, tea, 0)
    theirs = signed_in(tea.owner)
    assert figures(theirs, chain) == ["fewer than 5", "1", "17.00\xa0₼", "3.00\xa0₼"]
    for number in range(1, 6):
        sell(shop, 40, phone=phone(number))
    assert figures(theirs, chain) == ["5", "1", "17.00\xa0₼", "3.00\xa0₼"]


def test_the_funnel_counts_what_stands(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    buy(tea, 1, phone=phone(1))  # no first visit any more
    used(shop, tea, 0, 1)
    came_back = sell(tea, 20, sell(shop, 40, phone=phone(2)).effects[0]["coupon"], phone=phone(2))
    found = funnels.whole(chain)
    assert found.used
    assert (found.given, found.used.count, found.used.first_visits, found.used.revenue) == (3, 3, 2, 51)
    assert (found.used.cost, found.used.paid_by_giver, found.share_used) == (9, 4.5, 100)
    refund(tea, came_back)
    found = funnels.whole(chain)
    assert found.used
    assert (found.given, found.used.count, found.used.revenue, found.share_used) == (3, 2, 34, 67)


# --- What others see --------------------------------------------------------------------------------------


def test_the_receipt_of_the_counter_says_what_came(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea)
    posted = sell(shop, 40)
    coupon = Coupon.objects.get()
    (said,) = [effects.say(shop.rules, each) for each in posted.effects]
    assert said.startswith("A coupon for Tea: 15% off, at most 5.00\xa0₼, until ")
    assert said.endswith(f", {coupon.code}")


def test_the_customers_page_says_which_purchase_brought_it(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea)
    sell(shop, 40, phone=PHONE)
    row = _row(wallet(), Coupon.objects.select_related("offer__business").get(), timezone.now())
    assert row["title"] == "Tea after nar · Tea"
    assert row["detail"].endswith(" · thanks to your purchase at Nar")


def told(shop: Shop, **to: Any) -> list[str]:
    found = recommender.declared(wallet=wallet(), at=timezone.now(), **to)
    return [recommending.to_staff(each) if to else recommending.detail(each) for each in found]


def test_a_chain_comes_first_of_what_is_recommended_until_it_has_brought_its_coupon(
    shop: Shop, tea: Shop, new_shop: Any
) -> None:
    chain = agreed(shop, tea, every_days=3, lasts_days=1)
    agreed(new_shop("spa"), tea)
    buy(tea, 1)
    assert told(shop) == [], "they do not know Nar yet"
    buy(shop, 1)
    terms = "15% off, at most 5.00\xa0₼"
    assert told(shop) == [f"{terms} with a purchase of 40.00\xa0₼ or more at Nar"]
    said = f"Tell them: a purchase of 40.00\xa0₼ or more brings a coupon for Tea, {terms}."
    assert told(shop, business=shop.business) == [said]
    assert said in hints.at_counter(business=shop.business, wallet=wallet(), at=timezone.now())
    assert told(shop, business=tea.business) == []
    first = recommender.to_customer(wallet=wallet(), at=timezone.now())[0]
    assert (first.kind, first.place) == (Kind.CHAIN, tea.business.pk)
    sell(shop, 40)
    assert told(shop) == []
    later = timezone.now() + timedelta(days=2)
    assert recommender.declared(wallet=wallet(), at=later) == []
    assert len(recommender.declared(wallet=wallet(), at=timezone.now() + timedelta(days=4))) == 1
    chains.withdraw(chain=chain, staff=tea.staff, at=timezone.now())
    assert recommender.declared(wallet=wallet(), at=timezone.now() + timedelta(days=4)) == []
