"""`GET branches`, for tills that choose where they stand."""

from collections.abc import Callable

from django.test import Client
from django.utils import timezone

from businesses import api_keys
from businesses.models import Branch
from conftest import Shop


def test_the_open_branches_of_the_business_are_listed_by_pages(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    new_shop("tea")
    second = Branch.objects.create(
        business=shop.business, name="Port", city="Baku", address="Neftchilar 1", hours="9–21"
    )
    Branch.objects.create(business=shop.business, name="Gone", closed_at=timezone.now())
    _key, text = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    till = Client(headers={"Authorization": f"Bearer {text}"})
    first = till.get("/api/v1/branches", {"limit": 1}).json()
    assert first["results"] == [
        {"id": str(second.public_id), "name": "Port", "city": "Baku", "address": "Neftchilar 1", "hours": "9–21"}
    ]
    rest = till.get("/api/v1/branches", {"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [each["name"] for each in rest["results"]] == ["Main"]
    assert rest["next_cursor"] is None


def test_a_question_that_lists_do_not_know_is_refused(shop: Shop) -> None:
    _key, text = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    till = Client(headers={"Authorization": f"Bearer {text}"})
    for path in ("branches", "rewards", "offers", "redemptions", "products", "referrals", "coupons/history"):
        answer = till.get(f"/api/v1/{path}", {"city": "Baku"})
        assert (answer.status_code, answer.json()["errors"]) == (422, {"city": ["No such field."]}), path
