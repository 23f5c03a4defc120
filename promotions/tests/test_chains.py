"""Chains between two businesses: agreed upon, issued with purchases, paid for by both, ended."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Business, BusinessStatus, Program
from conftest import Shop
from loyalty import ledger
from loyalty.clearing import positions
from loyalty.lookup import Who
from loyalty.models import SharedCost
from loyalty.outcomes import CouponRefused
from loyalty.purchases import record
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, buy, refund, wallet_of
from promotions import chains, coupons, offers, sharing
from promotions.models import Chain, Coupon, CouponStatus, Source
from promotions.tests.conftest import agreed, offer, promises_agree, proposed, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books", "promises")]
OTHER = "+994507654321"


@pytest.fixture
def promises() -> Any:
    yield
    promises_agree()


@pytest.fixture
def tea(new_shop: Any) -> Shop:
    return new_shop("tea")


def brought(shop: Shop, amount: Any = 40, **sale: Any) -> Coupon:
    """The coupon that a sale there brings."""
    posted = sell(shop, amount, **sale)
    return Coupon.objects.get(issued_by=posted.id)


def statements(queries: CaptureQueriesContext) -> int:
    return len([each for each in queries if "SAVEPOINT" not in each["sql"]])


def why(refused: pytest.ExceptionInfo[CouponRefused]) -> str:
    return str(refused.value.fact["reason"])


# --- Agreeing ---------------------------------------------------------------------------------------------


def test_nothing_happens_until_the_other_side_accepts(shop: Shop, tea: Shop) -> None:
    chain = proposed(shop, tea)
    assert sell(shop, 40).effects == ()
    with pytest.raises(chains.NotYours):
        chains.accept(chain=chain, staff=shop.staff, at=timezone.now())
    chains.accept(chain=chain, staff=tea.staff, at=timezone.now())
    assert brought(shop).source == Source.CHAIN


def test_a_taker_may_propose_too_and_then_the_giver_accepts(shop: Shop, tea: Shop) -> None:
    chain = proposed(shop, tea, by=tea)
    with pytest.raises(chains.NotYours):
        chains.accept(chain=chain, staff=tea.staff, at=timezone.now())
    chains.accept(chain=chain, staff=shop.staff, at=timezone.now())
    assert chains.state(Chain.objects.get(), timezone.now()) == "running"


@pytest.mark.parametrize("answer", [chains.accept, chains.decline])
def test_the_second_answer_is_refused(shop: Shop, tea: Shop, answer: Any) -> None:
    chain = proposed(shop, tea)
    answer(chain=chain, staff=tea.staff, at=timezone.now())
    for again in (chains.accept, chains.decline):
        with pytest.raises(chains.NotWaiting):
            again(chain=chain, staff=tea.staff, at=timezone.now())


@pytest.mark.parametrize("late", [{"ends_in": -1}, {"ago": 30}])
def test_a_proposal_lapses_after_thirty_days_or_on_its_last_day(shop: Shop, tea: Shop, late: dict[str, int]) -> None:
    chain = proposed(shop, tea, **late)
    assert chains.state(chain, timezone.now()) == "lapsed"
    with pytest.raises(chains.NotWaiting):
        chains.accept(chain=chain, staff=tea.staff, at=timezone.now())
    assert not Chain.objects.filter(offer__isnull=False).exists()


def test_a_confidential_business_another_programme_and_oneself_are_no_partners(
    shop: Shop, tea: Shop, new_shop: Any
) -> None:
    away = new_shop("away", program=Program.objects.create(slug="away", name="A", currency="AZN", join_code="AWAY"))
    for other in (new_shop("clinic", confidential=True), new_shop("gone", status=BusinessStatus.CLOSED), away, shop):
        with pytest.raises(chains.NotPartners):
            proposed(shop, other)
        with pytest.raises(chains.NotPartners):
            proposed(other, shop, by=other)
    with pytest.raises(chains.NotPartners):
        proposed(away, away, by=shop)


def test_who_became_confidential_meanwhile_cannot_accept(shop: Shop, tea: Shop) -> None:
    chain = proposed(shop, tea)
    Business.objects.filter(pk=tea.business.pk).update(confidential=True)
    with pytest.raises(chains.NotPartners):
        chains.accept(chain=chain, staff=tea.staff, at=timezone.now())


def test_what_was_agreed_upon_is_never_edited(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    for values in ({"share": 100}, {"budget": 9999}, {"minimum": 1}, {"taker": shop.business}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Chain.objects.filter(pk=chain.pk).update(**values)


@pytest.mark.parametrize(
    "broken",
    [
        {"share": 101},
        {"budget": 1},
        {"most_discount": 0},
        {"value": 101},
        {"minimum": 0},
        {"lasts_days": 0},
        {"starts_on": "2999-01-01"},
        {"kind": "amount", "value": 3},
    ],
)
def test_the_database_refuses_terms_that_nobody_can_mean(shop: Shop, tea: Shop, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        proposed(shop, tea, **broken)


# --- Issuing ----------------------------------------------------------------------------------------------


def test_a_purchase_names_the_coupon_it_brought_for_another_business(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea)
    posted = sell(shop, 40, key="k")
    coupon = Coupon.objects.get()
    last = coupons.expiry(offer=coupon.offer, at=posted.occurred_at, time_zone="Asia/Baku")
    assert last
    assert posted.effects == (
        {
            "effect": "coupon_issued",
            "coupon": coupon.code,
            "offer": "Tea after nar",
            "expires_at": last,
            "business": "Tea",
            "source": "chain",
            "text": "15% off, at most 5.00\xa0₼",
            "until": (last - timedelta(days=1)).date().isoformat(),
        },
    )
    assert sell(shop, 40, key="k") == posted._replace(outcome="replayed")
    assert (coupon.offer.business, coupon.issued_by_id) == (tea.business, posted.id)


def test_it_counts_at_the_partner_and_nowhere_else(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea)
    code = str(brought(shop).code)
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, code)
    assert why(refused) == "unknown"
    assert sell(tea, 20, code).amount == 17


def test_one_at_a_time_and_not_again_before_its_days_are_over(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea, lasts_days=2, every_days=10)
    first = brought(shop)
    assert sell(shop, 40).effects == ()
    with ledger.clock_at(timezone.now() + timedelta(days=5)):
        assert sell(shop, 40).effects == ()
    assert len(sell(shop, 40, phone=OTHER).effects) == 1
    with ledger.clock_at(timezone.now() + timedelta(days=11)):
        assert len(sell(shop, 40).effects) == 1
    assert Coupon.objects.filter(customer=first.customer_id).count() == 2


def test_one_that_is_held_keeps_the_next_away_however_long_it_lasts(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea, lasts_days=60, every_days=1)
    brought(shop)
    with ledger.clock_at(timezone.now() + timedelta(days=30)):
        assert sell(shop, 40).effects == ()


def test_too_little_brings_none_and_costs_no_statement_more(shop: Shop, tea: Shop) -> None:
    """With the statement that finds a till's key there are three, and five where a coupon comes."""
    agreed(shop, tea, minimum=40, categories=["Cuts"])
    offer(shop, given_from=Decimal(40), lasts_days=5)
    cut, soap = ({"category": name, "unit_price": Decimal(40)} for name in ("cuts", "Soap"))
    rules = shop.rules
    buy(shop, 10)
    buy(tea, 10)
    asked = {}
    for name, amount, lines in (("less", 39, [cut]), ("more", 80, [cut, soap])):
        sale = Sale(Decimal(amount), lines=lines)
        with CaptureQueriesContext(connection) as queries:
            record(rules=rules, actor=shop.actor, who=Who("phone", PHONE), sale=sale, key=name, at=timezone.now())
        asked[name] = statements(queries)
    assert asked == {"less": 2, "more": 4}
    assert sorted(Coupon.objects.values_list("source", flat=True)) == ["chain", "promotion"]


