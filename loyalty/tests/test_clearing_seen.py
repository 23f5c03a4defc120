"""How much of clearing a business sees: on its page, in its file, and what can be told from neither."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import count, product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from businesses.models import Business, Role
from businesses.tests.conftest import hire, signed_in
from conftest import Shop
from loyalty import ledger, shared_costs
from loyalty.clearing import months, positions
from loyalty.clearing.months import Month, Side
from loyalty.clearing.positions import FEW, Debt
from loyalty.models import ClearingLine
from loyalty.tests.conftest import buy, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

APRIL = date(2026, 4, 1)
IN_APRIL, NOW = datetime(2026, 4, 10, 9, tzinfo=UTC), datetime(2026, 5, 20, 12, tzinfo=UTC)
_drawn = count(10**9)


@pytest.fixture
def nar(shop: Shop) -> Shop:
    return shop


@pytest.fixture
def tea(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("tea")


@pytest.fixture
def bay(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("bay")


# --- What a business may see ------------------------------------------------------------------------------


@contextmanager
def made_up() -> Iterator[None]:
    """Lines without draws behind them, gone before the books are compared."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def line(owes: Shop, is_owed: Shop, customers: int, *, on: date = APRIL, first: int = 1, points: int = 10) -> None:
    ClearingLine.objects.bulk_create(
        ClearingLine(
            draw_id=next(_drawn), customer_id=first + number, owes_id=owes.business.pk, is_owed_id=is_owed.business.pk,
            local_on=on, points=points, amount=points,
        )
        for number in range(customers)
    )  # fmt: skip


def april(shop: Shop, at: datetime = NOW) -> Month:
    seen = months.last(business=shop.business, rules=shop.rules, at=at)
    return next(month for month in seen if month.first == APRIL)


def said(side: Side | None) -> tuple[int | None, int | None] | None:
    return side and (side.owed and side.owed.points, side.owes and side.owes.points)


def rows(month: Month) -> dict[str, Any]:
    return {name: said(side) for name, side in month.partners}


def test_a_partner_with_customers_enough_stands_alone(nar: Shop, tea: Shop, bay: Shop) -> None:
    with made_up():
        line(tea, nar, 5)
        line(nar, tea, 6)
        line(bay, nar, 7)
        seen = april(nar)
    assert rows(seen) == {"Tea": (50, 60), "Bay": (70, 0)}
    assert (said(seen.total), seen.others) == ((120, 60), None)


def test_partners_with_too_few_stand_together_with_one_who_hides_them(
    nar: Shop, tea: Shop, bay: Shop, new_shop: Callable[..., Shop]
) -> None:
    ivy = new_shop("ivy")
    with made_up():
        line(tea, nar, 9)
        line(bay, nar, 6)
        line(ivy, nar, 4)  # alone among the rest it would be the total less the others
        seen = april(nar)
    assert rows(seen) == {"Tea": (90, 0)}
    assert (said(seen.total), said(seen.others)) == ((190, 0), (100, 0))


def test_each_side_of_the_rest_hides_who_is_in_it(
    nar: Shop, tea: Shop, bay: Shop, new_shop: Callable[..., Shop]
) -> None:
    ivy = new_shop("ivy")
    with made_up():
        line(bay, nar, 4)
        line(ivy, nar, 8)
        line(nar, ivy, 4)  # 4 of ours, spent at ivy, could be read from the rest
        line(nar, tea, 7)
        seen = april(nar)
    assert (rows(seen), said(seen.total)) == ({}, (120, 110))


def test_of_fewer_than_five_not_even_the_sum_shows(nar: Shop, tea: Shop, bay: Shop) -> None:
    with made_up():
        line(tea, nar, 2)
        line(bay, nar, 2, first=3)
        line(nar, tea, 5)
        assert said(april(nar).total) == (None, 50)
        assert april(nar).total.balance is None
        line(bay, nar, 1, first=5)  # five now, though nowhere five
        assert said(april(nar).total) == (50, 50)
        assert rows(april(nar)) == {}


def test_the_same_few_customers_at_many_partners_are_few(nar: Shop, tea: Shop, bay: Shop) -> None:
    with made_up():
        line(tea, nar, 4)
        line(bay, nar, 4)
        assert said(april(nar).total) == (None, 0)


def test_a_customer_who_got_all_of_it_back_hides_nobody(nar: Shop, tea: Shop) -> None:
    with made_up():
        line(tea, nar, 5)
        line(tea, nar, 1, points=-10)
        assert (rows(april(nar)), said(april(nar).total)) == ({}, (None, 0))


