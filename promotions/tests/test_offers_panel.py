"""The operator makes offers of a whole programme, pauses them, lets them go on, and ends them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from businesses.models import Program, User
from businesses.tests.conftest import signed_in
from conftest import Shop
from loyalty.outcomes import CouponRefused, Posted
from promotions.models import Offer
from promotions.tests.conftest import sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
LIST = "/admin/promotions/offer/"


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("root@regulars.test", "correct horse battery", first_name="Root"))


def told(program: Program, **values: Any) -> dict[str, Any]:
    asked = {"program": program.pk, "name": "Spring", "kind": "percentage", "value": "10", "code": "spring 26"}
    return {name: value for name, value in ({**asked, "minimum_spend": "0"} | values).items() if value is not None}


def errors(operator: Client, program: Program, **values: Any) -> str:
    answer = operator.post(f"{LIST}add/", told(program, **values))
    assert answer.status_code == 200
    assert not Offer.objects.exists()
    return answer.content.decode()


def discount(posted: Posted) -> Decimal:
    return sum((Decimal(each["discount"]) for each in posted.effects), Decimal(0))


def test_an_offer_of_a_programme_counts_at_the_businesses_that_were_chosen(
    operator: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    tea, spa = new_shop("tea"), new_shop("spa")
    program = shop.business.program
    asked = told(program, businesses=[shop.business.pk, tea.business.pk])
    assert operator.post(f"{LIST}add/", asked).status_code == 302
    made = Offer.objects.get()
    assert (made.code, made.business, sorted(made.businesses)) == (
        "SPRING26", None, sorted([shop.business.pk, tea.business.pk]),
    )  # fmt: skip
    for place in (shop, tea):
        assert discount(sell(place, 100, "SPRING26")) == 10
    with pytest.raises(CouponRefused, match="SPRING26"):
        sell(spa, 100, "SPRING26")
    assert "Nar, Tea" in operator.get(f"{LIST}{made.pk}/change/").content.decode()


def test_it_is_paused_goes_on_and_ends(operator: Client, shop: Shop) -> None:
    operator.post(f"{LIST}add/", told(shop.business.program))
    made = Offer.objects.get()

    def press(what: str) -> str:
        assert operator.get(f"{LIST}{made.pk}/{what}/").status_code == 200
        return operator.post(f"{LIST}{made.pk}/{what}/", follow=True).content.decode()

    assert "Paused." in press("pause")
    with pytest.raises(CouponRefused, match="SPRING26"):
        sell(shop, 100, "SPRING26")
    assert "It goes on." in press("go-on")
    assert discount(sell(shop, 100, "SPRING26")) == 10
    assert "Ended." in press("end")
    for what in ("pause", "go-on", "end"):
        assert "It has ended already." in press(what)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"value": "101"}, "At most 100 percent."),
        ({"value": "0"}, "more than 0"),
        ({"kind": "multiplier", "value": "1"}, "A factor above 1"),
        ({"kind": "gift", "value": "0"}, "Say what the gift is."),
        ({"code": ""}, "Write a code for everybody"),
        ({"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)}, "The last day comes before the first."),
    ],
)
def test_what_makes_no_offer_is_said(operator: Client, shop: Shop, values: dict[str, Any], says: str) -> None:
    assert says in errors(operator, shop.business.program, **values)


def test_a_business_of_another_programme_is_refused(
    operator: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = Program.objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
    far = new_shop("far", program=other)
    page = errors(operator, shop.business.program, businesses=[far.business.pk])
    assert "Choose businesses of the programme." in page


def test_a_code_that_another_one_has_is_refused(operator: Client, shop: Shop) -> None:
    operator.post(f"{LIST}add/", told(shop.business.program))
    answer = operator.post(f"{LIST}add/", told(shop.business.program, code="Spring-26"))
    assert "has this code" in answer.content.decode()
    assert Offer.objects.count() == 1
