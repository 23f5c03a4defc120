"""Two people with the same settings open."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses import api_keys, changes
from businesses.models import Business
from conftest import Shop


def opened(client: Client) -> dict[str, Any]:
    """What the form holds, as a browser would send it."""
    return on_the_page(client.get("/settings/"))


def on_the_page(answer: Any) -> dict[str, Any]:
    values = {field.html_name: field.value() for field in answer.context["form"]}
    return {name: value for name, value in values.items() if value is not None and value is not False}


@pytest.fixture
def rival(shop: Shop, manager: Client, owner: Client) -> dict[str, Any]:
    """What the manager has open since before the owner saved a new rate."""
    answers = opened(manager)
    assert owner.post("/settings/", opened(owner) | {"earn_rate": "2"}).status_code == 302
    return answers


def test_who_saves_an_older_form_is_told_and_nothing_is_overwritten(
    shop: Shop, manager: Client, rival: dict[str, Any]
) -> None:
    answer = manager.post("/settings/", rival | {"points_cap": "50"})
    assert answer.status_code == 422
    assert "while you had them open" in answer.text
    assert list(answer.context["form"].errors["earn_rate"]) == ["Olga changed this from 1 to 2. It stays so."]
    shop.business.refresh_from_db()
    assert (shop.business.earn_rate, shop.business.points_cap) == (2, None)


def test_saving_again_keeps_what_both_wanted(shop: Shop, manager: Client, rival: dict[str, Any]) -> None:
    told = manager.post("/settings/", rival | {"points_cap": "50"})
    assert manager.post("/settings/", on_the_page(told)).status_code == 302
    shop.business.refresh_from_db()
    assert (shop.business.earn_rate, shop.business.points_cap) == (2, 50)


def test_where_both_changed_the_same_the_second_decides_with_open_eyes(
    shop: Shop, manager: Client, rival: dict[str, Any]
) -> None:
    told = manager.post("/settings/", rival | {"earn_rate": "3"})
    assert told.status_code == 422
    assert "Olga changed this from 1 to 2. Saving puts yours in its place." in told.text
    assert on_the_page(told)["earn_rate"] == "3"
    assert manager.post("/settings/", on_the_page(told)).status_code == 302
    shop.business.refresh_from_db()
    assert shop.business.earn_rate == 3


def test_a_third_person_in_between_is_told_too(shop: Shop, owner: Client, manager: Client, rival: Any) -> None:
    told = manager.post("/settings/", rival | {"earn_rate": "3"})
    owner.post("/settings/", opened(owner) | {"earn_rate": "4"})
    again = manager.post("/settings/", on_the_page(told))
    assert "Olga changed this from 2 to 4." in again.text
    shop.business.refresh_from_db()
    assert shop.business.earn_rate == 4


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("minimum_spend", "1.50", "from 0.00 to 1.50"),
        ("points_cap", "70", "from – to 70"),
        ("purchase_limit", "900", "from – to 900.00"),
        ("contact_person", "Günel", "from – to Günel"),
        ("language", "ru", "from English to Russian"),
        ("confidential", "on", "from no to yes"),
    ],
)
def test_every_kind_of_answer_is_told_and_taken_over(
    shop: Shop, owner: Client, field: str, value: str, said: str
) -> None:
    older = opened(owner)
    owner.post("/settings/", opened(owner) | {field: value})
    after = Business.objects.values().get(pk=shop.business.pk)
    told = owner.post("/settings/", older | {"support_phone": "*2255"})
    assert said in told.text
    assert owner.post("/settings/", on_the_page(told)).status_code == 302
    assert Business.objects.values().get(pk=shop.business.pk) == after | {"support_phone": "*2255"}


def test_a_change_by_a_key_is_told_with_its_name(shop: Shop, owner: Client) -> None:
    older = opened(owner)
    key, _text = api_keys.create(business=shop.business, name="Till 2", scopes=["admin"])
    changes.apply(business_id=shop.business.pk, values={"earn_rate": 5}, api_key_id=key.pk, at=timezone.now())
    assert "Till 2" in owner.post("/settings/", older).text


def test_the_same_answers_twice_are_no_quarrel(shop: Shop, owner: Client) -> None:
    answers = opened(owner) | {"earn_rate": "2"}
    for _press in range(2):
        assert owner.post("/settings/", answers).status_code == 302


def test_a_change_of_what_is_not_on_the_form_is_no_quarrel(shop: Shop, owner: Client, manager: Client) -> None:
    answers = opened(manager)
    owner.post("/settings/", opened(owner) | {"confidential": "on"})
    assert manager.post("/settings/", answers | {"earn_rate": "2"}).status_code == 302
    shop.business.refresh_from_db()
    assert shop.business.confidential


def test_a_tick_that_somebody_took_away_stays_away(shop: Shop, owner: Client) -> None:
    Business.objects.update(confidential=True)
    older = opened(owner)
    owner.post("/settings/", {name: value for name, value in opened(owner).items() if name != "confidential"})
    told = owner.post("/settings/", older | {"earn_rate": "2"})
    assert "from yes to no" in told.text
    owner.post("/settings/", on_the_page(told))
    shop.business.refresh_from_db()
    assert (shop.business.confidential, shop.business.earn_rate) == (False, 2)
