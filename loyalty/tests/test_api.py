"""The API's first calls, as a till makes them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.test import Client
from django.utils import timezone, translation

from businesses import api_keys
from businesses.api import throttle, view
from businesses.api.throttle import Throttle
from businesses.models import ApiKey, Branch, BusinessStatus, SettingChange
from conftest import NOON, Shop
from customers import cards
from customers.models import Card, Customer, ExternalId
from loyalty.models import Operation, Purchase, PurchaseLine
from loyalty.tests.conftest import PHONE, buy, redeem, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
EVERYTHING = ["read", "earn", "redeem", "admin"]


class Till:
    """Calls the API with one key; each post is a new action unless told otherwise."""

    def __init__(self, shop: Shop, scopes: list[str] = EVERYTHING) -> None:
        self.key, self.text = api_keys.create(business=shop.business, name="Till", scopes=scopes)
        self.client = Client(headers={"Authorization": f"Bearer {self.text}"}, raise_request_exception=True)

    def post(self, path: str, body: Any = None, *, key: str | None = "new", raw: bytes | None = None) -> Any:
        headers = {} if key is None else {"Idempotency-Key": str(uuid4()) if key == "new" else key}
        data = orjson.dumps(body or {}) if raw is None else raw
        return self.client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def pages(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """A whole list, a page for each of its records."""
        found, cursor = list[dict[str, Any]](), dict[str, str]()
        while cursor is not None:
            page = self.get(path, limit=1, **query, **cursor).json()
            found += page["results"]
            cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
        return found


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "detail"} <= body.keys()
    return response.status_code, body["code"]


def test_a_purchase_enrols_earns_and_explains_itself(till: Till, shop: Shop) -> None:
    response = till.post("purchases", {"phone": "050 123 45 67", "amount": "24.80"})
    assert response.status_code == 201
    body = response.json()
    assert body.pop("id") == str(Operation.objects.get().public_id)
    assert body.pop("customer") == str(wallet(PHONE).public_id)
    assert body == {
        "amount": "24.80",
        "discounts": "0.00",
        "points": 24,
        "pending": 0,
        "redeemed_points": 0,
        "redeemed_amount": "0.00",
        "balance": 24,
        "tier": None,
        "effects": [],
        "enrolled": True,
        "trail": [
            {"rule": "amount", "operation": "start", "value": "24.80"},
            {"rule": "earn_rate", "operation": "multiply", "value": "1.0000"},
            {"rule": "rounding", "operation": "floor", "value": "24"},
        ],
    }
    assert Operation.objects.get().api_key_id == till.key.pk


def test_the_same_key_and_body_is_the_same_status_and_body_marked_as_replayed(till: Till) -> None:
    sale = {"phone": PHONE, "amount": "10", "reference": "R1"}
    first, again = till.post("purchases", sale, key="k"), till.post("purchases", sale, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert wallet().balance == 10


def test_a_refused_redemption_is_replayed_too(till: Till, shop: Shop) -> None:
    buy(shop, 40)
    spend = {"phone": PHONE, "points": 120, "description": "Cake"}
    first, again = till.post("redemptions", spend, key="k"), till.post("redemptions", spend, key="k")
    assert problem(first) == (409, "not_enough_points")
    assert first.json()["detail"] == "Not enough points: 40 available, 120 needed."
    assert (first.json()["available"], first.json()["needed"]) == (40, 120)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")


def test_another_body_under_the_same_key_is_refused(till: Till) -> None:
    till.post("purchases", {"phone": PHONE, "amount": "10"}, key="k")
    assert problem(till.post("purchases", {"phone": PHONE, "amount": "11"}, key="k")) == (422, "key_reused")


@pytest.mark.parametrize("key", [None, "", "x" * 256, "a\tb"])
def test_a_missing_or_unusable_key_is_asked_for(till: Till, key: str | None) -> None:
    assert problem(till.post("purchases", {"phone": PHONE, "amount": "10"}, key=key)) == (400, "key_required")


def test_a_purchase_with_lines_keeps_them(till: Till) -> None:
    lines = [
        {"sku": "A1", "name": "Çay", "category": "Drinks", "quantity": 2, "unit_price": "1.50", "discount": "0.25"},
        {"name": "Ət", "quantity": "0.250", "unit_price": "18"},
    ]
    assert till.post("purchases", {"phone": PHONE, "amount": "7.25", "lines": lines}).status_code == 201
    stored = PurchaseLine.objects.order_by("position").values_list("sku", "name", "quantity", "unit_price", "discount")
    assert [tuple(map(str, line)) for line in stored] == [
        ("A1", "Çay", "2.000", "1.500", "0.250"),
        ("", "Ət", "0.250", "18.000", "0.000"),
    ]


def test_each_way_to_name_a_customer_reaches_the_same_wallet(till: Till, shop: Shop) -> None:
    buy(shop, 10)
    customer = Customer.objects.get()
    card = Card.objects.create(program=shop.business.program, customer=customer, created_at=NOON)
    ExternalId.objects.create(business=shop.business, customer=customer, external_id="crm-1")
    names = [{"phone": PHONE}, {"card": card.token}, {"customer": str(wallet().public_id)}, {"external_id": "crm-1"}]
    for who in names:
        assert till.post("purchases", {**who, "amount": "1"}).json()["customer"] == str(wallet().public_id), who
    assert wallet().balance == 14


def test_an_unknown_outside_id_is_enrolled_without_a_phone(till: Till) -> None:
    first = till.post("purchases", {"external_id": "crm-9", "amount": "5"}).json()
    second = till.post("purchases", {"external_id": "crm-9", "amount": "5"}).json()
    assert (first["enrolled"], second["enrolled"], second["balance"]) == (True, False, 10)
    assert first["customer"] == second["customer"]
    assert Customer.objects.get().phone is None


@pytest.mark.parametrize("who", [{"card": "nobody"}, {"customer": "5f0f7f5e-0000-4000-8000-000000000000"}])
def test_a_card_or_id_that_nobody_has_is_not_found(till: Till, who: dict[str, str]) -> None:
    assert problem(till.post("purchases", {**who, "amount": "1"})) == (404, "unknown_customer")


def test_a_revoked_card_is_not_found(till: Till, shop: Shop) -> None:
    buy(shop, 10)
    card = Card.objects.create(
        program=shop.business.program, customer=Customer.objects.get(), created_at=NOON, revoked_at=NOON
    )
    for path, body in [
        ("purchases", {"amount": "1"}),
        ("customers/lookup", {}),
        ("redemptions", {"points": 1, "description": "x"}),
    ]:
        assert problem(till.post(path, {"card": card.token, **body})) == (404, "unknown_customer")


WRONG = [
    ({}, "who"),
    ({"phone": PHONE, "card": "x", "amount": "1"}, "who"),
    ({"phone": "12", "amount": "1"}, "phone"),
    ({"phone": "+994501234567 ext. 5", "amount": "1"}, "phone"),
    ({"phone": 994501234567, "amount": "1"}, "phone"),
    ({"phone": PHONE}, "amount"),
    ({"phone": PHONE, "amount": "0"}, "amount"),
    ({"phone": PHONE, "amount": "-5"}, "amount"),
    ({"phone": PHONE, "amount": "1.234"}, "amount"),
    ({"phone": PHONE, "amount": "1e9"}, "amount"),
    ({"phone": PHONE, "amount": 1e9}, "amount"),
    ({"phone": PHONE, "amount": "1000000000"}, "amount"),
    ({"phone": PHONE, "amount": "NaN"}, "amount"),
    ({"phone": PHONE, "amount": True}, "amount"),
    ({"phone": PHONE, "amount": ["1"]}, "amount"),
    ({"phone": PHONE, "amount": "ten"}, "amount"),
    ({"phone": PHONE, "amount": "1", "branch": "x"}, "branch"),
    ({"phone": PHONE, "amount": "1", "branch": "5f0f7f5e-0000-4000-8000-000000000000"}, "branch"),
    ({"phone": PHONE, "amount": "1", "reference": "x" * 129}, "reference"),
    ({"phone": PHONE, "amount": "1", "reference": "a\0b"}, "reference"),
    ({"phone": PHONE, "amount": "1", "occurred_at": "yesterday"}, "occurred_at"),
    ({"phone": PHONE, "amount": "1", "occurred_at": "2026-03-01T10:00:00"}, "occurred_at"),
    ({"phone": PHONE, "amount": "1", "occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at"),
    ({"phone": PHONE, "amount": "1", "occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
    ({"phone": PHONE, "amount": "1", "lines": {}}, "lines"),
    ({"phone": PHONE, "amount": "1", "lines": [{"name": "Tea"}]}, "lines[0].unit_price"),
    ({"phone": PHONE, "amount": "1", "lines": [{"unit_price": "1", "quantity": "NaN"}]}, "lines[0].quantity"),
    ({"phone": PHONE, "amount": "1", "lines": [{"unit_price": "1", "name": "a\0"}]}, "lines[0].name"),
    ({"phone": PHONE, "amount": "1", "lines": ["tea"]}, "lines[0]."),
    ({"phone": PHONE, "amount": "1", "tip": "1"}, "tip"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_a_wrong_field_is_named_and_nothing_is_written(till: Till, body: dict[str, Any], field: str) -> None:
    response = till.post("purchases", body)
    assert problem(response) == (422, "invalid")
    assert field in response.json()["errors"]
    assert not Purchase.objects.exists()
    assert not Customer.objects.exists()


def test_a_field_that_is_not_supported_yet_is_refused(till: Till) -> None:
    response = till.post("customers", {"phone": PHONE, "preferences": {}})
    assert problem(response) == (422, "not_supported")


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"amount": 1', b"[" * 5000, b'{"phone": "\\ud800", "amount": 1}']
)
def test_a_body_that_is_no_json_object_is_unreadable(till: Till, raw: bytes) -> None:
    assert problem(till.post("purchases", raw=raw)) == (400, "unreadable")


def test_a_comma_is_a_decimal_point_and_emoji_are_text(till: Till) -> None:
    body = {"phone": PHONE, "amount": "12,50", "reference": "🧾", "lines": [{"name": "☕", "unit_price": "12,50"}]}
    assert till.post("purchases", body).json()["amount"] == "12.50"


def test_ten_thousand_characters_are_too_many_everywhere(till: Till) -> None:
    long = "x" * 10_000
    for body in [{"phone": long}, {"card": long}, {"external_id": long}, {"phone": PHONE, "reference": long}]:
        assert problem(till.post("purchases", {"amount": "1", **body})) == (422, "invalid")
    assert problem(till.post("purchases", {"phone": PHONE, "amount": "1", long: 1})) == (422, "invalid")


def test_a_body_of_over_a_megabyte_is_too_large(till: Till) -> None:
    assert problem(till.post("purchases", raw=b'{"x": "' + b"y" * 1_000_001 + b'"}')) == (413, "too_large")


def test_a_refund_takes_the_points_back_once(till: Till) -> None:
    purchase = till.post("purchases", {"phone": PHONE, "amount": "30"}).json()
    refund = till.post(f"purchases/{purchase['id']}/refunds", {"reference": "back-1"}, key="r")
    assert refund.status_code == 201
    taken = {"amount": "30.00", "points": 30, "pending": 0, "owed": 0, "returned_points": 0, "balance": 0}
    assert {**refund.json(), "id": ""} == {"id": "", **taken, "returned_coupons": []}
    again = till.post(f"purchases/{purchase['id']}/refunds")
    assert problem(again) == (409, "already_reversed")
    assert again.json()["id"] == refund.json()["id"]


def test_points_are_spent_shown_and_returned(till: Till, shop: Shop) -> None:
    buy(shop, 100)
    made = till.post("redemptions", {"phone": PHONE, "points": 30, "description": "Free coffee ☕"})
    assert made.status_code == 201
    redemption = made.json()
    assert (redemption["status"], redemption["points"], redemption["balance"]) == ("confirmed", 30, 70)
    shown = till.get(f"redemptions/{redemption['id']}").json()
    assert (shown["status"], shown["description"]) == ("confirmed", "Free coffee ☕")
    cancelled = till.post(f"redemptions/{redemption['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["points"], cancelled.json()["balance"]) == (201, 30, 100)
    assert till.get(f"redemptions/{redemption['id']}").json()["status"] == "cancelled"
    assert problem(till.post(f"redemptions/{redemption['id']}/cancel")) == (409, "already_reversed")


@pytest.mark.parametrize("points", [0, -1, "5", 1.5, True, 10**13, None])
def test_points_are_a_positive_whole_number(till: Till, shop: Shop, points: object) -> None:
    buy(shop, 100)
    response = till.post("redemptions", {"phone": PHONE, "points": points, "description": "x"})
    assert problem(response) == (422, "invalid")
    assert wallet().balance == 100


def test_a_lookup_shows_this_businesss_lines_and_calls_the_others_elsewhere(
    till: Till, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    other = new_shop("other-shop")
    buy(shop, "24.80")
    buy(other, 10)
    found = till.post("customers/lookup", {"phone": "0501234567"}, key=None).json()
    assert (found["balance"], found["name"], found["tier"]) == (34, "", None)
    assert [(line["business"], line["points"], line["amount"]) for line in found["last"]] == [
        ("elsewhere", 10, None),
        ("Nar", 24, "24.80"),
    ]


def test_a_customer_is_enrolled_once_and_their_word_is_not_overwritten(till: Till) -> None:
    told = {"name": "Nigar Rzayeva", "birthday": "1990-02-28", "email": "n@example.com", "language": "az"}
    first = till.post("customers", {"phone": "050 555 66 77", **told}, key=None)
    again = till.post("customers", {"phone": "+994505556677", "name": "Somebody"}, key=None)
    assert (first.status_code, again.status_code) == (201, 200)
    assert {**first.json(), "id": ""} == {"id": "", **told, "balance": 0, "tier": None, "enrolled": True}
    assert again.json() == {**first.json(), "enrolled": False}
    assert till.get(f"customers/{first.json()['id']}").json()["name"] == "Nigar Rzayeva"
    outside = till.post("customers", {"external_id": "crm-7"}, key=None)
    assert (outside.status_code, Customer.objects.count()) == (201, 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "who"),
        ({"phone": PHONE, "external_id": "x"}, "who"),
        ({"card": "x"}, "card"),
        ({"phone": "1"}, "phone"),
        ({"phone": PHONE, "name": "x" * 121}, "name"),
        ({"phone": PHONE, "name": "a\0"}, "name"),
        ({"phone": PHONE, "birthday": "29.02.1990"}, "birthday"),
        ({"phone": PHONE, "birthday": "2999-01-01"}, "birthday"),
        ({"phone": PHONE, "email": "nobody"}, "email"),
        ({"phone": PHONE, "language": "fr"}, "language"),
        ({"phone": PHONE, "language": ["en"]}, "language"),
    ],
)
def test_a_wrong_enrolment_is_named_and_nobody_is_enrolled(till: Till, body: dict[str, Any], field: str) -> None:
    response = till.post("customers", body, key=None)
    assert problem(response) == (422, "invalid")
    assert field in response.json()["errors"]
    assert not Customer.objects.exists()


def test_a_phone_of_another_programme_is_unknown_here(till: Till, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    program = type(shop.business.program).objects.create(slug="p2", name="P2", currency="AZN", join_code="P2")
    buy(new_shop("far", program=program), 10)
    assert problem(till.post("customers/lookup", {"phone": PHONE}, key=None)) == (404, "unknown_customer")


def test_entries_come_in_pages_newest_first_without_our_numbers(till: Till, shop: Shop) -> None:
    for amount in range(1, 6):
        buy(shop, amount, reference=f"R{amount}")
    path = f"customers/{wallet().public_id}/entries"
    seen, cursor = [], None
    for _ in range(3):
        page = till.get(path, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [(entry["points"], entry["reference"]) for entry in page["results"]]
        cursor = page["next_cursor"]
    assert seen == [(5, "R5"), (4, "R4"), (3, "R3"), (2, "R2"), (1, "R1")]
    assert cursor is None


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"limit": "²"}, {"cursor": "x"}, {"cursor": "1.AAAA"}]
)
def test_a_wrong_page_is_refused(till: Till, shop: Shop, query: dict[str, str]) -> None:
    buy(shop, 1)
    assert problem(till.get(f"customers/{wallet().public_id}/entries", **query)) == (422, "invalid")


def test_why_opens_a_balance_to_its_lots(till: Till, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    mine = buy(shop, 30)
    buy(new_shop("other"), 12)
    redeem(shop, 10)
    why = till.get(f"customers/{wallet().public_id}/why").json()
    assert (why["balance"], why["owed"], why["elsewhere"]) == (32, 0, 12)
    (lot,) = why["lots"]
    assert (lot["operation"], lot["credit"], lot["remaining"]) == (str(mine.public_id), 30, 20)
    assert [step["rule"] for step in lot["trail"]] == ["amount", "earn_rate", "rounding"]
    assert sum(lot["remaining"] for lot in why["lots"]) + why["elsewhere"] == why["balance"]


def test_balance_tells_what_expires_when(till: Till, shop: Shop) -> None:
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    buy(shop, 30, at=timezone.now())
    body = till.get(f"customers/{wallet().public_id}/balance").json()
    assert (body["balance"], body["owed"], body["pending"], body["tier"]) == (30, 0, 0, None)
    assert [each["points"] for each in body["expiring"]] == [30]


def test_the_business_is_the_keys_own(till: Till, shop: Shop) -> None:
    body = till.get("business").json()
    assert (body["slug"], body["currency"], body["earn_rate"]) == ("nar", "AZN", "1")
    assert body["branches"] == [{"id": str(shop.branch.public_id), "name": "Main", "city": ""}]


def test_the_earn_rate_is_changed_kept_with_its_author_and_used_at_once(till: Till, shop: Shop) -> None:
    changed = till.client.patch("/api/v1/business", {"earn_rate": "2.5"}, content_type="application/json")
    assert (changed.status_code, changed.json()["earn_rate"]) == (200, "2.5")
    change = SettingChange.objects.get()
    assert (change.api_key, change.field) == (till.key, "earn_rate")
    assert (Decimal(change.before), Decimal(change.after)) == (1, Decimal("2.5"))
    assert till.post("purchases", {"phone": PHONE, "amount": "10"}).json()["points"] == 25
    reader = Till(shop, ["read", "earn"])
    refused = reader.client.patch("/api/v1/business", {"earn_rate": "3"}, content_type="application/json")
    assert problem(refused) == (403, "scope")


@pytest.mark.parametrize("rate", ["-1", "x", "NaN", "1.00001", 10**9, True, []])
def test_a_wrong_earn_rate_is_refused(till: Till, rate: object) -> None:
    response = till.client.patch("/api/v1/business", {"earn_rate": rate}, content_type="application/json")
    assert problem(response) == (422, "invalid")
    assert till.get("business").json()["earn_rate"] == "1"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer rk_" + "a" * 42, "Bearer rk_é", "Bearer a\x00b"]
)
def test_without_a_live_key_nothing_is_answered(shop: Shop, header: str) -> None:
    response = Client().get("/api/v1/business", headers={"Authorization": header} if header else {})
    assert problem(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_at_the_next_request(till: Till) -> None:
    assert till.get("business").status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert problem(till.get("business")) == (401, "unauthenticated")


def test_a_key_with_a_known_prefix_and_another_secret_is_refused(till: Till) -> None:
    forged = till.text[:-1] + ("a" if till.text[-1] != "a" else "b")
    response = Client().get("/api/v1/business", headers={"Authorization": f"Bearer {forged}"})
    assert problem(response) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("scopes", "path", "body"),
    [
        (["read"], "purchases", {"phone": PHONE, "amount": "1"}),
        (["read", "earn"], "redemptions", {"phone": PHONE, "points": 1, "description": "x"}),
        (["earn"], "customers/lookup", {"phone": PHONE}),
    ],
)
def test_a_scope_that_is_lacking_is_named(shop: Shop, scopes: list[str], path: str, body: dict[str, Any]) -> None:
    assert problem(Till(shop, scopes).post(path, body)) == (403, "scope")


def test_a_business_that_waits_for_its_operator_may_not_call(till: Till, shop: Shop) -> None:
    shop.business.status = BusinessStatus.WAITING
    shop.business.save()
    assert problem(till.get("business")) == (403, "business_inactive")


def test_a_stranger_reaches_nothing_by_id(till: Till, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    program = type(shop.business.program).objects.create(slug="p2", name="P2", currency="AZN", join_code="P2")
    colleague, stranger = Till(new_shop("colleague")), Till(new_shop("stranger", program=program))
    purchase = till.post("purchases", {"phone": PHONE, "amount": "30"}).json()
    redemption = till.post("redemptions", {"phone": PHONE, "points": 5, "description": "x"}).json()
    for caller in (colleague, stranger):
        assert problem(caller.post(f"purchases/{purchase['id']}/refunds"))[0] == 404
        assert problem(caller.get(f"redemptions/{redemption['id']}"))[0] == 404
        assert problem(caller.post(f"redemptions/{redemption['id']}/cancel"))[0] == 404
    for part in ("", "/balance", "/entries", "/why"):
        assert problem(stranger.get(f"customers/{purchase['customer']}{part}"))[0] == 404
    assert wallet(PHONE).balance == 25


def test_a_redemption_is_not_a_purchase(till: Till, shop: Shop) -> None:
    buy(shop, 30)
    redemption = till.post("redemptions", {"phone": PHONE, "points": 5, "description": "x"}).json()
    assert problem(till.post(f"purchases/{redemption['id']}/refunds"))[0] == 404


def test_the_wrong_method_is_told_the_right_one(till: Till) -> None:
    response = till.client.delete("/api/v1/purchases")
    assert problem(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, POST"


def test_an_unknown_call_is_a_problem_too(till: Till) -> None:
    assert problem(till.get("nonsense")) == (404, "not_found")


def test_a_key_over_its_limit_is_told_when_to_come_back(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "throttle", Throttle(3))
    answers = [till.get("business") for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert problem(answers[3]) == (429, "throttled")
    assert 1 <= int(answers[3]["Retry-After"]) <= 60


def test_without_a_broker_the_throttle_lets_everybody_pass(settings: Any) -> None:
    settings.THROTTLE_URL = "unix:///nonexistent/broker.sock"
    throttle._broker.cache_clear()
    try:
        assert [Throttle(2).seconds_to_wait("x") for _ in range(5)] == [0] * 5
    finally:
        throttle._broker.cache_clear()


def test_a_call_knows_no_cookie_and_no_language_of_a_page_before(till: Till) -> None:
    with translation.override("az"):
        response = till.post("purchases", {"phone": PHONE, "amount": "1"})
        assert translation.get_language() == "en"
    assert not response.cookies
    assert "Vary" not in response.headers
    assert int(response["Content-Length"]) == len(response.content)
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_a_purchase_takes_three_statements(till: Till, shop: Shop, django_assert_num_queries: Any) -> None:
    till.post("purchases", {"phone": PHONE, "amount": "1"})
    with django_assert_num_queries(3 + 2) as captured:  # the test's own transaction adds a savepoint
        till.post("purchases", {"phone": PHONE, "amount": "1"})
    statements = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 3
    with django_assert_num_queries(3 + 2):
        till.post("redemptions", {"phone": PHONE, "points": 1, "description": "x"})


def test_the_document_names_every_call_and_each_has_its_refusals(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    calls = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert {
        "post /api/v1/purchases",
        "post /api/v1/purchases/{purchase}/refunds",
        "post /api/v1/redemptions",
        "get /api/v1/redemptions/{redemption}",
        "post /api/v1/redemptions/{redemption}/cancel",
        "post /api/v1/customers/lookup",
        "get /api/v1/customers/{customer}/why",
        "get /api/v1/business",
    } <= calls
    for path, methods in document["paths"].items():
        for call in methods.values():
            if path.startswith("/api/v1/auth/") and "security" not in call:
                assert {"422", "429"} <= call["responses"].keys()  # who signs in has neither key nor token
                continue
            assert {"401", "403", "429"} <= call["responses"].keys()
            by_person = path in ("/api/v1/auth/me", "/api/v1/businesses")
            assert call["security"] == ([] if by_person else [{"apiKey": []}]) + [{"staffToken": []}]


# --- A repeat hears the first answer, whatever has changed since --------------------------------------------


@pytest.mark.parametrize(
    ("path", "rest"), [("purchases", {"amount": "10"}), ("redemptions", {"points": 5, "description": "Tea"})]
)
def test_a_repeat_by_a_card_that_was_replaced_hears_the_first_answer(
    till: Till, shop: Shop, path: str, rest: dict[str, Any]
) -> None:
    buy(shop, 100)
    owner = {"program_id": wallet().program_id, "customer_id": wallet().customer_id, "at": timezone.now()}
    card = cards.current(**owner)
    body = {"card": card.token, **rest}
    first = till.post(path, body, key="k")
    cards.replace(**owner, token=card.token)
    again = till.post(path, body, key="k")
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first.json(), "true")
    assert problem(till.post(path, body, key="other")) == (404, "unknown_customer")


def test_a_repeat_at_a_branch_that_has_closed_hears_the_first_answer(till: Till, shop: Shop) -> None:
    second = Branch.objects.create(business=shop.business, name="Two")
    body = {"phone": PHONE, "amount": "10"}
    named = body | {"branch": str(second.public_id)}
    assert till.post("purchases", named, key="named").status_code == 201
    assert till.post("purchases", body, key="ours").status_code == 201
    Branch.objects.filter(pk=second.pk).update(closed_at=timezone.now())
    assert till.post("purchases", named, key="named").status_code == 201
    assert problem(till.post("purchases", named, key="new"))[0] == 422
    Branch.objects.filter(pk=second.pk).update(closed_at=None)
    Branch.objects.filter(pk=shop.branch.pk).update(closed_at=timezone.now())  # the one that was chosen for the caller
    assert till.post("purchases", body, key="ours").status_code == 201
    assert Purchase.objects.count() == 2


def test_a_refund_or_cancellation_with_other_content_is_another_request(till: Till, shop: Shop) -> None:
    sale = buy(shop, 100)
    spent = redeem(shop, 5)
    path = f"redemptions/{spent.public_id}/cancel"
    assert till.post(path, key="c").status_code == 201
    assert problem(till.post(path, {"branch": str(shop.branch.public_id)}, key="c")) == (422, "key_reused")
    path = f"purchases/{sale.public_id}/refunds"
    assert till.post(path, {"reference": "A"}, key="r").status_code == 201
    assert problem(till.post(path, {"reference": "B"}, key="r")) == (422, "key_reused")


def test_a_moment_thousands_of_years_ahead_is_a_wrong_field(till: Till, shop: Shop) -> None:
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    body = {"phone": PHONE, "amount": "1", "occurred_at": "9999-06-01T00:00:00Z"}
    assert problem(till.post("purchases", body)) == (422, "invalid")


def test_what_a_confidential_business_gave_shows_nowhere_else(
    till: Till, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    clinic = new_shop("clinic", confidential=True)
    clinic.business.program.points_last_months = 12
    clinic.business.program.save()
    buy(clinic, 70)
    of = f"customers/{wallet().public_id}"
    assert till.get(f"{of}/why").json()["elsewhere"] is None
    assert till.post("customers/lookup", {"phone": PHONE}, key=None).json()["last"] == []
    assert till.get(f"{of}/balance").json()["expiring"] == []
    assert till.get(f"{of}/entries").json()["results"] == []
    assert len(Till(clinic).get(f"{of}/balance").json()["expiring"]) == 1
