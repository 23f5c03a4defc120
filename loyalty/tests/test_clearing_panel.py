"""Clearing as the operator sees it: everything, and all together nothing."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Business, User
from businesses.tests.conftest import signed_in
from conftest import Shop
from loyalty import ledger
from loyalty.tests.conftest import buy, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

PAGE, FILE, LINES = (f"/admin/loyalty/clearingline/{page}" for page in ("months/", "months/export/", ""))


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@nar.test"))


@pytest.fixture
def clinic(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("clinic", confidential=True)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def last_month() -> datetime:
    return (timezone.now().replace(day=1) - timedelta(days=20)).replace(day=15, tzinfo=UTC)


@pytest.fixture
def spent(shop: Shop, clinic: Shop, new_shop: Callable[..., Shop]) -> None:
    """Of one customer: 60 of nar's points at tea, then 40 of nar's and 25 of tea's at the clinic."""
    tea = new_shop("tea")
    with ledger.clock_at(last_month()):
        buy(shop, 100)
        buy(tea, 30)
        redeem(tea, 60)
        redeem(clinic, 65)


@pytest.mark.usefixtures("spent")
def test_the_operator_sees_every_pair_and_that_all_together_is_nothing(operator: Client) -> None:
    page = text(operator.get(PAGE))
    assert "Clinic +0.65 ₼ Tea +0.35 ₼ Nar −1.00 ₼ All together 0.00 ₼" in page
    for pair in ("Nar Clinic 40 0.40 ₼ 1", "Nar Tea 60 0.60 ₼ 1", "Tea Clinic 25 0.25 ₼ 1"):
        assert pair in page


@pytest.mark.usefixtures("spent")
def test_a_pair_opens_to_the_lines_of_its_month(operator: Client, shop: Shop) -> None:
    redeem(Shop(shop.business.program, "late"), buy(shop, 9).points)
    page = unescape(operator.get(PAGE).content.decode())
    found = re.findall(r'href="/admin/loyalty/clearingline/(\?owes[^"]+)"', page)
    assert len(found) == 3
    nar, clinic = (Business.objects.get(slug=slug).pk for slug in ("nar", "clinic"))
    (asked,) = [each for each in found if f"={nar}&is_owed__id__exact={clinic}&" in each]
    lines = text(operator.get(f"{LINES}{asked}"))
    assert "+40" in lines
    assert "+60" not in lines
    assert "+994501234567" in lines.replace(" ", "").replace("\u00a0", "")
    other_month = asked.replace(f"{last_month():%Y-%m}", "2020-01").replace(f"{timezone.now():%Y-%m}", "2020-02")
    assert "+40" not in text(operator.get(f"{LINES}{other_month}"))


@pytest.mark.usefixtures("spent")
def test_the_file_holds_twelve_months_of_pairs(operator: Client, shop: Shop) -> None:
    Business.objects.filter(slug="tea").update(name="=Tea()")
    rows = list(csv.reader(StringIO(operator.get(f"{FILE}?program=circle").content.decode()[1:])))
    month = f"{last_month():%Y-%m}"
    assert rows[1:] == [
        [month, "'=Tea()", "Clinic", "25", "0.25", "AZN", "1", "points"],
        [month, "Nar", "'=Tea()", "60", "0.60", "AZN", "1", "points"],
        [month, "Nar", "Clinic", "40", "0.40", "AZN", "1", "points"],
    ]
    assert operator.get(f"{FILE}?program=nothing").status_code == 404


def test_a_month_without_clearing_says_so_and_so_does_an_installation_without_partners(
    operator: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    assert "No programme has several businesses." in text(operator.get(PAGE))
    new_shop("tea")
    assert "Nothing was owed in this month." in text(operator.get(PAGE))
    assert operator.get(PAGE, {"month": "nonsense", "program": "nonsense"}).status_code == 200


def test_nobody_else_sees_it(shop: Shop) -> None:
    for user in (shop.owner, User.objects.create_user("staff@nar.test", is_staff=True)):
        client = signed_in(user)
        for page in (PAGE, FILE, LINES):
            assert client.get(page).status_code in (302, 403)
