"""Two people with the same settings open."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses import api_keys, changes
from businesses.models import Branch, Business, Role, Staff
from businesses.tests.conftest import hire
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


# --- Branches and staff ---------------------------------------------------------------------------------------


def as_shown(client: Client, address: str) -> dict[str, str]:
    """What the form of a page holds, with what was seen beside it, as a browser would send it."""
    return with_seen(client.get(address))


def with_seen(answer: Any) -> dict[str, str]:
    form = answer.context["form"]
    seen = {field.html_initial_name: field.value() for field in form}
    if form.is_bound:
        seen |= {name: form.data[name] for name in seen if name in form.data}
    assert all(f'name="{name}"' in answer.text for name in seen)
    return on_the_page(answer) | seen


@pytest.fixture
def branch(shop: Shop) -> Branch:
    return Branch.objects.create(business=shop.business, name="Nizami 5", city="Baku")


def test_the_second_to_save_a_branch_is_told_and_nothing_is_overwritten(
    branch: Branch, owner: Client, manager: Client
) -> None:
    address = f"/settings/branches/{branch.public_id}/"
    older = as_shown(manager, address)
    assert owner.post(address, as_shown(owner, address) | {"city": "Bakı"}).status_code == 302
    told = manager.post(address, older | {"name": "Nizami 7"})
    assert told.status_code == 422
    assert list(told.context["form"].errors["city"]) == ["Somebody else changed this from Baku to Bakı. It stays so."]
    branch.refresh_from_db()
    assert (branch.name, branch.city) == ("Nizami 5", "Bakı")
    assert manager.post(address, with_seen(told)).status_code == 302
    branch.refresh_from_db()
    assert (branch.name, branch.city) == ("Nizami 7", "Bakı")


def test_where_both_named_a_branch_the_second_decides_with_open_eyes(
    branch: Branch, owner: Client, manager: Client
) -> None:
    address = f"/settings/branches/{branch.public_id}/"
    older = as_shown(manager, address)
    owner.post(address, as_shown(owner, address) | {"name": "Nizami 6"})
    told = manager.post(address, older | {"name": "Nizami 7"})
    assert "from Nizami 5 to Nizami 6. Saving puts yours in its place." in told.text
    assert manager.post(address, with_seen(told)).status_code == 302
    branch.refresh_from_db()
    assert branch.name == "Nizami 7"


def test_the_same_name_for_a_branch_twice_is_no_quarrel(branch: Branch, owner: Client, manager: Client) -> None:
    address = f"/settings/branches/{branch.public_id}/"
    older = as_shown(manager, address)
    owner.post(address, as_shown(owner, address) | {"name": "Nizami 6"})
    assert manager.post(address, older | {"name": "Nizami 6"}).status_code == 302


@pytest.fixture
def ann(shop: Shop) -> Staff:
    return hire(shop.business, Role.CASHIER, "ann@nar.test")


def test_the_second_to_change_a_colleague_is_told_and_nothing_is_overwritten(
    branch: Branch, ann: Staff, owner: Client, manager: Client
) -> None:
    address = f"/settings/staff/{ann.public_id}/"
    older = as_shown(manager, address)
    assert owner.post(address, as_shown(owner, address) | {"role": "manager"}).status_code == 302
    told = manager.post(address, older | {"branch": str(branch.public_id)})
    assert told.status_code == 422
    assert "Somebody else changed this from Cashier to Manager. It stays so." in told.text
    ann.refresh_from_db()
    assert (ann.role, ann.branch) == ("manager", None)
    assert manager.post(address, with_seen(told)).status_code == 302
    ann.refresh_from_db()
    assert (ann.role, ann.branch) == ("manager", branch)


def test_a_usual_branch_that_somebody_else_set_is_told_by_its_name(
    branch: Branch, ann: Staff, owner: Client, manager: Client
) -> None:
    address = f"/settings/staff/{ann.public_id}/"
    older = as_shown(manager, address)
    owner.post(address, as_shown(owner, address) | {"branch": str(branch.public_id)})
    told = manager.post(address, older | {"role": "manager"})
    assert list(told.context["form"].errors["branch"]) == [
        "Somebody else changed this from None in particular to Nizami 5. It stays so."
    ]
