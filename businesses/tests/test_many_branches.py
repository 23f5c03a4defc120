"""A chain of 1,600 branches and thousands of staff: found by name, in pages, quickly."""

import re
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from businesses.models import Branch, Invitation, Role, Staff, User
from businesses.tests.conftest import hire
from conftest import NOON, Shop

MANY = 1_600


@pytest.fixture
def chain(shop: Shop) -> Shop:
    """Baku's 1,598 shops by number, and two with letters of their own."""
    shop.business.language = "az"
    shop.business.save()
    rows = [Branch(business=shop.business, name=f"Market {n}", city="Bakı") for n in range(1, MANY - 1)]
    rows += [Branch(business=shop.business, name=name, city="Sumqayıt") for name in ("Əhmədli", "Zabrat")]
    Branch.objects.bulk_create(rows)
    return shop


def seen(answer: Any) -> list[str]:
    return [str(row) for row in answer.context["rows"]]


@pytest.mark.parametrize("page", ["/switch/", "/settings/branches/"])
def test_branches_stand_in_the_order_of_people(chain: Shop, owner: Client, page: str) -> None:
    rows = seen(owner.get(page))
    assert rows[:4] == ["Əhmədli", "Main", "Market 1", "Market 2"]
    assert rows.index("Market 10") == rows.index("Market 9") + 1


@pytest.mark.parametrize("page", ["/switch/", "/settings/branches/"])
@pytest.mark.parametrize("typed", ["əhməd", "ehmedli", "ƏHMƏDLİ sumqayit", " sum  əhm "])
def test_a_branch_is_found_however_it_is_typed(chain: Shop, owner: Client, page: str, typed: str) -> None:
    assert seen(owner.get(page, {"q": typed})) == ["Əhmədli"]


@pytest.mark.parametrize("page", ["/switch/", "/settings/branches/"])
@pytest.mark.parametrize("typed", ["%", "_", "'", '"', "\\", "q\0q", "x" * 500, "<script>alert(1)</script>"])
def test_nonsense_finds_no_branch_and_breaks_nothing(chain: Shop, owner: Client, page: str, typed: str) -> None:
    answer = owner.get(page, {"q": typed})
    assert answer.status_code == 200
    assert seen(answer) == []
    assert "No branch has these words." in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("page", "most"),
    [("/switch/", 40_000), ("/settings/branches/", 60_000), ("/activity/", 30_000), ("/settings/staff/", 30_000)],
)
def test_a_page_of_a_chain_is_small_and_quick(chain: Shop, owner: Client, page: str, most: int) -> None:
    owner.get(page)
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        answer = owner.get(page)
        took = time.perf_counter() - began
    assert answer.status_code == 200
    assert len(answer.content) < most
    assert len(queries) <= 18, [query["sql"][:90] for query in queries]
    assert took < 0.5  # a fifth of it in practice; the machine may be busy


def test_work_goes_on_at_the_branch_that_was_found(chain: Shop, cashier: Client) -> None:
    found = cashier.get("/switch/", {"q": "zabrat"}).context["rows"][0]
    assert cashier.post("/switch/", {"branch": found.public_id}).status_code == 302
    answer = cashier.get("/switch/")
    assert answer.context["branch"] == found
    assert "Now: Zabrat" in answer.text


def test_a_branch_with_few_neighbours_needs_no_search(shop: Shop, cashier: Client) -> None:
    Branch.objects.create(business=shop.business, name="Second")
    answer = cashier.get("/switch/")
    assert 'type="search"' not in answer.text
    assert seen(answer) == ["Main", "Second"]


# --- Somebody's usual branch ----------------------------------------------------------------------------------


@pytest.fixture
def ann(chain: Shop) -> Staff:
    return hire(chain.business, Role.CASHIER, "ann@nar.test")


def address(staff: Staff) -> str:
    return f"/settings/staff/{staff.public_id}/"


