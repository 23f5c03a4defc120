"""Where people see that somebody is slipping away: the customer's page and the list."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.tests.conftest import signed_in
from conftest import Shop
from loyalty.churn import scoring
from loyalty.members import listing
from loyalty.members.listing import Sort
from loyalty.models import ChurnScore, Wallet
from loyalty.tests.conftest import buy, refund

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


def phone(number: int) -> str:
    return f"+99450200{number:04}"


def wallet(number: int) -> Wallet:
    return Wallet.objects.get(customer__phone=phone(number))


def come(shop: Shop, number: int, *days_ago: int) -> Any:
    for days in days_ago:
        posted = buy(shop, 10, phone=phone(number), at=timezone.now() - timedelta(days=days))
    return posted


@pytest.fixture
def known(shop: Shop) -> Shop:
    """Thirty people: the first came every ten days and stopped 60 days ago, the second once; the others still come."""
    come(shop, 1, *range(110, 59, -10))
    come(shop, 2, 60)
    for number in range(3, 31):
        come(shop, number, 20, 10, number % 5)
    assert scoring.score_due(at=timezone.now()) == 1
    return shop


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def slipping(shop: Shop) -> list[int]:
    page = listing.page(business=shop.business, sort=Sort.SLIPPING, number=1)
    return [member.customer_id for member in page.members]


def test_a_customers_page_says_how_likely_they_are_not_to_return(owner: Client, known: Shop) -> None:
    said = text(owner.get(f"/customers/{wallet(1).public_id}/"))
    found = scoring.chance(business=known.business, customer_id=wallet(1).customer_id, at=timezone.now())
    assert found
    assert "Usually comes every 10 days, last seen 60 days ago (6.1×)." in said
    assert f"{round(found.churn * 100)}% chance that they do not return within 30 days." in said
    assert "Longer away than usual" in said


def test_it_is_of_this_moment_not_of_last_night(owner: Client, known: Shop) -> None:
    before = scoring.chance(business=known.business, customer_id=wallet(1).customer_id, at=timezone.now())
    come(known, 1, 0)
    after = scoring.chance(business=known.business, customer_id=wallet(1).customer_id, at=timezone.now())
    assert before
    assert after
    assert after.churn < before.churn
    assert f"{round(after.churn * 100)}% chance" in text(owner.get(f"/customers/{wallet(1).public_id}/"))


def test_nothing_is_certain(owner: Client, known: Shop) -> None:
    come(known, 40, 2000, 1990)
    assert "99% chance" in text(owner.get(f"/customers/{wallet(40).public_id}/"))


def test_of_few_customers_it_says_that_little_is_known(owner: Client, shop: Shop) -> None:
    come(shop, 1, 20, 10)
    assert "Too few customers have come back so far" in text(owner.get(f"/customers/{wallet(1).public_id}/"))
    page = text(owner.get("/customers/?sort=slipping"))
    assert "Nobody can be said to be slipping away yet." in page
    assert "No customers yet" not in page


def test_another_business_learns_nothing_of_it(known: Shop, new_shop: Callable[..., Shop]) -> None:
    alma = new_shop("alma")
    page = text(signed_in(alma.owner).get(f"/customers/{wallet(1).public_id}/"))
    assert "chance that" not in page
    assert "last seen" not in page.lower().replace("last seen never", "")
    assert slipping(alma) == []


def test_the_list_shows_who_is_slipping_away_until_they_come(owner: Client, known: Shop) -> None:
    come(known, 31, 75, 65, 55)
    ChurnScore.objects.all().delete()
    scoring.newest(business_id=known.business.pk)
    assert scoring.score_due(at=timezone.now() + timedelta(days=1)) == 1
    assert slipping(known) == [wallet(31).customer_id, wallet(1).customer_id], "who began to stay away last first"
    page = text(owner.get("/customers/?sort=slipping"))
    assert "They came more than once" in page
    assert re.search(r"\d\d%", page)
    refund(known, come(known, 1, 0))
    assert wallet(1).customer_id in slipping(known), "it came to nothing"
    come(known, 1, 0)
    assert slipping(known) == [wallet(31).customer_id]


def test_where_nobody_is_slipping_away_it_says_what_would_stand_there(owner: Client, known: Shop) -> None:
    ChurnScore.objects.update(slipping=False)
    page = text(owner.get("/customers/?sort=slipping"))
    assert "Nobody is slipping away" in page
    assert "They came more than once" in page
    assert "Last visit" in page, "the way back to the others"


def test_the_list_asks_the_database_as_often_for_many(owner: Client, known: Shop) -> None:
    def asked() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            page = owner.get("/customers/?sort=slipping")
        return len(queries), len(page.context["rows"])

    asked()
    few, one = asked()
    ChurnScore.objects.update(slipping=True)
    many, rows = asked()
    assert (one, rows) == (1, listing.PAGE)
    assert many == few