def test_many_customers_are_not_counted_one_by_one_but_never_too_many(nar: Shop, tea: Shop, bay: Shop) -> None:
    with made_up():
        line(tea, nar, 200)
        line(tea, nar, 20, points=-3)
        line(bay, nar, 60)
        line(bay, nar, 56, points=-10)  # 4 are left
        mine = {"business_id": nar.business.pk, "currency": "AZN", "since": APRIL, "until": APRIL + timedelta(days=30)}
        found = {debt.owes: debt for debt in positions.of_business(**mine)}
    assert FEW <= found[tea.business.pk].customers <= 180
    assert (found[tea.business.pk].points, found[bay.business.pk].points) == (1940, 40)
    assert found[bay.business.pk].customers == 4


def test_of_the_running_month_only_the_sums_show_until_it_is_over_everywhere(nar: Shop, tea: Shop, bay: Shop) -> None:
    """Else who looks before and after a visit knows whose it was, and where."""
    with made_up():
        line(tea, nar, 9)
        line(bay, nar, 9)
        for at in (IN_APRIL, datetime(2026, 4, 30, 23, tzinfo=UTC), datetime(2026, 5, 1, 11, 59, tzinfo=UTC)):
            seen = april(nar, at)
            assert (rows(seen), said(seen.total), seen.runs) == ({}, (180, 0), True)
        seen = april(nar, datetime(2026, 5, 1, 12, tzinfo=UTC))  # midnight at UTC−12
        assert (rows(seen), seen.runs) == ({"Tea": (90, 0), "Bay": (90, 0)}, False)


def test_beside_a_confidential_business_everybody_clears_with_the_programme_as_a_whole(
    nar: Shop, tea: Shop, bay: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True)
    with made_up():
        line(tea, nar, 9)
        line(bay, nar, 9)
        line(clinic, nar, 9)
        line(nar, clinic, 9)
        seen = april(nar)
        assert (rows(seen), seen.others, said(seen.total)) == ({}, None, (270, 90))
        assert rows(april(clinic)) == {"Nar": (90, 90)}  # it sees the others
        assert rows(april(tea)) == {}  # also who had nothing to do with it


def test_of_a_programme_whose_only_other_business_is_confidential_no_figure_shows(
    nar: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True)
    with made_up():
        assert said(april(nar).total) == (None, None)
        line(clinic, nar, 9)
        assert said(april(nar).total) == (None, None)
        assert rows(april(clinic)) == {"Nar": (0, 90)}


CELLS = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans(), st.integers(0, 9)), max_size=10)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(CELLS)
def test_nobody_of_few_customers_can_be_told_by_subtracting(cells: list[tuple[int, bool, bool, int]]) -> None:
    """Whatever stands alone has customers enough, and so has the rest, which is of two or more."""
    mine, of_partner = 99, {}
    for partner, owes, for_coupons, customers in {cell[:3]: cell for cell in cells}.values():
        pair = (partner, mine) if owes else (mine, partner)
        of_partner.setdefault(partner, []).append(Debt(APRIL, *pair, 10, Decimal(10), customers, for_coupons))
    apart = months._apart(mine, of_partner)
    assert all(debt.customers >= FEW for partner in apart for debt in of_partner[partner])
    rest = of_partner.keys() - apart
    if apart and rest:
        assert len(rest) > 1
        for side in product((True, False), repeat=2):
            debts = [debt for each in rest for debt in of_partner[each]]
            behind = [debt.customers for debt in debts if (debt.is_owed == mine, debt.for_coupons) == side]
            assert not behind or max(behind) >= FEW


# --- The page and the file --------------------------------------------------------------------------------


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def exported(client: Client) -> list[list[str]]:
    content = client.get("/clearing/export/").content.decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(StringIO(content[1:])))


def last_month() -> date:
    return (timezone.now().date().replace(day=1) - timedelta(days=20)).replace(day=1)


@pytest.fixture
def many(nar: Shop, tea: Shop, bay: Shop) -> None:
    """Last month: of tea's points 30 each of six customers are spent at nar, and of bay's 7 each."""
    with ledger.clock_at(datetime(last_month().year, last_month().month, 15, 9, tzinfo=UTC)):
        for number in range(6):
            phone = f"+9945022200{number:02}"
            buy(tea, 30, phone=phone)
            buy(bay, 7, phone=phone)
            redeem(nar, 37, phone=phone)


@pytest.mark.usefixtures("many")
def test_the_page_opens_with_the_last_month_that_is_over(nar: Shop, tea: Shop) -> None:
    page = text(signed_in(nar.owner).get("/clearing/"))
    sums = ("222 points of others, spent here", "2.22 ₼", "0 points of ours", "Comes to us", "0.01 ₼")
    for words in (*sums, "1.80 ₼", "0.42 ₼"):
        assert words in page
    assert "−1.80 ₼" in text(signed_in(tea.owner).get("/clearing/"))  # the same pair from its other side