def test_a_usual_branch_is_looked_up_and_nothing_is_saved_meanwhile(owner: Client, ann: Staff) -> None:
    page = owner.get(address(ann))
    assert "<option" not in page.text
    assert len(page.content) < 20_000
    looked = owner.post(address(ann), {"role": "manager", "branch": "", "branch_sought": "zabr", "find": "branch"})
    assert looked.status_code == 200
    zabrat = Branch.objects.get(name="Zabrat")
    assert f'value="{zabrat.public_id}"' in looked.text
    assert looked.context["form"]["role"].value() == "manager"
    ann.refresh_from_db()
    assert (ann.role, ann.branch) == (Role.CASHIER, None)
    owner.post(address(ann), {"role": "cashier", "branch": str(zabrat.public_id), "branch_sought": "zabr"})
    ann.refresh_from_db()
    assert ann.branch == zabrat


def test_the_chosen_branch_stays_offered_whatever_is_looked_for(owner: Client, ann: Staff) -> None:
    zabrat = Branch.objects.get(name="Zabrat")
    answers = {"role": "cashier", "branch": str(zabrat.public_id), "branch_sought": "market 15", "find": "branch"}
    looked = owner.post(address(ann), answers)
    assert f'value="{zabrat.public_id}" checked' in looked.text
    assert re.search(r"\d\d\d more have these words", looked.text)
    assert looked.text.count('name="branch" value') == 14


def test_a_mistake_keeps_what_was_looked_for(owner: Client, ann: Staff) -> None:
    answer = owner.post(address(ann), {"role": "", "branch": "", "branch_sought": "zabrat"})
    assert answer.status_code == 422
    assert 'value="zabrat"' in answer.text
    assert "Zabrat · Sumqayıt" in answer.text


def test_the_activity_of_one_branch_is_looked_up(chain: Shop, owner: Client) -> None:
    looked = owner.get("/activity/", {"find": "branch", "branch_sought": "ehmed", "branch": ""})
    found = Branch.objects.get(name="Əhmədli")
    assert f'value="{found.public_id}"' in looked.text
    assert 'disclosure" open' in looked.text
    assert f'value="{found.public_id}" checked' in owner.get("/activity/", {"branch": str(found.public_id)}).text


# --- Pages ----------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(shop: Shop) -> None:
    users = User.objects.bulk_create(User(email=f"a{n:03}@nar.test", first_name=f"Əli {n}") for n in range(120))
    Staff.objects.bulk_create(Staff(business=shop.business, user=user, role=Role.CASHIER) for user in users)
    Invitation.objects.bulk_create(
        Invitation(
            business=shop.business, email=f"b{n:03}@nar.test", invited_by=shop.staff, expires_at=NOON.replace(year=2100)
        )
        for n in range(120)
    )


def test_staff_are_listed_by_role_and_name_in_pages_and_found(shop: Shop, owner: Client, crowd: None) -> None:
    first = owner.get("/settings/staff/")
    names = [row.user.full_name for row in first.context["rows"]]
    assert names[:4] == ["Olga", "Əli 0", "Əli 1", "Əli 2"]
    assert "1–50 of 121" in first.text
    assert "b049@nar.test" in first.text
    assert "b050@nar.test" not in first.text
    assert "b050@nar.test" in owner.get("/settings/staff/?invited=2").text
    found = owner.get("/settings/staff/", {"q": "eli 11"})
    assert [row.user.full_name for row in found.context["rows"]][:2] == ["Əli 11", "Əli 110"]
    assert "Nobody here has these words." in owner.get("/settings/staff/", {"q": "zzz"}).text


PAGED = [
    "/customers/?page=",
    "/settings/branches/?page=",
    "/settings/staff/?page=",
    "/settings/staff/?invited=",
    "/settings/keys/?page=",
    "/switch/?page=",
    "/activity/?before=",
    "/disputes/?page=",
]


@pytest.mark.parametrize("number", ["1000000000", "-1", "0", "x", "", "1.5", "²", "9" * 5000, "1%00", "%27", "None"])
@pytest.mark.parametrize("page", PAGED)
def test_whatever_page_is_asked_for_one_is_shown(owner: Client, crowd: None, page: str, number: str) -> None:
    assert owner.get(page + number).status_code == 200
