"""Purchases raise a customer's tier at once: by money, points or visits, and by different kinds of business."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from businesses import api_keys
from businesses.models import Business, Program, TierBasis, TierWindow
from conftest import NOON, Shop
from loyalty import bulk, ledger, rules, tiers, trail
from loyalty.earning import earn
from loyalty.models import Tier, TierCause, TierChange, Wallet
from loyalty.tests.conftest import PHONE, buy, make_tiers, refund, tier, wallet
from loyalty.tests.parallel import crew

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with ledger.clock_at(NOON):
        yield


@pytest.fixture
def metals(shop: Shop) -> list[Tier]:
    """Bronze from the beginning, Silver from 100 ₼, Gold from 500 ₼ in 12 months."""
    return make_tiers(shop, ("Bronze", 0), ("Silver", 100), ("Gold", 500))


def changes() -> list[tuple[str | None, str | None, str]]:
    rows = TierChange.objects.order_by("pk").select_related("before", "after")
    return [(row.before and row.before.name, row.after and row.after.name, row.cause) for row in rows]


def lacking() -> tuple[str, Decimal, int] | None:
    found = tiers.standing(wallet=Wallet.objects.select_related("program", "tier").get(), at=NOON)
    return (found.next.tier.name, found.next.measure, found.next.categories) if found and found.next else None


@pytest.mark.usefixtures("metals")
def test_a_purchase_raises_at_once_and_earns_by_the_tier_before(shop: Shop) -> None:
    Tier.objects.filter(name="Silver").update(multiplier=2)
    first = buy(shop, 99)
    assert (tier(), lacking()) == ("Bronze", ("Silver", Decimal(1), 0))
    second = buy(shop, 1)
    assert (tier(), lacking()) == ("Silver", ("Gold", Decimal(400), 0))
    third = buy(shop, 10)
    assert [posted.points for posted in (first, second, third)] == [99, 1, 20]
    assert [shop.rules.tier_name(posted.tier_id) for posted in (first, second, third)] == [None, "Bronze", "Silver"]
    assert [shop.rules.tier_name(posted.reached) for posted in (first, second, third)] == ["Bronze", "Silver", None]
    assert changes() == [(None, "Bronze", "purchase"), ("Bronze", "Silver", "purchase")]
    assert list(TierChange.objects.order_by("pk").values_list("operation_id", flat=True)) == [first.id, second.id]


@pytest.mark.usefixtures("metals")
def test_several_steps_at_once_are_one_change(shop: Shop) -> None:
    buy(shop, 500)
    assert (tier(), lacking(), wallet().tier_gap) == ("Gold", None, None)
    assert changes() == [(None, "Gold", "purchase")]


@pytest.mark.usefixtures("metals")
def test_the_repeat_of_a_call_names_the_tier_that_it_brought(shop: Shop) -> None:
    first = buy(shop, 100, key="once")
    buy(shop, 400)
    again = buy(shop, 100, key="once")
    assert again.replayed
    assert again.reached == first.reached == Tier.objects.get(name="Silver").pk


@pytest.mark.usefixtures("metals")
def test_between_the_steps_nothing_is_measured(shop: Shop) -> None:
    """The bound is lowered by each purchase, so that only the one that may reach the threshold looks at the past."""
    buy(shop, 10)
    forget_purchases = "UPDATE loyalty_wallet SET tier_gap = 90.000 WHERE tier_gap = 90"
    with connection.cursor() as cursor:
        cursor.execute(forget_purchases)
        assert cursor.rowcount == 1
    buy(shop, 20)
    assert wallet().tier_gap == 70
    buy(shop, 69)
    assert (tier(), wallet().tier_gap) == ("Bronze", 1)


@pytest.mark.usefixtures("metals")
def test_a_refund_takes_from_what_counts_and_nothing_from_the_bound(shop: Shop) -> None:
    buy(shop, 60)
    refund(shop, buy(shop, 30))
    assert wallet().tier_gap == 10
    buy(shop, 20)  # 80 stand: the bound is reached, and then measured
    assert (tier(), wallet().tier_gap) == ("Bronze", 20)
    refund(shop, buy(shop, 20))
    assert tier() == "Silver"  # what was reached is kept until the night has given notice


@pytest.mark.parametrize("window", TierWindow.values)
@pytest.mark.parametrize(
    ("basis", "sales", "reached"),
    [
        (TierBasis.SPEND, [60, 40], [None, "Silver"]),
        (TierBasis.POINTS, [30, 20], [None, "Silver"]),  # two points each
        (TierBasis.VISITS, [1, 1, 1], [None, None, "Silver"]),
        (TierBasis.NONE, [1000], [None]),
    ],
)
def test_each_counts_what_its_programme_counts(
    shop: Shop, basis: str, window: str, sales: list[int], reached: list[str | None]
) -> None:
    Business.objects.update(earn_rate=2)
    make_tiers(shop, ("Silver", 3 if basis == TierBasis.VISITS else 100), basis=basis, window=window)
    seen = [shop.rules.tier_name(buy(shop, amount).reached) for amount in sales]
    assert seen == reached


def test_points_that_wait_count_and_points_of_refunded_sales_do_not(shop: Shop) -> None:
    Program.objects.update(pending_days=14)
    make_tiers(shop, ("Silver", 100), basis=TierBasis.POINTS)
    refund(shop, buy(shop, 60))
    buy(shop, 60)
    assert tier() is None
    buy(shop, 40)
    assert tier() == "Silver"


def test_a_sale_that_was_given_back_is_no_visit_and_brings_no_kind_of_business(
    shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    make_tiers(shop, ("Silver", 2), ("Gold", 3, 2), basis=TierBasis.VISITS)
    refund(shop, buy(shop, 10))
    buy(shop, 10)
    assert tier() is None
    spa = new_shop("spa", category="wellness")
    refund(spa, buy(spa, 10))
    buy(shop, 10)
    buy(shop, 10)
    assert tier() == "Silver"


def test_kinds_of_business_are_counted_once_each_and_confidential_ones_not(
    shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    make_tiers(shop, ("Insider", 0), ("VIP", 50, 2), ("Elite", 100, 3))
    buy(shop, 100)
    assert (tier(), lacking()) == ("Insider", ("VIP", Decimal(0), 1))
    buy(new_shop("bean"), 10)  # another café
    buy(new_shop("clinic", category="medical", confidential=True), 10)
    assert (tier(), lacking()) == ("Insider", ("VIP", Decimal(0), 1))
    spa, salon = new_shop("spa", category="wellness"), new_shop("salon", category="beauty")
    buy(spa, 1)
    assert (tier(), lacking()) == ("VIP", ("Elite", Decimal(0), 1))
    buy(spa, 1)
    buy(salon, 1)
    assert (tier(), lacking()) == ("Elite", None)


def test_who_comes_back_after_more_than_a_year_brings_the_kind_of_business_again(
    shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    make_tiers(shop, ("VIP", 50, 2))
    spa = new_shop("spa", category="wellness")
    buy(spa, 10, at=NOON - 400 * DAY)
    buy(shop, 60)
    assert tier() is None
    buy(shop, 1)
    buy(spa, 1)
    assert tier() == "VIP"


def test_a_purchase_at_a_confidential_business_counts_as_money(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    make_tiers(shop, ("Silver", 100))
    buy(shop, 1)
    buy(new_shop("clinic", confidential=True), 99)
    assert tier() == "Silver"


def test_ever_is_ever(shop: Shop) -> None:
    make_tiers(shop, ("Silver", 100), window=TierWindow.EVER)
    buy(shop, 99, at=NOON - 2000 * DAY)
    buy(shop, 1)
    assert tier() == "Silver"


def test_a_tier_by_invitation_is_reached_by_nobody_and_stands_in_nobodys_way(shop: Shop) -> None:
    make_tiers(shop, ("Silver", 100), ("Circle", 200), ("Gold", 500))
    Tier.objects.filter(name="Circle").update(invitation_only=True)
    buy(shop, 300)
    assert (tier(), lacking()) == ("Silver", ("Gold", Decimal(200), 0))
    buy(shop, 200)
    assert tier() == "Gold"


@pytest.mark.usefixtures("metals")
def test_tiers_that_ask_for_less_are_reached_with_the_next_purchase(shop: Shop) -> None:
    buy(shop, 40)
    Tier.objects.filter(name="Silver").update(threshold=45)
    buy(shop, 5)
    assert tier() == "Silver"
    Program.objects.update(tier_basis=TierBasis.VISITS)
    Tier.objects.filter(name="Silver").update(threshold=2)
    Tier.objects.filter(name="Gold").update(threshold=3)
    buy(shop, 1)
    assert tier() == "Gold"


def test_another_kind_of_business_than_was_said_is_measured_anew(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    make_tiers(shop, ("VIP", 10, 2))
    other = new_shop("other")
    buy(shop, 10)
    buy(other, 10)
    assert tier() is None
    Business.objects.filter(pk=other.business.pk).update(category="bakery")
    buy(shop, 1)
    assert tier() == "VIP"


@pytest.mark.usefixtures("metals")
def test_what_is_posted_in_bulk_counts_with_the_next_purchase(shop: Shop) -> None:
    buy(shop, 10)
    row = bulk.Row(
        key="old",
        customer_id=wallet().customer_id,
        branch_id=shop.branch.pk,
        amount=Decimal(95),
        earned=earn(amount=Decimal(95), terms=shop.rules.terms),
        occurred_at=NOON - 30 * DAY,
        tier_id=wallet().tier_id,
    )
    assert list(bulk.post_many(rules=shop.rules, scope="import", rows=[row])) == [["posted"]]
    assert (tier(), wallet().tier_version) == ("Bronze", None)
    buy(shop, 1)
    assert tier() == "Silver"


@pytest.mark.usefixtures("metals")
def test_a_sale_without_points_counts_too(shop: Shop) -> None:
    Business.objects.update(earn_rate=0)
    buy(shop, 50)
    assert wallet().tier_gap == 50
    buy(shop, 30)
    assert wallet().tier_gap == 20
    buy(shop, 20)
    assert tier() == "Silver"


@pytest.mark.django_db(transaction=True)
def test_purchases_that_together_cross_a_threshold_raise_once(shop: Shop) -> None:
    make_tiers(shop, ("Silver", 100))
    buy(shop, 4)
    with crew(6) as hands:
        done = hands.all_at_once([lambda: buy(shop, 16) for _ in range(6)])
    brought = [posted.reached for posted in done if posted.reached]
    assert (len(brought), changes(), tier()) == (1, [(None, "Silver", "purchase")], "Silver")


def test_a_trail_names_the_tier_by_an_id_that_tells_nothing_and_old_trails_are_still_read(shop: Shop) -> None:
    (gold,) = make_tiers(shop, ("Gold", 0))
    Tier.objects.update(multiplier="1.5")
    buy(shop, 1)
    posted = buy(shop, 10)
    step = next(step for step in posted.trail or [] if step["rule"].startswith("tier:"))
    assert step["rule"] == f"tier:{gold.public_id}"
    for rule in (step["rule"], f"tier:{gold.pk}"):
        assert trail.sentences([{**step, "rule": rule}], shop.rules) == ["Gold multiplies them by 1.5."]
    assert trail.sentences([{**step, "rule": "tier:999999"}], shop.rules) == ["The tier multiplies them by 1.5."]


def test_history_of_tiers_is_never_edited(shop: Shop) -> None:
    make_tiers(shop, ("Bronze", 0))
    buy(shop, 1)
    for change in (lambda: TierChange.objects.update(cause=TierCause.NIGHT), lambda: TierChange.objects.all().delete()):
        with pytest.raises(IntegrityError, match="is history"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    "wrong", [{"cause": "purchase"}, {"cause": "hand"}, {"cause": "night", "reason": "why"}, {"cause": "invitation"}]
)
def test_a_change_has_its_purchase_or_its_reason(shop: Shop, wrong: dict[str, Any]) -> None:
    buy(shop, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        TierChange.objects.create(wallet=wallet(), **wrong)


@pytest.mark.parametrize("wrong", [{"threshold": -1}, {"multiplier": 0}, {"multiplier": 21}])
def test_a_tier_within_reason(shop: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tier.objects.create(program=shop.business.program, name="X", position=1, **wrong)


@pytest.fixture
def till(shop: Shop) -> Client:
    _key, text = api_keys.create(business=shop.business, name="Till", scopes=["read", "earn"])
    return Client(headers={"authorization": f"Bearer {text}"})


def sell(till: Client, amount: str, key: str) -> dict[str, Any]:
    body = {"phone": PHONE, "amount": amount}
    said: dict[str, Any] = till.post(
        "/api/v1/purchases", body, content_type="application/json", headers={"idempotency-key": key}
    ).json()
    return said


@pytest.mark.usefixtures("metals")
def test_the_api_tells_the_new_tier_with_the_sale_and_again(till: Client) -> None:
    sold = sell(till, "120", "a")
    assert (sold["tier"], sold["effects"]) == ("Silver", [{"effect": "tier", "before": None, "after": "Silver"}])
    later = sell(till, "5", "b")
    assert (later["tier"], later["effects"]) == ("Silver", [])
    assert sell(till, "120", "a") == sold


@pytest.mark.usefixtures("metals")
def test_the_api_tells_what_is_lacking_but_not_what_a_confidential_business_counts(
    till: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    customer = sell(till, "20.50", "a")["customer"]

    def balance() -> dict[str, Any]:
        body: dict[str, Any] = till.get(f"/api/v1/customers/{customer}/balance").json()
        return body

    known = {"name": "Silver", "counts": "spend", "lacking": "79.50", "categories_lacking": 0}
    assert (balance()["tier"], balance()["next_tier"]) == ("Bronze", known)
    buy(new_shop("clinic", confidential=True), 30)
    assert balance()["next_tier"] == {**known, "lacking": None, "categories_lacking": None}
    sell(till, "500", "b")
    assert (balance()["tier"], balance()["next_tier"]) == ("Gold", None)
    assert rules.of(shop.business.pk, shop.rules.version).discreet