def test_only_its_categories_count_and_others_cost_nothing(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea, minimum=30, categories=["Cuts"])
    rules = shop.rules
    buy(shop, 10)
    soap = {"category": "Soap", "unit_price": Decimal(100)}
    sale = Sale(Decimal(120), lines=[soap, {"category": "CUTS", "unit_price": Decimal(20)}])
    with CaptureQueriesContext(connection) as queries:
        record(rules=rules, actor=shop.actor, who=Who("phone", PHONE), sale=sale, key="soap", at=timezone.now())
    assert statements(queries) == 2
    assert sell(shop, 120).effects == ()
    assert len(sell(shop, 130, lines=[soap, {"category": "cuts", "unit_price": Decimal(30)}]).effects) == 1


def test_it_comes_on_what_was_paid_after_coupons(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea, minimum=40)
    offer(shop)
    assert [each["effect"] for each in sell(shop, 44, "TEN").effects] == ["coupon_used"]
    assert [each["effect"] for each in sell(shop, 45, "TEN").effects] == ["coupon_used", "coupon_issued"]


@pytest.mark.parametrize(("starts_in", "ends_in", "comes"), [(1, 9, 0), (0, 0, 1), (-9, -1, 0)])
def test_only_from_its_first_day_to_its_last(shop: Shop, tea: Shop, starts_in: int, ends_in: int, comes: int) -> None:
    today = shop.rules.local(timezone.now()).date()
    chain = proposed(shop, tea, starts_on=today + timedelta(days=starts_in), ends_in=ends_in, ago=10)
    chains.accept(chain=chain, staff=tea.staff, at=timezone.now() - timedelta(days=9))
    assert len(sell(shop, 40).effects) == comes


