"""Coupons in a sale: taken off, refused, returned."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Branch, Program
from conftest import Shop
from loyalty import effects, refusals, trail
from loyalty.lookup import Who
from loyalty.models import Operation, Purchase, PurchaseLine
from loyalty.outcomes import CouponRefused, KeyReused
from loyalty.purchases import TooManyPoints, record
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, buy, refund, wallet
from promotions import coupons
from promotions.models import Coupon, CouponStatus, CouponUse, Offer
from promotions.tests.conftest import issued, offer, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
OTHER = "+994507654321"


def why(refused: pytest.ExceptionInfo[CouponRefused]) -> str:
    return str(refused.value.fact["reason"])


def counted(of: Offer) -> tuple[int, int, str]:
    of.refresh_from_db()
    return of.issued, of.uses, f"{of.cost:.2f}"


def test_a_coupon_comes_off_and_points_are_earned_on_what_is_left(shop: Shop) -> None:
    posted = sell(shop, 40, "ten", key="k")
    assert (posted.amount, posted.points, wallet().balance) == (36, 36, 36)
    assert posted.effects == ({"effect": "coupon_used", "coupon": "TEN", "offer": "Ten off", "discount": "4.00"},)
    assert sell(shop, 40, "ten", key="k") == posted._replace(outcome="replayed")


@pytest.fixture(autouse=True)
def ten(shop: Shop) -> Offer:
    return offer(shop)


def test_the_reason_of_the_points_names_the_coupon(shop: Shop) -> None:
    posted = sell(shop, 40, "TEN")
    assert trail.sentences(posted.trail or [], shop.rules)[:2] == [
        "The sale was 40.00\xa0₼.",
        "“Ten off” takes 4.00\xa0₼ off.",
    ]


def test_a_repeat_says_the_same_after_the_coupon_has_come_back(shop: Shop) -> None:
    first = sell(shop, 40, "TEN", key="k")
    refund(shop, first)
    assert sell(shop, 40, "TEN", key="k") == first._replace(outcome="replayed")
    with pytest.raises(KeyReused):
        sell(shop, 40, key="k")


def test_an_issued_coupon_is_used_once(shop: Shop) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7, name="Five")
    coupon = issued(shop, five)
    assert coupon.code
    assert sell(shop, 20, f"{coupon.code[:5]} {coupon.code[5:].lower()}").amount == 15
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, coupon.code)
    assert why(refused) == "used"
    assert counted(five) == (1, 1, "5.00")


def test_a_refusal_is_stored_and_a_repeat_hears_it_again(shop: Shop) -> None:
    with pytest.raises(CouponRefused) as first:
        sell(shop, 20, "NONE", key="k")
    offer(shop, code="NONE", name="Made since")
    with pytest.raises(CouponRefused) as again:
        sell(shop, 20, "NONE", key="k")
    assert again.value.posted.replayed
    assert (why(first), again.value.fact) == ("unknown", first.value.fact)
    assert not Purchase.objects.exists()


def test_another_customers_coupon_is_refused(shop: Shop) -> None:
    buy(shop, 10)
    coupon = issued(shop, offer(shop, kind="amount", value=5, lasts_days=7))
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, str(coupon.code), phone=OTHER)
    assert why(refused) == "not_yours"
    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.ISSUED


def test_a_coupon_of_another_business_does_not_exist_here(shop: Shop, new_shop: Any) -> None:
    other = new_shop("other")
    buy(other, 10)
    coupon = issued(other, offer(other, kind="amount", value=5, lasts_days=7))
    offer(other, code="THEIRS")
    for code in (str(coupon.code), "THEIRS"):
        with pytest.raises(CouponRefused) as refused:
            sell(shop, 20, code)
        assert why(refused) == "unknown"


def test_a_programmes_offer_counts_where_it_names_and_nowhere_outside(shop: Shop, new_shop: Any) -> None:
    second, third = new_shop("second"), new_shop("third")
    stranger = new_shop("away", program=Program.objects.create(slug="away", name="Away", currency="AZN", join_code="A"))
    offer(shop, business=None, businesses=[shop.business.pk, second.business.pk], code="ALL")
    assert sell(second, 10, "ALL").amount == 9
    for elsewhere in (third, stranger):
        with pytest.raises(CouponRefused) as refused:
            sell(elsewhere, 10, "ALL")
        assert why(refused) == "unknown"


def test_a_coupon_for_another_branch_says_where_it_counts(shop: Shop) -> None:
    airport = Branch.objects.create(business=shop.business, name="Airport")
    offer(shop, code="FLY", branches=[airport.pk])
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, "FLY")
    assert (why(refused), refused.value.fact["branches"]) == ("wrong_branch", ["Airport"])


def test_a_coupon_that_expired_a_second_ago_is_refused(shop: Shop) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7)
    now = timezone.now()
    for late, expected in ((timedelta(seconds=1), False), (timedelta(seconds=-30), True)):
        coupon = Coupon.objects.create(
            offer=five,
            customer=wallet().customer,
            code=coupons.new_code(),
            source="chain",
            issued_at=now,
            expires_at=now - late,
        )
        if expected:
            assert sell(shop, 20, coupon.code).amount == 15
        else:
            with pytest.raises(CouponRefused) as refused:
                sell(shop, 20, coupon.code)
            assert why(refused) == "expired"


def test_two_exclusive_codes_refuse_the_sale_for_the_second(shop: Shop) -> None:
    offer(shop, code="ONE", exclusive=True)
    offer(shop, code="TWO", exclusive=True)
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, "ONE", "TWO")
    assert (why(refused), refused.value.fact["coupon"]) == ("exclusive", "TWO")


def test_a_discount_above_the_total_leaves_nothing_to_pay_and_comes_back_whole(shop: Shop) -> None:
    fifty = offer(shop, kind="amount", value=50, code="FIFTY")
    posted = sell(shop, 30, "FIFTY")
    assert (posted.amount, posted.points, counted(fifty)) == (0, 0, (0, 1, "30.00"))
    assert refund(shop, posted).effects == ({"effect": "coupon_returned", "coupon": "FIFTY", "offer": "Ten off"},)
    assert counted(fifty) == (0, 0, "0.00")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"ended_at": timezone.now()}, "ended"),
        ({"paused_at": timezone.now()}, "paused"),
        ({"starts_on": "2100-01-01"}, "not_yet"),
        ({"starts_on": "2020-01-01", "ends_on": "2020-01-02"}, "expired"),
        ({"weekdays": [(timezone.now() + timedelta(days=3)).weekday()]}, "not_now"),
        ({"total_limit": 0}, "limit_reached"),
        ({"budget": Decimal(1)}, "budget_spent"),
        ({"minimum_spend": Decimal(50)}, "minimum_spend"),
        ({"categories": ["cakes"]}, "not_in_cart"),
        ({"kind": "free_shipping", "value": 0}, "no_shipping"),
    ],
)
def test_each_refusal_has_its_reason_and_a_sentence(shop: Shop, values: dict[str, Any], reason: str) -> None:
    offer(shop, code="X", **values)
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, "X")
    assert why(refused) == reason
    assert refusals.sentence(refused.value.fact).endswith((".", "₼."))


def test_a_limit_for_each_customer_counts_what_stands(shop: Shop) -> None:
    once = offer(shop, code="ONCE", limit_per_customer=1)
    first = sell(shop, 20, "ONCE")
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, "ONCE")
    assert (why(refused), refused.value.fact["limit"]) == ("customer_limit", 1)
    sell(shop, 20, "ONCE", phone=OTHER)
    refund(shop, first)
    sell(shop, 20, "ONCE")
    assert counted(once) == (0, 2, "4.00")


def test_a_budget_is_never_gone_over(shop: Shop) -> None:
    sparing = offer(shop, code="B", budget=Decimal(5))
    sell(shop, 30, "B")
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 30, "B")
    assert why(refused) == "budget_spent"
    sell(shop, 20, "B")
    assert counted(sparing) == (0, 2, "5.00")


def test_the_whole_refund_returns_its_coupon_and_a_part_does_not(shop: Shop) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7)
    coupon = issued(shop, five)
    posted = sell(shop, 25, str(coupon.code))
    assert refund(shop, posted, amount=Decimal(5)).effects == ()
    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.REDEEMED
    rest = refund(shop, posted, key="rest")
    coupon.refresh_from_db()
    assert (coupon.status, counted(five)) == (CouponStatus.ISSUED, (1, 0, "0.00"))
    assert rest.effects[0]["coupon"] == coupon.code
    assert refund(shop, posted, key="rest") == rest._replace(outcome="replayed")
    assert sell(shop, 25, str(coupon.code)).amount == 20


def test_a_line_that_comes_back_is_worth_what_was_paid_for_it(shop: Shop) -> None:
    offer(shop, code="CAKE", value=50, categories=["Cakes"])
    lines = [{"category": "Cakes", "unit_price": Decimal(20)}, {"category": "Tea", "unit_price": Decimal(10)}]
    posted = sell(shop, 30, "CAKE", lines=lines)
    cake, tea = PurchaseLine.objects.order_by("position")
    assert (posted.amount, cake.discount, tea.discount) == (20, 10, 0)
    assert refund(shop, posted, pieces={cake.pk: Decimal(1)}).amount == 10


def test_points_of_an_offer_are_steps_of_the_reason(shop: Shop) -> None:
    offer(shop, kind="multiplier", value=2, code="DOUBLE", name="Double")
    offer(shop, kind="bonus", value=50, code="MORE", name="Fifty more")
    posted = sell(shop, 10, "DOUBLE", "MORE")
    assert posted.points == 70
    assert trail.sentences(posted.trail or [], shop.rules)[-3:] == [
        "“Double” multiplies by 2: +10.",
        "“Fifty more” is a bonus: +50.",
        "Rounded down: 70 points.",
    ]


def test_points_pay_what_coupons_have_left(shop: Shop) -> None:
    Program.objects.update(point_value=Decimal("0.1"))
    buy(shop, 1000)
    posted = sell(shop, 40, "TEN", points=360)
    assert (posted.amount, posted.paid, posted.points) == (36, 36, 0)
    with pytest.raises(TooManyPoints) as too_many:
        sell(shop, 40, "TEN", points=361)
    assert too_many.value.most == 360


def test_shipping_is_a_part_of_the_amount(shop: Shop) -> None:
    offer(shop, kind="free_shipping", value=0, code="SHIP")
    assert sell(shop, 45, "TEN", "SHIP", shipping="5").amount == 36


def test_a_purchase_brings_a_coupon_one_at_a_time_and_its_refund_takes_it_back(shop: Shop) -> None:
    back = offer(shop, kind="amount", value=5, given_from=Decimal(20), lasts_days=14, name="Come back")
    assert sell(shop, 19).effects == ()
    posted = sell(shop, 20)
    coupon = Coupon.objects.get()
    assert posted.effects == (
        {"effect": "coupon_issued", "coupon": coupon.code, "offer": "Come back", "expires_at": coupon.expires_at},
    )
    assert coupon.issued_by_id == posted.id
    assert coupon.expires_at == coupons.expiry(offer=back, at=posted.occurred_at, time_zone="Asia/Baku")
    assert sell(shop, 20).effects == ()
    refund(shop, posted)
    coupon.refresh_from_db()
    assert (coupon.status, counted(back)) == (CouponStatus.CANCELLED, (0, 0, "0.00"))
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, str(coupon.code))
    assert why(refused) == "taken_back"


def test_a_purchase_brings_no_more_coupons_than_there_are(shop: Shop) -> None:
    offer(shop, kind="amount", value=5, given_from=Decimal(1), lasts_days=14, total_limit=1)
    assert [len(sell(shop, 20, phone=phone).effects) for phone in (PHONE, OTHER)] == [1, 0]


def test_a_coupon_that_is_held_outlives_its_offer_but_not_a_pause(shop: Shop) -> None:
    buy(shop, 10)
    five = offer(shop, kind="amount", value=5, lasts_days=7)
    first, second = issued(shop, five), issued(shop, five)
    Offer.objects.filter(pk=five.pk).update(ended_at=timezone.now())
    assert sell(shop, 20, str(first.code)).amount == 15
    Offer.objects.filter(pk=five.pk).update(paused_at=timezone.now())
    with pytest.raises(CouponRefused) as refused:
        sell(shop, 20, str(second.code))
    assert why(refused) == "paused"


def test_offers_that_do_not_apply_cost_no_statement_and_no_transaction(shop: Shop) -> None:
    offer(shop, given_from=Decimal(100), lasts_days=5)
    rules = shop.rules
    buy(shop, 10)
    for amount, statements in ((10, 2), (100, 4)):
        sale, who = Sale(Decimal(amount)), Who("phone", PHONE)
        with CaptureQueriesContext(connection) as queries:
            record(rules=rules, actor=shop.actor, who=who, sale=sale, key=f"n{amount}", at=timezone.now())
        assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == statements


@pytest.mark.parametrize(
    "broken",
    [
        {"uses": 2, "total_limit": 1},
        {"cost": 2, "budget": 1},
        {"kind": "percentage", "value": 101},
        {"kind": "gift", "value": 0},
        {"code": "X", "lasts_days": 4},
    ],
)
def test_the_database_refuses_an_offer_beyond_its_limits(shop: Shop, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        offer(shop, **broken)


def test_what_an_offer_gives_is_never_edited(shop: Shop, ten: Offer) -> None:
    for values in ({"value": 90}, {"code": "X"}, {"exclusive": True}, {"name": "Else"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=ten.pk).update(**values)
    sell(shop, 10, "TEN")
    with pytest.raises(IntegrityError), transaction.atomic():
        CouponUse.objects.update(discount=0)
    assert Operation.objects.count() == 1


def test_the_counter_asks_as_often_for_five_coupons_as_for_one(shop: Shop) -> None:
    buy(shop, 1)
    asked = []
    for number in range(5):
        issued(shop, offer(shop, name=f"Gift {number}", lasts_days=30, limit_per_customer=9))
        with CaptureQueriesContext(connection) as queries:
            ready = effects.ready(rules=shop.rules, customer_id=wallet().customer_id, at=timezone.now())
        assert len(ready) == number + 1
        asked.append(len([each for each in queries if "promotions_" in each["sql"]]))
    assert set(asked) == {2}
