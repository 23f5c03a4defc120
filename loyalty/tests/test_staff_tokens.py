"""What a member of staff does by a token of their own: the ledger names them, and the counter's limits hold."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from businesses.models import Branch, Role, SettingChange, Staff
from businesses.tests.conftest import PASSWORD, hire
from conftest import Shop
from customers.models import Profile
from loyalty.models import Operation, Redemption
from loyalty.tests.conftest import PHONE, buy, redeem, wallet
from loyalty.tests.test_api import Till, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


class Signed(Till):
    """Calls the API with somebody's access token."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff
        email = staff.user.email
        EmailAddress.objects.get_or_create(user=staff.user, email=email, defaults={"verified": True, "primary": True})
        body = orjson.dumps({"email": email, "password": PASSWORD})
        answer = Client().post("/api/v1/auth/token", body, content_type="application/json")
        self.text = answer.json()["access_token"]
        self.client = Client(headers={"Authorization": f"Bearer {self.text}"})


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def shop(new_shop: Callable[..., Shop]) -> Shop:
    """Its cashiers stop at 500."""
    return new_shop("nar", purchase_limit=Decimal(500))


@pytest.fixture
def ann(shop: Shop) -> Signed:
    return Signed(hire(shop.business, Role.CASHIER, "ann@nar.test"))


@pytest.fixture
def manager(shop: Shop) -> Signed:
    return Signed(hire(shop.business, Role.MANAGER, "manager@nar.test"))


@pytest.fixture
def owner(shop: Shop) -> Signed:
    return Signed(shop.staff)


def sell(caller: Till, amount: str = "24.80", **more: Any) -> Any:
    key = more.pop("key", "new")
    return caller.post("purchases", {"phone": PHONE, "amount": amount, **more}, key=key)


# --- Who acts ---------------------------------------------------------------------------------------------


def test_the_operation_names_the_member_of_staff_and_no_key(ann: Signed, shop: Shop) -> None:
    assert sell(ann).status_code == 201
    done = Operation.objects.get()
    assert (done.staff_id, done.api_key_id, done.branch_id) == (ann.staff.pk, None, shop.branch.pk)
    assert done.scope == f"business:{shop.business.pk}"


def test_it_happens_at_their_usual_branch_unless_another_is_named(ann: Signed, shop: Shop) -> None:
    second = Branch.objects.create(business=shop.business, name="Second")
    Staff.objects.filter(pk=ann.staff.pk).update(branch=second)
    sell(ann)
    sell(ann, branch=str(shop.branch.public_id))
    assert list(Operation.objects.order_by("id").values_list("branch_id", flat=True)) == [second.pk, shop.branch.pk]


def test_a_repeat_is_answered_as_the_first_time_whoever_sends_it(ann: Signed, shop: Shop) -> None:
    """Keys are the business's: what a till has recorded is not counted again by its cashier."""
    first = sell(ann, key="one")
    again = sell(Till(shop), key="one")
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first.json(), "true")
    assert problem(sell(ann, "24.81", key="one")) == (422, "key_reused")
    assert wallet().balance == 24