def test_a_budget_is_promised_before_coupons_are_given(shop: Shop, tea: Shop) -> None:
    """Five at most each, of twelve: two."""
    chain = agreed(shop, tea, budget=12)
    phones = [PHONE, OTHER, "+994505550000"]
    assert [len(sell(shop, 40, phone=phone).effects) for phone in phones] == [1, 1, 0]
    chain.refresh_from_db()
    assert (chain.promised, chains.state(chain, timezone.now())) == (10, "used_up")
    codes = [str(each.code) for each in Coupon.objects.order_by("pk")]
    assert [sell(tea, 100, code, phone=phone).amount for code, phone in zip(codes, phones, strict=False)] == [95, 95]


def test_what_coupons_did_not_cost_is_free_again_when_they_are_over(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea, budget=14, lasts_days=2)
    code = str(brought(shop).code)
    brought(shop, phone=OTHER)
    sell(tea, 10, code)
    now = timezone.now()
    for days, promised in ((1, 10), (5, 10), (6, Decimal("1.5")), (7, Decimal("1.5"))):
        sharing.settle_all(at=now + timedelta(days=days))
        chain.refresh_from_db()
        assert chain.promised == promised, days
        promises_agree()


def test_a_coupon_that_has_settled_is_over_also_for_a_late_till(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea, lasts_days=2)
    code, now = str(brought(shop).code), timezone.now()
    sharing.settle_all(at=now + timedelta(days=7))
    with pytest.raises(CouponRefused) as refused:
        sell(tea, 20, code)
    assert why(refused) == "expired"


def test_a_use_that_comes_back_after_it_has_settled_frees_what_it_cost(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea, lasts_days=2)
    used = sell(tea, 10, str(brought(shop).code))
    sharing.settle_all(at=timezone.now() + timedelta(days=7))
    refund(tea, used)
    chain.refresh_from_db()
    assert chain.promised == 0


# --- Refunds and who pays ---------------------------------------------------------------------------------


def debts(shop: Shop) -> dict[tuple[int, int], Decimal]:
    """By who owes and who is owed; positions come to nothing."""
    today = shop.rules.local(timezone.now()).date()
    when = {"since": today - timedelta(days=40), "until": today + timedelta(days=2), "currency": "AZN"}
    found = positions.of_programme(program_id=shop.business.program_id, **when)
    assert sum(positions.by_business(found).values()) == 0
    return {(each.owes, each.is_owed): each.amount for each in found}