@pytest.mark.usefixtures("many")
def test_the_file_says_what_the_page_says(nar: Shop) -> None:
    month = f"{last_month():%Y-%m}"
    Business.objects.filter(slug="tea").update(name="=Tea()")
    head, *lines = exported(signed_in(nar.owner))
    assert len(head) == 10
    assert lines == [
        [month, "'=Tea()", "180", "1.80", "0", "0.00", "1.80", "AZN", "0.00", "0.00"],
        [month, "Bay", "42", "0.42", "0", "0.00", "0.42", "AZN", "0.00", "0.00"],
        [month, "All partners", "222", "2.22", "0", "0.00", "2.22", "AZN", "0.00", "0.00"],
    ]


@pytest.mark.usefixtures("many")
def test_what_the_page_hides_the_file_hides_too(nar: Shop, tea: Shop, new_shop: Callable[..., Shop]) -> None:
    client = signed_in(nar.owner)
    redeem(tea, buy(nar, 40).points)
    assert [row[1:3] for row in exported(client) if row[0] == f"{timezone.now():%Y-%m}"] == [["All partners", "0"]]
    assert exported(client)[1][4] == "fewer than 5 customers"
    page = text(client.get("/clearing/", {"month": f"{timezone.now():%Y-%m}"}))
    assert "So far" in page
    assert "Fewer than 5 customers" in page
    new_shop("clinic", confidential=True)
    assert [row[1] for row in exported(client)[1:]] == ["All partners", "All partners"]
    assert "Tea" not in text(client.get("/clearing/"))


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "1999-01", "-", "2026-1"])
@pytest.mark.usefixtures("many")
def test_a_month_that_there_is_not_is_the_usual_one(nar: Shop, month: str) -> None:
    client = signed_in(nar.owner)
    assert text(client.get("/clearing/", {"month": month})) == text(client.get("/clearing/"))


def test_there_is_a_place_for_it_only_where_points_are_shared(nar: Shop, new_shop: Callable[..., Shop]) -> None:
    client = signed_in(nar.owner)
    assert 'href="/clearing/"' not in client.get("/settings/").content.decode()
    assert "No other business shares your points" in text(client.get("/clearing/"))
    new_shop("tea")
    assert 'href="/clearing/"' in client.get("/settings/").content.decode()
    assert "Nothing to clear yet" in text(client.get("/clearing/"))
    cashier = signed_in(hire(nar.business, Role.CASHIER, "cashier@nar.test").user)
    assert 'href="/clearing/"' not in cashier.get("/counter/").content.decode()


# --- What coupons of chains cost --------------------------------------------------------------------------


def share(owes: Shop, is_owed: Shop, *, customers: int, of: int = 0) -> None:
    """Last month so many customers, from a number on, used a coupon there, of which the other owes 2.00 each."""
    with ledger.clock_at(datetime(last_month().year, last_month().month, 15, 9, tzinfo=UTC)):
        for number in range(of, of + customers):
            sale = buy(is_owed, 10, phone=f"+9945022200{number:02}")
            shared_costs.book(posted=sale, owes_id=owes.business.pk, amount=Decimal(2))


@pytest.mark.usefixtures("many")
def test_what_coupons_cost_is_owed_with_the_points(nar: Shop, tea: Shop, bay: Shop) -> None:
    share(tea, nar, customers=6)
    month, client = f"{last_month():%Y-%m}", signed_in(nar.owner)
    assert exported(client)[1:] == [
        [month, "Bay", "42", "0.42", "0", "0.00", "0.42", "AZN", "0.00", "0.00"],
        [month, "Tea", "180", "13.80", "0", "0.00", "13.80", "AZN", "12.00", "0.00"],
        [month, "All partners", "222", "14.22", "0", "0.00", "14.22", "AZN", "12.00", "0.00"],
    ]
    page = text(client.get("/clearing/"))
    assert "222 points of others, spent here · 12.00\xa0₼ for coupons".replace("\xa0", " ") in page.replace("\xa0", " ")
    assert "a point was worth 0.01" in page
    (owed,) = [row for row in exported(signed_in(tea.owner)) if row[1] == "All partners"]
    assert owed[4:7] == ["180", "13.80", "-13.80"]


@pytest.mark.usefixtures("many")
def test_a_few_customers_with_coupons_are_not_told_by_taking_the_points_off(nar: Shop, tea: Shop) -> None:
    """Six behind the points would show all of it; one behind the coupons hides it."""
    share(tea, nar, customers=1)
    (row,) = exported(signed_in(nar.owner))[1:]
    few = "fewer than 5 customers"
    assert row[1:] == ["All partners", few, few, "0", "0.00", few, "AZN", few, "0.00"]


def test_customers_with_coupons_at_several_partners_are_enough_together(nar: Shop, tea: Shop, bay: Shop) -> None:
    for partner, of in ((tea, 0), (bay, 3)):
        share(partner, nar, customers=3, of=of)
    (row,) = exported(signed_in(nar.owner))[1:]
    assert (row[1], row[3], row[8]) == ("All partners", "12.00", "12.00")
