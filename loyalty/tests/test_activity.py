"""What happened at a business, and its export."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from businesses.models import Role, User
from businesses.tests.conftest import hire, signed_in
from conftest import NOON, Shop
from customers.models import Customer, Profile
from loyalty import adjustments, outcomes, purchases
from loyalty.activity import reading
from loyalty.ledger import Actor
from loyalty.lookup import Who
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, buy, redeem, refund, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(shop.owner)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def table(response: Any) -> str:
    """The lines alone: the filter names every kind too."""
    found = re.search(r"<tbody>.*</tbody>", response.content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split()) if found else ""


def next_url(response: Any) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
    return "/activity/" + found[1].replace("&amp;", "&") if found else ""


def exported(client: Client, **asked: str) -> list[list[str]]:
    answer = client.get("/activity/export/", asked)
    content = b"".join(answer.streaming_content).decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(StringIO(content[1:])))


def test_each_line_says_who_what_by_whom_and_how_it_stands(owner: Client, shop: Shop) -> None:
    buy(shop, 30)
    redeem(shop, 10)
    refund(shop, buy(shop, 7))
    Profile.objects.create(program=shop.business.program, customer=Customer.objects.get(), name="Nigar Rzayeva")
    said = table(owner.get("/activity/"))
    for shown in ("Nigar R.", "Coffee", "30.00 ₼", "+30", "−10", "Undone", "Refund", "Olga", "Main"):
        assert shown in said, shown
    assert "Rzayeva" not in said


def test_refusals_stand_apart_and_say_why(owner: Client, shop: Shop) -> None:
    buy(shop, 5)
    with pytest.raises(outcomes.NotEnoughPoints):
        redeem(shop, 10)
    assert "Not enough points" not in text(owner.get("/activity/"))
    said = table(owner.get("/activity/?refused=yes"))
    assert "Not enough points: 5 available, 10 needed." in said
    assert "+5" not in said


def test_filters_narrow_and_nonsense_asks_for_nothing(owner: Client, shop: Shop) -> None:
    buy(shop, 30, at=NOON - timedelta(days=9))
    buy(shop, 20)
    redeem(shop, 10)
    assert "+20" not in table(owner.get("/activity/?kind=redemption"))
    assert "−10" in table(owner.get("/activity/?kind=redemption"))
    assert "+30" not in table(owner.get("/activity/?since=2026-03-01"))
    assert "+20" not in table(owner.get("/activity/?until=2026-03-01"))
    assert "+20" in table(owner.get(f"/activity/?branch={shop.branch.public_id}&staff={shop.staff.public_id}"))
    for nonsense in ("'", "%00", "9" * 400, "2026-02-31"):
        query = "&".join(f"{name}={nonsense}" for name in ("kind", "branch", "staff", "since", "until", "before"))
        assert "+20" in table(owner.get(f"/activity/?{query}"))


def test_pages_follow_each_other_by_day_whatever_was_booked_late(
    owner: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 2)
    for days in (1, 5, 2, 4, 3):
        buy(shop, days, at=NOON - timedelta(days=days))
    seen, url = [], "/activity/"
    while url:
        answer = owner.get(url)
        seen += re.findall(r"\+\d", table(answer))
        url = next_url(answer)
    assert seen == ["+1", "+2", "+3", "+4", "+5"]


def test_a_rare_kind_is_looked_for_in_steps(owner: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(shop, 50)
    redeem(shop, 9)
    for _ in range(6):
        buy(shop, 1)
    monkeypatch.setattr(reading, "PAGE", 1)
    monkeypatch.setattr(reading, "WINDOW", 5)
    answer = owner.get("/activity/?kind=redemption")
    assert table(answer) == ""
    assert "The next page looks further" in text(answer)
    assert "−9" in table(owner.get(next_url(answer)))


def test_a_cashier_sees_what_they_did_and_nothing_else(shop: Shop) -> None:
    staff = hire(shop.business, Role.CASHIER, "cashier@nar.test")
    client = signed_in(staff.user, mfa=False)
    buy(shop, 30)
    purchases.record(
        rules=shop.rules, actor=Actor(shop.branch.pk, staff.pk), who=Who("phone", PHONE), sale=Sale(7), key="c", at=NOON
    )  # fmt: skip
    for url in ("/activity/", f"/activity/?staff={shop.staff.public_id}"):
        said = table(client.get(url))
        assert "+7" in said
        assert "+30" not in said
    assert client.get("/activity/export/").status_code == 404
    assert "/customers/" not in client.get("/activity/").content.decode()


def test_others_see_nothing_of_it(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    tea = new_shop("tea")
    buy(shop, 30)
    stranger = signed_in(tea.owner)
    assert table(stranger.get("/activity/")) == ""
    assert len(exported(stranger)) == 1
    assert table(stranger.get(f"/activity/?branch={shop.branch.public_id}&staff={shop.staff.public_id}")) == ""


def test_the_export_holds_all_that_is_asked_for(owner: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 2)
    for amount in (1000, 2, 3):
        buy(shop, amount)
    redeem(shop, 4)
    adjustments.adjust(
        rules=shop.rules, wallet=wallet(), points=-5, reason="=1+1", by=shop.owner, staff=shop.staff, key="a", at=NOON
    )  # fmt: skip
    head, *lines = exported(owner)
    assert head[0] == "Day"
    assert len(lines) == 5
    assert lines[-1][4:7] == ["1000.00", "AZN", "1000"]
    assert [line[6] for line in exported(owner, kind="redemption")[1:]] == ["-4"]
    assert next(line for line in lines if line[3] == "adjustment")[-1] == "'=1+1"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_a_name_is_never_a_formula(owner: Client, shop: Shop, name: str) -> None:
    buy(shop, 5)
    Profile.objects.create(program=shop.business.program, customer=Customer.objects.get(), name=name)
    assert exported(owner)[1][2].startswith("'")


def test_a_correction_that_nobody_here_made_is_the_operator_s(owner: Client, shop: Shop) -> None:
    buy(shop, 5)
    root = User.objects.create_superuser("operator@nar.test", "correct horse battery", first_name="Sam")
    adjustments.adjust(
        rules=shop.rules, wallet=wallet(), points=5, reason="Sorry", by=root, staff=None, key="a", at=NOON
    )  # fmt: skip
    assert "The programme’s operator" in table(owner.get("/activity/"))
    assert "Sam" not in table(owner.get("/activity/"))