def test_the_giver_owes_its_share_of_what_the_coupon_took_off(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea, share=40)
    sell(tea, Decimal("20.30"), str(brought(shop).code))
    row = SharedCost.objects.get()
    assert (row.owes, row.is_owed, row.amount) == (shop.business, tea.business, Decimal("1.22"))  # of 3.05
    assert debts(shop) == {(shop.business.pk, tea.business.pk): Decimal("1.22")}


@pytest.mark.parametrize(("share", "owed"), [(0, []), (100, [Decimal(3)])])
def test_who_pays_for_all_of_it_owes_all_and_who_pays_nothing_nothing(
    shop: Shop, tea: Shop, share: int, owed: list[Decimal]
) -> None:
    agreed(shop, tea, share=share)
    sell(tea, 20, str(brought(shop).code))
    assert list(SharedCost.objects.values_list("amount", flat=True)) == owed


def test_a_refund_that_returns_the_coupon_takes_the_debt_back(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    coupon = brought(shop)
    used = sell(tea, 20, str(coupon.code))
    refund(tea, used, amount=Decimal(5))
    assert list(SharedCost.objects.values_list("amount", flat=True)) == [Decimal("1.5")]
    refund(tea, used, key="rest")
    refund(tea, used, key="rest")
    assert sorted(SharedCost.objects.values_list("amount", flat=True)) == [Decimal("-1.5"), Decimal("1.5")]
    assert set(debts(shop).values()) == {0}
    coupon.refresh_from_db()
    chain.refresh_from_db()
    assert (coupon.status, chain.promised) == (CouponStatus.ISSUED, 5)
    assert sell(tea, 20, str(coupon.code)).amount == 17
    assert sum(SharedCost.objects.values_list("amount", flat=True)) == Decimal("1.5")


def test_what_was_booked_is_never_edited(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea)
    sell(tea, 20, str(brought(shop).code))
    with pytest.raises(IntegrityError), transaction.atomic():
        SharedCost.objects.update(amount=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        SharedCost.objects.all().delete()


def test_the_refund_of_the_purchase_cancels_a_coupon_that_nobody_used(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    posted = sell(shop, 40)
    coupon = Coupon.objects.get()
    refund(shop, posted, amount=Decimal(10))
    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.ISSUED
    refund(shop, posted, key="rest")
    coupon.refresh_from_db()
    chain.refresh_from_db()
    assert (coupon.status, chain.promised, chain.offer.issued) == (CouponStatus.CANCELLED, 0, 0)
    with pytest.raises(CouponRefused) as refused:
        sell(tea, 20, str(coupon.code))
    assert why(refused) == "taken_back"
    assert len(sell(shop, 40).effects) == 1


def test_the_refund_of_the_purchase_leaves_what_was_used_already(shop: Shop, tea: Shop) -> None:
    agreed(shop, tea)
    posted = sell(shop, 40)
    coupon = Coupon.objects.get()
    sell(tea, 20, str(coupon.code))
    refund(shop, posted)
    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.REDEEMED
    assert SharedCost.objects.count() == 1


# --- Ending -----------------------------------------------------------------------------------------------


def test_either_side_withdraws_and_coupons_that_are_held_stay_good(shop: Shop, tea: Shop) -> None:
    for side in (shop, tea):
        chain = agreed(shop, tea)
        coupon = brought(shop, phone=f"+99450111000{side.business.pk % 10}")
        chains.withdraw(chain=chain, staff=side.staff, at=timezone.now())
        assert sell(shop, 40, phone=OTHER).effects == ()
        assert sell(tea, 20, str(coupon.code), phone=coupon.customer.phone or "").amount == 17
        chain.refresh_from_db()
        assert (chains.state(chain, timezone.now()), chain.ended_by) == ("ended", side.staff)


def test_only_its_author_withdraws_a_proposal(shop: Shop, tea: Shop) -> None:
    chain = proposed(shop, tea)
    with pytest.raises(chains.NotYours):
        chains.withdraw(chain=chain, staff=tea.staff, at=timezone.now())
    chains.withdraw(chain=chain, staff=shop.staff, at=timezone.now())
    with pytest.raises(chains.NotWaiting):
        chains.accept(chain=Chain.objects.get(), staff=tea.staff, at=timezone.now())


@pytest.mark.parametrize("values", [{"status": BusinessStatus.CLOSED}, {"confidential": True}])
def test_a_chain_whose_partner_left_issues_nothing_and_ends(shop: Shop, tea: Shop, values: dict[str, Any]) -> None:
    chain = agreed(shop, tea)
    held = brought(shop)
    Business.objects.filter(pk=tea.business.pk).update(**values)
    rules = shop.rules
    with CaptureQueriesContext(connection) as queries:
        sale = Sale(Decimal(40))
        record(rules=rules, actor=shop.actor, who=Who("phone", OTHER), sale=sale, key="x", at=timezone.now())
    assert not any("promotions_coupon" in each["sql"] for each in queries)
    assert Coupon.objects.count() == 1
    assert chains.state(Chain.objects.select_related("taker").get(), timezone.now()) == "left"
    assert (chains.end_due(at=timezone.now()), chains.end_due(at=timezone.now())) == (1, 0)
    chain.refresh_from_db()
    assert (chain.ended_for, held.is_ready(timezone.now())) == ("left", True)


def test_a_partner_that_left_a_moment_ago_is_seen_by_a_sale_under_way(shop: Shop, tea: Shop) -> None:
    """The rules of this sale were read before."""
    agreed(shop, tea)
    rules = shop.rules
    sell(shop, 1)
    with CaptureQueriesContext(connection):
        Business.objects.filter(pk=tea.business.pk).update(status=BusinessStatus.CLOSED)
    sale = Sale(Decimal(40))
    record(rules=rules, actor=shop.actor, who=Who("phone", PHONE), sale=sale, key="late", at=timezone.now())
    assert not Coupon.objects.exists()


def test_a_chain_ends_after_its_last_day(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea, ends_in=3)
    assert chains.end_due(at=timezone.now() + timedelta(days=3)) == 0
    assert chains.end_due(at=timezone.now() + timedelta(days=4)) == 1
    chain.refresh_from_db()
    assert (chain.ended_for, chain.offer.ended_at is not None) == ("date", True)


def test_nobody_gives_a_coupon_of_a_chain_by_hand(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    buy(tea, 1)
    with pytest.raises(coupons.NotIssued) as refused:
        coupons.issue(offer=chain.offer, wallet=wallet_of(tea), source=Source.PROMOTION, at=timezone.now())
    assert refused.value.reason == "chain"


def test_a_chain_of_three_and_one_there_and_back(shop: Shop, tea: Shop, new_shop: Any) -> None:
    spa = new_shop("spa")
    for giver, taker in ((shop, tea), (tea, spa), (tea, shop)):
        agreed(giver, taker)
    first = brought(shop)
    told = sell(tea, 50, str(first.code)).effects
    assert sorted(each.get("business", "") for each in told) == ["", "Nar", "Spa"]


def test_the_offer_of_a_chain_stands_with_the_chains_alone(shop: Shop, tea: Shop) -> None:
    chain = agreed(shop, tea)
    assert offers.state(chain.offer, timezone.now().date()) == "running"
    assert chain.offer.business == tea.business


def test_the_operator_ends_a_chain_with_its_offer_and_an_offer_by_itself(shop: Shop, tea: Shop) -> None:
    chain, own = agreed(shop, tea), offer(shop)
    held = brought(shop)
    for each in (chain.offer, own):
        chains.stop(offer=each, operator=shop.owner, at=timezone.now())
        each.refresh_from_db()
        assert each.ended_at
    chain.refresh_from_db()
    assert (chain.ended_for, chains.state(chain, timezone.now())) == ("operator", "ended")
    assert sell(shop, 40, phone=OTHER).effects == ()
    assert sell(tea, 20, str(held.code)).amount == 17
