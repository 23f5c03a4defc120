"""What a cart costs with coupons."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.earning import Rule
from promotions.pricing import Benefit, Cart, Priced, price


def benefit(
    kind: str, value: str | int = 0, *, number: int = 1, categories: tuple[str, ...] = (), **more: Any
) -> Benefit:
    boosts = {"multiplier": "multiply", "bonus": "bonus"}
    scope = Rule(
        number, boosts.get(kind, ""), Decimal(value), categories=frozenset(categories), origin="offer", name="x"
    )
    code = more.pop("code", f"C{number}")
    return Benefit(code, number, kind, Decimal(value), "x", scope, **more)


def cart(amount: str, *lines: tuple[str, str], shipping: str = "0", currency: str = "AZN") -> Cart:
    named = [{"category": category, "unit_price": Decimal(sum_)} for category, sum_ in lines]
    return Cart(Decimal(amount), currency, Decimal(shipping), named)


def discounts(priced: Priced) -> dict[str, str]:
    return {each.benefit.code: str(each.discount) for each in priced.applied}


def reasons(priced: Priced) -> dict[str, str]:
    return {each.code: each.reason for each in priced.rejected}


def test_a_percentage_is_rounded_once_by_the_currency() -> None:
    assert discounts(price(cart("9.99"), [benefit("percentage", 15)])) == {"C1": "1.50"}
    assert discounts(price(cart("999", currency="JPY"), [benefit("percentage", 15)])) == {"C1": "150"}


def test_a_percentage_stops_at_the_most_that_it_takes_off() -> None:
    assert discounts(price(cart("80"), [benefit("percentage", 50, most=Decimal(15))])) == {"C1": "15.00"}


def test_an_amount_above_the_total_takes_the_total_and_no_more() -> None:
    priced = price(cart("30"), [benefit("amount", 50)])
    assert discounts(priced) == {"C1": "30.00"}
    assert priced.deal.discount == 30


def test_percentages_come_before_amounts_whatever_was_named_first() -> None:
    named = [benefit("amount", 10, number=1), benefit("percentage", 10, number=2), benefit("percentage", 20, number=3)]
    assert discounts(price(cart("100"), named)) == {"C1": "10.00", "C2": "10.00", "C3": "18.00"}


def test_a_category_is_discounted_alone() -> None:
    priced = price(cart("30", ("Cakes", "20"), ("Tea", "10")), [benefit("percentage", 50, categories=("cakes",))])
    assert priced.deal.discount == 10
    assert list(priced.deal.off) == [10, 0]
    assert [part.amount for part in priced.deal.parts] == [10, 10, 0]


def test_a_category_that_is_not_there_is_rejected() -> None:
    assert reasons(price(cart("30", ("Tea", "30")), [benefit("amount", 5, categories=("cakes",))])) == {
        "C1": "not_in_cart"
    }
    assert reasons(price(cart("30"), [benefit("amount", 5, categories=("cakes",))])) == {"C1": "not_in_cart"}


def test_shipping_is_no_goods_and_comes_off_by_its_own_offer() -> None:
    with_shipping = cart("105", shipping="5")
    assert discounts(price(with_shipping, [benefit("percentage", 10), benefit("free_shipping", number=2)])) == {
        "C1": "10.00",
        "C2": "5.00",
    }
    assert discounts(price(with_shipping, [benefit("amount", 200)])) == {"C1": "100.00"}
    assert reasons(price(cart("100"), [benefit("free_shipping")])) == {"C1": "no_shipping"}


def test_of_two_that_exclude_each_other_the_first_named_stays() -> None:
    alone, other = benefit("amount", 5, exclusive=True), benefit("amount", 9, number=2, exclusive=True)
    assert reasons(price(cart("50"), [alone, other])) == {"C2": "exclusive"}
    assert reasons(price(cart("50"), [other, alone])) == {"C1": "exclusive"}
    assert reasons(price(cart("50"), [benefit("bonus", 9, number=3), alone])) == {"C1": "exclusive"}


def test_two_coupons_of_one_offer_do_not_count_together() -> None:
    assert reasons(price(cart("50"), [benefit("amount", 5), benefit("amount", 5, code="D")])) == {"D": "twice"}


def test_an_order_below_the_minimum_is_told_what_it_lacks() -> None:
    (rejected,) = price(cart("52", shipping="5"), [benefit("amount", 5, minimum=Decimal(50))]).rejected
    assert (rejected.reason, rejected.facts) == ("minimum_spend", {"minimum": "50.00", "currency": "AZN"})
    assert price(cart("55", shipping="5"), [benefit("amount", 5, minimum=Decimal(50))]).rejected == ()


def test_what_has_nothing_left_to_take_off_is_not_used_up() -> None:
    assert reasons(price(cart("50"), [benefit("percentage", 100), benefit("amount", 5, number=2)])) == {
        "C2": "nothing_left"
    }


@given(
    lines=st.lists(st.decimals("0.01", "500", places=2), max_size=6),
    rest=st.decimals("0", "50", places=2),
    shipping=st.decimals("0", "20", places=2),
    offers=st.lists(
        st.tuples(st.sampled_from(["percentage", "amount"]), st.integers(1, 100), st.booleans(), st.booleans()),
        max_size=5,
    ),
)
def test_a_price_is_never_below_zero_and_its_parts_add_up(
    lines: list[Decimal], rest: Decimal, shipping: Decimal, offers: list[Any]
) -> None:
    of = Cart(
        sum(lines, rest) + shipping,
        "AZN",
        shipping,
        [{"category": f"c{n % 2}", "unit_price": sum_} for n, sum_ in enumerate(lines)],
    )
    named = [
        benefit(kind, value, number=n, categories=("c0",) if narrow else (), most=Decimal(7) if capped else None)
        for n, (kind, value, narrow, capped) in enumerate(offers)
    ]
    priced = price(of, named)
    assert priced.deal.discount == sum(each.discount for each in priced.applied)
    assert 0 <= priced.deal.discount <= of.goods
    assert sum(part.amount for part in priced.deal.parts) == of.amount - priced.deal.discount
    assert all(part.amount >= 0 for part in priced.deal.parts)
    assert len(priced.applied) + len(priced.rejected) == len(named)


@pytest.mark.parametrize("kind", ["multiplier", "bonus"])
def test_points_are_given_beside_the_price(kind: str) -> None:
    priced = price(cart("50"), [benefit(kind, 2)])
    assert priced.deal.discount == 0
    assert [boost.value for boost in priced.deal.boosts] == [2]
