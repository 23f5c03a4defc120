"""`imports`: files as programs bring them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from businesses import api_keys
from conftest import Shop
from loyalty.importing import work
from loyalty.models import Import, Purchase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

SALES = "phone,date,amount\n0501234567,2025-03-01,12.50\n0502222222,2025-03-01,3\nnobody,2025-03-02,4.99\n"


def program_of(shop: Shop, *scopes: str) -> Client:
    _key, text = api_keys.create(business=shop.business, name="Till", scopes=list(scopes))
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def till(shop: Shop) -> Client:
    return program_of(shop, "admin")


def send(till: Client, content: str = SALES, *, key: str = "1", kind: str = "purchases", **more: str) -> Any:
    file = SimpleUploadedFile("till.csv", content.encode())
    return till.post("/api/v1/imports", {"kind": kind, "file": file, **more}, headers={"Idempotency-Key": key})


def worked(till: Client, answer: Any) -> Any:
    work.work(import_id=Import.objects.get(public_id=answer.json()["id"]).pk, clock=timezone.now)
    return till.get(f"/api/v1/imports/{answer.json()['id']}").json()


def test_a_file_is_looked_through_and_comes_in(till: Client) -> None:
    answer = send(till, earns="true")
    assert answer.status_code == 201
    assert answer.json()["state"] == "checking"
    done = worked(till, answer)
    assert done["state"] == "done"
    assert done["rows"] == 3
    totals = {name: done["totals"][name] for name in ("posted", "refused", "new_customers", "points", "amount")}
    assert totals == {"posted": 2, "refused": 1, "new_customers": 2, "points": 15, "amount": "15.50"}
    ((refused,), cursor) = (done["errors"]["results"], done["errors"]["next_cursor"])
    assert (refused["row"], refused["field"], refused["text"], cursor) == (4, "phone", "nobody", None)
    assert Purchase.objects.count() == 2


def test_a_dry_run_brings_nothing_in(till: Client) -> None:
    done = worked(till, send(till, dry_run="true"))
    assert (done["state"], done["dry_run"], done["totals"]["posted"]) == ("checked", True, 2)
    assert not Purchase.objects.exists()


def test_the_same_call_is_the_same_import_and_another_under_its_key_is_refused(till: Client) -> None:
    first = send(till)
    again = send(till)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(till, SALES + "0501234567,2025-03-01,1\n").json()["code"] == "key_reused"
    assert send(till, earns="true").json()["code"] == "key_reused"
    assert Import.objects.count() == 1
    worked(till, first)
    assert worked(till, send(till, key="2"))["totals"]["already_there"] == 2


def test_columns_are_named_where_the_header_does_not_tell(till: Client) -> None:
    content = "wer,wann,wieviel\n0501234567,2025-03-01,5\n"
    assert send(till, content).json()["errors"]["columns"] == ["Name the columns of: customer, date, amount."]
    said = json.dumps({"phone": "wer", "date": "wann", "amount": "wieviel"})
    assert worked(till, send(till, content, columns=said))["totals"]["posted"] == 1


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no kind": ({"kind": "cars"}, "kind"),
    "another word": ({"dry_run": "maybe"}, "dry_run"),
    "unknown": ({"colour": "red"}, "colour"),
    "a column that is not there": ({"columns": '{"date": "when"}'}, "columns"),
    "a field that is not there": ({"columns": '{"colour": "date"}'}, "columns"),
    "no JSON": ({"columns": "date"}, "columns"),
    "another date": ({"date_format": "%c"}, "date_format"),
    "no rows": ({"content": "phone,date,amount\n"}, "file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_by_its_field(name: str, till: Client) -> None:
    said, field = WRONG[name]
    answer = send(till, **said)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert not Import.objects.exists()


def test_a_file_and_a_key_are_needed(till: Client) -> None:
    bare = till.post("/api/v1/imports", {"kind": "purchases"}, headers={"Idempotency-Key": "1"})
    assert "file" in bare.json()["errors"]
    assert till.post("/api/v1/imports", {}).json()["code"] == "key_required"


def test_it_needs_its_scope_and_is_nobody_else_s(shop: Shop, till: Client, new_shop: Callable[..., Shop]) -> None:
    made = send(till).json()["id"]
    assert send(program_of(shop, "read", "earn", "promote")).status_code == 403
    other = program_of(new_shop("other"), "admin")
    assert other.get(f"/api/v1/imports/{made}").status_code == 404
    assert send(other).status_code == 201  # a key of their own, though it is called the same