def test_the_key_of_another_business_is_another_key(ann: Signed, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    bob = Signed(hire(tea.business, Role.CASHIER, "bob@tea.test"))
    assert sell(ann, key="one").status_code == sell(bob, key="one").status_code == 201
    assert wallet().balance == 48


def test_without_a_key_nothing_moves(ann: Signed) -> None:
    assert problem(sell(ann, key=None)) == (400, "key_required")
    assert not Operation.objects.exists()


def test_an_owner_changes_the_rate_and_the_change_names_them(owner: Signed, shop: Shop) -> None:
    body = orjson.dumps({"earn_rate": "2"})
    answer = owner.client.patch("/api/v1/business", body, content_type="application/json")
    assert answer.status_code == 200
    change = SettingChange.objects.get()
    assert (change.staff, change.api_key) == (shop.staff, None)


def test_a_manager_does_not_change_the_rate(manager: Signed) -> None:
    body = orjson.dumps({"earn_rate": "2"})
    answer = manager.client.patch("/api/v1/business", body, content_type="application/json")
    assert problem(answer) == (403, "scope")
    assert not SettingChange.objects.exists()


# --- The limits of a cashier ------------------------------------------------------------------------------


def test_above_the_limit_a_cashier_needs_a_manager(ann: Signed, manager: Signed) -> None:
    assert sell(ann, "500").status_code == 201
    answer = sell(ann, "500.01", key="large")
    assert problem(answer) == (403, "manager_required")
    assert "500.00" in answer.json()["detail"]
    assert Operation.objects.count() == 1
    assert sell(manager, "500.01", key="large").status_code == 201  # nothing was kept under its key
    assert sell(ann, "500.01", key="large")["Idempotency-Replayed"] == "true"
    assert Operation.objects.count() == 2


def test_a_cashier_s_sale_is_of_now(ann: Signed, manager: Signed) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    answer = sell(ann, occurred_at=yesterday, key="late")
    assert answer.json()["errors"].keys() == {"occurred_at"}
    assert sell(manager, occurred_at=yesterday, key="late").status_code == 201
    assert sell(ann, occurred_at=yesterday, key="late")["Idempotency-Replayed"] == "true"


def test_a_cashier_takes_back_what_they_did_today(ann: Signed) -> None:
    sale = sell(ann).json()
    assert ann.post(f"purchases/{sale['id']}/refunds").status_code == 201
    sell(ann)
    spent = ann.post("redemptions", {"phone": PHONE, "points": 5, "description": "Tea"}).json()
    assert ann.post(f"redemptions/{spent['id']}/cancel").status_code == 201
    assert wallet().balance == 24


def test_what_a_colleague_did_is_not_found(ann: Signed, manager: Signed, shop: Shop) -> None:
    sale, spent = buy(shop, 40), redeem(shop, 5)
    assert problem(ann.post(f"purchases/{sale.public_id}/refunds")) == (404, "not_found")
    assert problem(ann.post(f"redemptions/{spent.public_id}/cancel")) == (404, "not_found")
    assert manager.post(f"redemptions/{spent.public_id}/cancel").status_code == 201
    assert manager.post(f"purchases/{sale.public_id}/refunds").status_code == 201


def test_what_they_did_yesterday_a_manager_takes_back(ann: Signed, manager: Signed, shop: Shop) -> None:
    shop.staff = ann.staff
    sale = buy(shop, 40, at=timezone.now() - timedelta(days=1)).public_id
    assert problem(ann.post(f"purchases/{sale}/refunds", key="back")) == (403, "manager_required")
    assert manager.post(f"purchases/{sale}/refunds", key="back").status_code == 201
    assert ann.post(f"purchases/{sale}/refunds", key="back")["Idempotency-Replayed"] == "true"


def test_a_cashier_hands_out_what_is_held_and_may_take_that_back(ann: Signed, shop: Shop) -> None:
    buy(shop, 40)
    held = redeem(shop, 5, hold=True)
    assert problem(ann.post(f"redemptions/{held.public_id}/cancel")) == (404, "not_found")
    assert ann.post(f"redemptions/{held.public_id}/confirm").status_code == 201
    assert ann.post(f"redemptions/{held.public_id}/cancel").status_code == 201
    assert Redemption.objects.get().status == "cancelled"


def test_spending_above_the_consent_needs_it_by_token_too(ann: Signed, shop: Shop) -> None:
    buy(shop, 900)
    answer = ann.post("redemptions", {"phone": PHONE, "points": 501, "description": "TV"})
    assert problem(answer) == (409, "consent_required")


# What the pages show to owners and managers alone.
THEIRS = [
    "customers/{customer}",
    "customers/{customer}/entries",
    "customers/{customer}/why",
    "redemptions",
    "coupons/history",
    "reports/summary",
    "reports/top-customers",
]


@pytest.mark.parametrize("path", THEIRS)
def test_what_is_for_managers_stays_theirs(path: str, ann: Signed, manager: Signed, shop: Shop) -> None:
    buy(shop, 40)
    url = path.format(customer=wallet().public_id)
    assert problem(ann.get(url)) == (403, "manager_required")
    assert manager.get(url).status_code == 200
    assert Till(shop).get(url).status_code == 200  # a key is the business itself


@pytest.mark.parametrize("path", ["business", "rewards", "offers", "customers/{customer}/balance"])
def test_what_the_counter_shows_a_cashier_may_read(path: str, ann: Signed, shop: Shop) -> None:
    buy(shop, 40)
    assert ann.get(path.format(customer=wallet().public_id)).status_code == 200


def test_a_cashier_learns_a_first_name_and_no_birthday(ann: Signed, manager: Signed, shop: Shop) -> None:
    told = {"phone": PHONE, "name": "Aysel Quliyeva", "birthday": "1990-02-28", "email": "aysel@example.com"}
    assert manager.post("customers", told, key=None).json()["birthday"] == "1990-02-28"
    by_cashier = ann.post("customers", {"phone": PHONE}, key=None).json()
    assert (by_cashier["name"], by_cashier["birthday"], by_cashier["email"]) == ("Aysel Q.", None, "")
    assert ann.post("customers/lookup", {"phone": PHONE}, key=None).json()["name"] == "Aysel Q."
    assert manager.post("customers/lookup", {"phone": PHONE}, key=None).json()["name"] == "Aysel Quliyeva"
    assert Profile.objects.get().name == "Aysel Quliyeva"


def test_a_stranger_s_token_finds_nothing(ann: Signed, new_shop: Callable[..., Shop], shop: Shop) -> None:
    sale = buy(shop, 40)
    stranger = Signed(new_shop("tea").staff)
    assert problem(stranger.post(f"purchases/{sale.public_id}/refunds")) == (404, "not_found")
    assert problem(stranger.get(f"customers/{uuid4()}")) == (404, "unknown_customer")
