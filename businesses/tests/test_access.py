"""Who may open what, and for which business a request acts."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses import api_keys, staffing, urls
from businesses.models import Branch, Role, Staff, User
from businesses.tests.conftest import hire
from conftest import Shop

METHODS = ["get", "post", "put", "patch", "delete", "head", "options"]
# Pages of a user, not of a business: each says in its own way who may use it. And what everybody's pages show.
OPEN = {"start", "own-name", "invitation", "brand-style", "logo"}
FOR_ALL_STAFF = {"switch"}
OWNERS_ONLY = {"keys", "new-key", "key-revocation", "origins", "look", "look-logo", "look-logo-removal"}


@pytest.fixture
def addresses(shop: Shop) -> dict[str, str]:
    """Every address of the settings, those with an id filled in for the shop."""
    member = hire(shop.business, Role.CASHIER, "member@nar.test")
    key, _text = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    invitation = staffing.invite(by=shop.staff, email="x@nar.test", role=Role.CASHIER, at=timezone.now())
    ids = {
        "branch": Branch.objects.create(business=shop.business, name="Second").public_id,
        "staff": member.public_id,
        "key": key.public_id,
        "token": invitation.public_id,
    }
    return {
        pattern.name: reverse(pattern.name, kwargs={name: ids[name] for name in pattern.pattern.converters})
        for pattern in urls.urlpatterns
        if pattern.name not in OPEN | FOR_ALL_STAFF
    }


def state(shop: Shop) -> Iterator[object]:
    """All that these pages could change."""
    for rows in (shop.business.branches, shop.business.staff, shop.business.api_keys, shop.business.invitations):
        yield list(rows.order_by("pk").values())
    shop.business.refresh_from_db()
    yield shop.business.earn_rate


def statuses(client: Client, addresses: Iterable[str]) -> set[int]:
    return {getattr(client, method)(address).status_code for method in METHODS for address in addresses}


def test_every_page_says_who_may_open_it() -> None:
    for pattern in urls.urlpatterns:
        assert pattern.name in OPEN or hasattr(pattern.callback, "roles"), pattern.name


def test_an_owner_opens_every_page(owner: Client, addresses: dict[str, str]) -> None:
    assert {name: owner.get(address).status_code for name, address in addresses.items()} == dict.fromkeys(
        addresses, 200
    )


def test_a_manager_opens_what_is_not_the_owners(manager: Client, addresses: dict[str, str]) -> None:
    expected = {name: 404 if name in OWNERS_ONLY else 200 for name in addresses}
    assert {name: manager.get(address).status_code for name, address in addresses.items()} == expected


def test_to_a_cashier_the_settings_do_not_exist(shop: Shop, cashier: Client, addresses: dict[str, str]) -> None:
    before = list(state(shop))
    assert statuses(cashier, addresses.values()) == {404}
    assert list(state(shop)) == before


def test_to_a_stranger_nothing_of_ours_exists(shop: Shop, stranger: Client, addresses: dict[str, str]) -> None:
    before = list(state(shop))
    ours = [address for address in addresses.values() if "-" in address.removeprefix("/settings/")]
    assert len(ours) == 7
    assert statuses(stranger, ours) == {404}
    assert list(state(shop)) == before


def test_nobody_is_sent_to_sign_in(client: Client, shop: Shop, addresses: dict[str, str]) -> None:
    before = list(state(shop))
    assert statuses(client, addresses.values()) == {302}
    assert client.get(addresses["staff"]).url == "/accounts/login/?next=/settings/staff/"
    assert list(state(shop)) == before


def test_the_lists_hold_nothing_of_another_business(shop: Shop, stranger: Client, addresses: dict[str, str]) -> None:
    for name in ("branches", "staff", "keys", "switch"):
        text = stranger.get(reverse(name)).text
        for ours in ("Second", "member@nar.test", "x@nar.test", "Till", shop.business.name):
            assert ours not in text


def test_a_manager_cannot_see_or_press_what_belongs_to_an_owner(shop: Shop, manager: Client) -> None:
    for name in ("staff-member", "staff-end"):
        address = reverse(name, args=[shop.staff.public_id])
        assert manager.get(address).status_code == manager.post(address, {"role": "cashier"}).status_code == 404
    invitation = staffing.invite(by=shop.staff, email="x@nar.test", role=Role.OWNER, at=timezone.now())
    assert manager.post(reverse("withdrawal", args=[invitation.public_id])).status_code == 404
    answer = manager.post("/settings/staff/invitations/", {"email": "y@nar.test", "role": "owner"})
    assert answer.status_code == 422
    assert shop.business.invitations.count() == 1


def test_an_ended_cashier_is_refused_at_the_next_request(shop: Shop, manager: Client) -> None:
    assert manager.get("/settings/").status_code == 200
    Staff.objects.filter(user__email="manager@nar.test").update(ended_at=timezone.now())
    assert manager.post("/settings/", {}).status_code == 404
    assert manager.get("/settings/").url == "/start/"


def test_a_disabled_user_is_refused_at_the_next_request(shop: Shop, owner: Client) -> None:
    assert owner.get("/settings/").status_code == 200
    User.objects.filter(pk=shop.owner.pk).update(is_active=False)
    assert owner.get("/settings/").url.startswith("/accounts/login/")


def test_a_demoted_owner_loses_the_keys_at_the_next_request(shop: Shop, owner: Client) -> None:
    shop.staff.role = Role.MANAGER
    shop.staff.save()
    assert owner.get("/settings/keys/").status_code == 404


def test_a_part_of_a_page_asked_for_by_htmx_sends_the_whole_page_to_sign_in(client: Client, shop: Shop) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/staff/"}
    answer = client.get("/settings/", headers=headers)
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/settings/staff/"


def test_pages_of_a_business_are_not_kept_by_browsers(owner: Client) -> None:
    assert "no-store" in owner.get("/settings/").headers["Cache-Control"]


# --- Several businesses -----------------------------------------------------------------------------------


@pytest.fixture
def second(shop: Shop, new_shop: Callable[..., Shop]) -> Staff:
    return Staff.objects.create(business=new_shop("second").business, user=shop.owner, role=Role.OWNER)


def test_somebody_with_several_businesses_begins_at_the_first_and_switches(
    shop: Shop, owner: Client, second: Staff
) -> None:
    assert owner.get("/settings/").context["business"] == shop.business
    assert owner.post("/switch/", {"staff": second.public_id}).url == "/counter/"
    assert owner.get("/settings/").context["business"] == second.business
    page = owner.get("/switch/")
    assert page.context["business"] == second.business
    for row in (shop.staff, second):
        assert row.business.name in page.text
    assert str(shop.staff.public_id) in page.text


@pytest.mark.parametrize("wrong", ["", "x", "\x00", "00000000-0000-0000-0000-000000000000"])
def test_nobody_switches_to_what_is_not_theirs(shop: Shop, owner: Client, stranger: Client, wrong: str) -> None:
    theirs = Staff.objects.get(user__email="owner@other.test")
    for chosen in (wrong, str(theirs.public_id)):
        assert owner.post("/switch/", {"staff": chosen}).status_code == 404
    assert owner.get("/settings/").context["business"] == shop.business


def test_a_form_for_a_business_one_has_left_is_not_posted_to_another(shop: Shop, owner: Client, second: Staff) -> None:
    owner.post("/switch/", {"staff": second.public_id})
    Staff.objects.filter(pk=second.pk).update(ended_at=timezone.now())
    answer = owner.post("/settings/branches/new/", {"name": "Third"})
    assert answer.status_code == 404
    assert not Branch.objects.filter(name="Third").exists()
    assert owner.get("/settings/").context["business"] == shop.business


def test_a_branch_is_chosen_for_the_session(shop: Shop, owner: Client) -> None:
    other = Branch.objects.create(business=shop.business, name="Second")
    assert owner.get("/settings/").context["branch"] == shop.branch
    owner.post("/switch/", {"branch": other.public_id})
    assert owner.get("/settings/").context["branch"] == other
    Branch.objects.filter(pk=other.pk).update(closed_at=timezone.now())
    assert owner.get("/settings/").context["branch"] == shop.branch


def test_the_usual_branch_comes_first(shop: Shop, owner: Client) -> None:
    usual = Branch.objects.create(business=shop.business, name="Second")
    Staff.objects.filter(pk=shop.staff.pk).update(branch=usual)
    assert owner.get("/settings/").context["branch"] == usual


def test_a_branch_of_another_business_is_not_chosen(owner: Client, second: Staff) -> None:
    theirs = second.business.branches.get()
    assert owner.post("/switch/", {"branch": theirs.public_id}).status_code == 404
