"""Reading from web pages of other addresses: denied, unless the owner names the page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from businesses import api_keys, origins
from businesses.models import Business, SettingChange
from conftest import Shop

pytestmark = pytest.mark.django_db
PAGE, OTHER = "https://shop.example", "https://other.example"


@pytest.fixture
def listing(shop: Shop) -> Shop:
    Business.objects.filter(pk=shop.business.pk).update(web_origins=f"http://localhost:3000\n{PAGE}")
    return shop


def keyed(shop: Shop) -> Client:
    _key, text = api_keys.create(business=shop.business, name="Page", scopes=["read", "earn"])
    return Client(headers={"Authorization": f"Bearer {text}"})


def preflight(path: str, method: str = "GET", origin: str = PAGE) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return Client().options(f"/api/v1/{path}", headers=headers)


def opened(answer: Any) -> str | None:
    assert "Access-Control-Allow-Credentials" not in answer.headers
    found: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return found


# --- What a browser is told -------------------------------------------------------------------------------


def test_a_page_that_is_named_reads(listing: Shop) -> None:
    asked = preflight("business")
    assert (asked.status_code, opened(asked), asked["Vary"]) == (204, PAGE, "Origin")
    assert asked["Access-Control-Allow-Methods"] == "GET"
    assert asked["Access-Control-Allow-Headers"] == "authorization, content-type"
    answer = keyed(listing).get("/api/v1/business", headers={"Origin": PAGE})
    assert (answer.status_code, opened(answer), answer["Vary"]) == (200, PAGE, "Origin")


def test_a_page_that_nobody_names_reads_nothing(listing: Shop) -> None:
    for origin in (OTHER, f"{PAGE}.evil.example", "https://shop.example:444", "http://shop.example", "null", "*", ""):
        assert opened(preflight("business", origin=origin)) is None
        assert opened(keyed(listing).get("/api/v1/business", headers={"Origin": origin})) is None


def test_a_page_of_one_business_does_not_read_with_the_key_of_another(
    listing: Shop, new_shop: Callable[..., Shop]
) -> None:
    answer = keyed(new_shop("tea")).get("/api/v1/business", headers={"Origin": PAGE})
    assert (answer.status_code, opened(answer), answer["Vary"]) == (200, None, "Origin")


def test_a_lookup_is_opened_and_nothing_that_moves_points(listing: Shop) -> None:
    assert opened(preflight("customers/lookup", "POST")) == PAGE
    assert opened(preflight("carts/price", "POST")) == PAGE
    for path, method in [("purchases", "POST"), ("redemptions", "POST"), ("business", "PATCH"), ("customers", "POST")]:
        assert opened(preflight(path, method)) is None, path
        answer = keyed(listing).post(f"/api/v1/{path}", {}, content_type="application/json", headers={"Origin": PAGE})
        assert opened(answer) is None, path


def test_the_first_question_needs_no_key_and_looks_at_none(listing: Shop, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1) as asked:
        preflight("business")
    assert "apikey" not in asked.captured_queries[0]["sql"]


def test_a_refusal_shows_to_the_page_too_but_not_to_a_wrong_key(listing: Shop) -> None:
    client = keyed(listing)
    headers = {"Origin": PAGE}
    unknown = client.get("/api/v1/customers/00000000-0000-4000-8000-000000000000", headers=headers)
    assert (unknown.status_code, opened(unknown)) == (404, PAGE)
    wrong = Client().get("/api/v1/business", headers={**headers, "Authorization": "Bearer rk_no"})
    assert (wrong.status_code, opened(wrong), wrong["Vary"]) == (401, None, "Origin")


def test_a_call_that_is_no_page_s_costs_no_statement_more(listing: Shop, django_assert_num_queries: Any) -> None:
    client = keyed(listing)
    client.get("/api/v1/offers")
    with django_assert_num_queries(2):
        client.get("/api/v1/offers")
    with django_assert_num_queries(3):
        client.get("/api/v1/offers", headers={"Origin": PAGE})


def test_signing_in_is_opened_to_no_page(listing: Shop) -> None:
    for path in ("auth/token", "auth/me", "auth/register", "businesses"):
        assert opened(preflight(path, "POST")) is None


def test_a_closed_business_opens_nothing(listing: Shop) -> None:
    Business.objects.filter(pk=listing.business.pk).update(status="closed")
    assert opened(preflight("business")) is None


# --- Naming pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", PAGE),
        ("HTTPS://Shop.Example/", PAGE),
        ("https://shop.example:443", PAGE),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://çay.example", "https://xn--ay-3ia.example"),
    ],
)
def test_a_page_is_kept_as_a_browser_writes_it(text: str, origin: str) -> None:
    assert origins.parse(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "*", "https://*", "https://*.shop.example", "http://shop.example", "shop.example", "null", "https://",
        "https://shop.example/path", "https://shop.example?a", "https://shop.example#a", "https://me@shop.example",
        "https://shop.example:port", "ftp://shop.example", "http://localhost.evil.example", "https://a b",
        "https://-shop.example", "https://shop..example", "javascript:alert(1)", "https://[::1", "https://shop.example\n.",
    ],
)  # fmt: skip
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(origins.InvalidOrigin):
        origins.parse(text)


def test_an_owner_names_pages_and_the_change_is_kept(owner: Client, shop: Shop) -> None:
    typed = f"{PAGE}\n\n HTTPS://shop.example/ \nhttp://localhost:3000"
    assert owner.post("/settings/keys/pages/", {"web_origins": typed}).url == "/settings/keys/"
    shop.business.refresh_from_db()
    assert shop.business.web_origins == f"{PAGE}\nhttp://localhost:3000"
    change = SettingChange.objects.get()
    assert (change.field, change.staff, change.after) == ("web_origins", shop.staff, shop.business.web_origins)
    assert PAGE in owner.get("/settings/keys/pages/").text


def test_a_mistake_is_named_and_what_was_typed_stays(owner: Client, shop: Shop) -> None:
    answer = owner.post("/settings/keys/pages/", {"web_origins": f"{PAGE}\nhttps://*.example"})
    assert answer.status_code == 422
    assert "“https://*.example”" in answer.text
    assert "https://*.example</textarea>" in answer.text
    many = "\n".join(f"https://shop{n}.example" for n in range(11))
    assert owner.post("/settings/keys/pages/", {"web_origins": many}).status_code == 422
    shop.business.refresh_from_db()
    assert shop.business.web_origins == ""


def test_who_saves_over_a_colleague_s_change_is_told(owner: Client, shop: Shop) -> None:
    owner.post("/settings/keys/pages/", {"web_origins": PAGE, "seen": 0})
    answer = owner.post("/settings/keys/pages/", {"web_origins": OTHER, "seen": 0})
    assert answer.status_code == 422
    assert "changed this" in answer.text
    seen = answer.context["form"].data["seen"]
    assert owner.post("/settings/keys/pages/", {"web_origins": OTHER, "seen": seen}).status_code == 302
