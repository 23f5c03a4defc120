"""Rules that are kept with the business: what sales earn by them, one at a time and many at once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from businesses.models import Business
from conftest import NOON, Shop
from customers import profiles
from customers.profiles import Told
from loyalty import earning_rules, effects, ledger, purchases
from loyalty.lookup import Who
from loyalty.models import EarningRule, Operation, Tier
from loyalty.tests.conftest import PHONE, buy, give_tier, refund, wallet
from loyalty.tests.parallel import crew

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Iterator[None]:
    with ledger.clock_at(NOON):
        yield


def rule(shop: Shop, kind: str, value: str | int = 0, *, everywhere: bool = False, **what: Any) -> EarningRule:
    return earning_rules.make(
        program=shop.business.program,
        business=None if everywhere else shop.business,
        values={"name": "Rule", "kind": kind, "value": Decimal(value), **what},
        by=shop.owner,
        at=NOON,
    )


def test_a_rule_counts_from_the_next_sale_on_until_it_ends(shop: Shop) -> None:
    assert buy(shop, 10).points == 10
    double = rule(shop, "multiply", 2)
    assert buy(shop, 10).points == 20
    earning_rules.end(rule=double, by=shop.owner, at=NOON)
    assert buy(shop, 10).points == 10


def test_a_rule_of_the_programme_counts_at_all_its_businesses_and_one_of_a_business_at_none_other(
    shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = new_shop("alma")
    rule(shop, "bonus", 5)
    rule(shop, "bonus", 100, everywhere=True)
    assert (buy(shop, 10).points, buy(other, 10).points) == (115, 110)


def test_the_sale_tells_the_rule_and_what_it_added(shop: Shop) -> None:
    double = rule(shop, "multiply", 2)
    assert {"rule": f"rule:{double.public_id}", "operation": "multiply", "value": "2.000", "points": "+10"} in (
        buy(shop, 10).trail or []
    )


def test_a_changed_rule_is_another_and_the_old_one_stays_as_it_was(shop: Shop) -> None:
    double = rule(shop, "multiply", 2)
    triple = earning_rules.change(
        rule=double, values={"name": "More", "kind": "multiply", "value": Decimal(3)}, by=shop.owner, at=NOON
    )
    assert buy(shop, 10).points == 30
    assert (triple.series, triple.business_id) == (double.series, shop.business.pk)
    with pytest.raises(earning_rules.ChangedMeanwhile):
        earning_rules.change(rule=double, values={"name": "Less", "kind": "bonus", "value": 1}, by=shop.owner, at=NOON)
    with pytest.raises(earning_rules.ChangedMeanwhile):
        earning_rules.end(rule=double, by=shop.owner, at=NOON)
    assert buy(shop, 10).points == 30
    for change in ({"value": 9}, {"name": "x"}, {"business_id": None}, {"ends_on": date(2030, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            EarningRule.objects.filter(pk=double.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM loyalty_earningrule")


def test_a_sale_in_the_past_earns_by_the_hours_of_its_own_moment(shop: Shop) -> None:
    """The shop is in Baku, four hours ahead."""
    rule(shop, "multiply", 2, weekdays=[4], from_time=time(18), until_time=time(19))
    friday = datetime(2026, 2, 27, 14, 10, tzinfo=UTC)
    assert buy(shop, 10, at=friday).points == 20
    assert buy(shop, 10, at=friday + timedelta(hours=1)).points == 10
    assert buy(shop, 10, at=friday + timedelta(days=1)).points == 10


@pytest.mark.parametrize(
    ("moment", "points"),
    [
        ("2026-03-29T00:30+00:00", 10),  # 01:30 in winter time
        ("2026-03-29T01:30+00:00", 20),  # 03:30 in summer time: there is no 02:30
        ("2026-10-25T00:30+00:00", 20),  # 02:30 in summer time
        ("2026-10-25T01:30+00:00", 20),  # 02:30 again, in winter time
        ("2026-10-25T03:00+00:00", 10),  # 04:00
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall_also_when_it_is_put_forward_or_back(
    new_shop: Callable[..., Shop], moment: str, points: int
) -> None:
    berlin = new_shop("kreuzberg", time_zone="Europe/Berlin")
    rule(berlin, "multiply", 2, from_time=time(2), until_time=time(4))
    with ledger.clock_at(datetime(2026, 12, 1, tzinfo=UTC)):
        assert buy(berlin, 10, at=datetime.fromisoformat(moment)).points == points


def test_the_first_purchase_is_the_first_that_stands(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    rule(shop, "bonus", 100, occasion="first_purchase")
    assert buy(new_shop("alma"), 10).points == 10
    first = buy(shop, 10)
    assert (first.points, buy(shop, 10).points) == (110, 10)
    assert buy(shop, 10, phone="+994501112233").points == 110


def test_who_gives_back_the_first_purchase_may_make_it_again(shop: Shop) -> None:
    rule(shop, "bonus", 100, occasion="first_purchase")
    refund(shop, buy(shop, 10))
    assert wallet().balance == 0
    assert buy(shop, 10).points == 110


def test_a_new_line_of_business_is_one_where_no_business_of_it_was_visited(new_shop: Callable[..., Shop]) -> None:
    cafe, other_cafe, spa = new_shop("nar"), new_shop("alma"), new_shop("spa", category="wellness")
    rule(cafe, "bonus", 40, everywhere=True, occasion="first_in_category")
    assert [buy(each, 10).points for each in (cafe, other_cafe, spa, spa)] == [50, 10, 50, 10]


def test_nobody_learns_from_a_bonus_who_goes_to_a_confidential_business(new_shop: Callable[..., Shop]) -> None:
    clinic, practice = (
        new_shop(name, category="medical", confidential=name == "clinic") for name in ("clinic", "practice")
    )
    rule(practice, "bonus", 40, everywhere=True, occasion="first_in_category")
    assert buy(clinic, 10).points == 50
    assert buy(practice, 10).points == 50  # as for anybody
    assert buy(clinic, 10).points == 10


def test_nobody_learns_from_a_cap_what_a_confidential_business_gave(new_shop: Callable[..., Shop]) -> None:
    cafe, other, clinic = (new_shop(name, confidential=name == "clinic") for name in ("nar", "alma", "clinic"))
    rule(cafe, "multiply", 2, everywhere=True, most_per_customer=100)
    assert buy(clinic, 70).points == 140
    assert buy(other, 20).points == 40
    assert buy(cafe, 100).points == 180  # 20 were given at the other café
    assert buy(clinic, 70).points == 70  # and the clinic knows its own


def test_a_birthday_is_heard_where_it_was_told(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    rule(shop, "multiply", 3, occasion="birthday")
    buy(shop, 10)
    mine = wallet()
    told = Told(name="Aysel", birthday=date(1990, NOON.month, NOON.day))
    profiles.save(program_id=mine.program_id, customer_id=mine.customer_id, told=told)
    assert buy(shop, 10).points == 30
    assert buy(shop, 10, at=NOON - timedelta(days=1)).points == 10


def test_a_rule_for_tiers_asks_for_one_of_them(shop: Shop) -> None:
    silver, gold = (
        Tier.objects.create(program=shop.business.program, name=name, position=n) for n, name in enumerate("SG")
    )
    rule(shop, "bonus", 5, tiers=[gold.pk])
    assert buy(shop, 10).points == 10
    for tier, points in ((silver, 10), (gold, 15)):
        give_tier(tier)
        assert buy(shop, 10).points == points


def test_the_caps_of_a_rule_count_what_stands_and_go_on_when_it_is_changed(shop: Shop) -> None:
    what = {"name": "Rule", "kind": "multiply", "value": Decimal(2), "most_per_day": 15, "most_per_customer": 25}
    double = rule(shop, **what)
    yesterday = NOON - timedelta(days=1)
    assert buy(shop, 10, at=yesterday).points == 20
    today = [buy(shop, 10) for _ in range(2)]
    assert [sale.points for sale in today] == [20, 15]  # 10 and 5: a day's 15, and 25 ever
    assert buy(shop, 10).points == 10
    refund(shop, today[0])
    changed = earning_rules.change(rule=double, values=what, by=shop.owner, at=NOON)
    assert buy(shop, 30).points == 40
    assert buy(shop, 10).points == 10
    assert changed.pk != double.pk


def test_a_day_s_cap_counts_what_stands_at_this_business(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    Business.objects.filter(pk=shop.business.pk).update(points_cap_day=25)
    buy(new_shop("alma"), 100)
    assert buy(shop, 100, at=NOON - timedelta(days=1)).points == 25
    first = buy(shop, 20)
    assert [first.points, buy(shop, 20).points, buy(shop, 20).points] == [20, 5, 0]
    refund(shop, first)
    assert buy(shop, 100).points == 20


def test_the_lines_of_a_sale_are_looked_at(shop: Shop) -> None:
    rule(shop, "exclude", categories=["Tobacco"])
    lines = [{"category": "tobacco", "unit_price": Decimal(8)}, {"category": "Dairy", "unit_price": Decimal(4)}]
    assert buy(shop, 12, lines=lines).points == 4
    assert Operation.objects.get().points == 4


def test_a_business_has_no_more_rules_than_a_person_can_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earning_rules, "MOST_RULES", 2)
    first = rule(shop, "bonus", 5)
    rule(shop, "bonus", 5)
    with pytest.raises(earning_rules.TooMany):
        rule(shop, "bonus", 5)
    rule(shop, "bonus", 5, everywhere=True)
    earning_rules.end(rule=first, by=shop.owner, at=NOON)
    rule(shop, "bonus", 5)


@pytest.mark.parametrize(
    "what",
    [
        {"kind": "multiply", "value": 0},
        {"kind": "multiply", "value": 1000},
        {"kind": "bonus", "value": -1},
        {"kind": "exclude", "value": 1},
        {"kind": "bonus", "value": 1, "starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)},
        {"kind": "bonus", "value": 1, "from_time": time(9)},
        {"kind": "bonus", "value": 1, "until_time": time(9)},
        {"kind": "bonus", "value": 1, "from_time": time(9), "until_time": time(9)},
        {"kind": "bonus", "value": 1, "weekdays": [0, 7]},
    ],
)
def test_the_database_refuses_rules_that_cannot_be_meant(shop: Shop, what: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(shop, **what)


@pytest.mark.django_db(transaction=True)
def test_of_many_first_purchases_at_once_one_is_the_first(shop: Shop) -> None:
    rule(shop, "bonus", 100, occasion="first_purchase")
    shop.rules  # noqa: B018 - read once, so that all begin together
    for number in range(10):
        phone = f"+99450000{number:04}"
        with crew(4) as hands:
            found = hands.all_at_once([lambda phone=phone: buy(shop, 10, phone=phone)] * 4)
        assert sorted(sale.points for sale in found) == [10, 10, 10, 110]


@pytest.mark.django_db(transaction=True)
def test_many_sales_at_once_keep_a_cap(shop: Shop) -> None:
    rule(shop, "bonus", 10, most_per_customer=25)
    Business.objects.filter(pk=shop.business.pk).update(points_cap_day=30)
    buy(shop, 1)
    with crew(4) as hands:
        found = hands.all_at_once([lambda: buy(shop, 1)] * 4)
    assert sum(sale.points for sale in found) + 11 == 30
    assert wallet().balance == 30


@pytest.mark.django_db(transaction=True)
def test_rules_cost_no_more_statements(shop: Shop, django_assert_num_queries: Callable[..., Any]) -> None:
    buy(shop, 1)
    rule(shop, "multiply", 2)
    with_rules = shop.rules
    rule(shop, "bonus", 2, occasion="birthday")
    that_ask = shop.rules
    assert (with_rules.asks_past, that_ask.asks_past) == (False, True)
    for key, terms in (("one", with_rules), ("two", that_ask)):
        who, sale = Who("phone", PHONE), purchases.Sale(Decimal(3))
        effects.following(
            terms, sale.amount, sale, None, effects.Priced()
        )  # what a change of the rules makes the next sale read once
        with django_assert_num_queries(2):
            purchases.record(rules=terms, actor=shop.actor, who=who, sale=sale, key=key, at=NOON)
