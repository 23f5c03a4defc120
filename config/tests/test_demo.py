"""The demo: the same wherever and however often it is loaded, and alive."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import phonenumbers
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from businesses.models import Business, Program, Staff, User
from config.demo import PRESETS, corner_records, history, loading, main_street
from config.demo.history import History
from config.demo.logins import logins
from config.models import DemoProgress
from conftest import assert_books_agree
from customers.models import Card, Consent, Customer, Profile
from loyalty import ledger
from loyalty.models import Membership, Operation, Purchase, Redemption, Wallet

TODAY = date(2026, 2, 10)
SMALL = replace(main_street.PRESET, people=12)


@pytest.fixture
def demo(settings: object) -> None:
    settings.DEMO = True


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.management.commands.demo.PRESETS", (SMALL, corner_records.PRESET))


def run(*options: str) -> str:
    out = StringIO()
    call_command("demo", *options, stdout=out)
    return out.getvalue()


def load(today: date = TODAY) -> list[int]:
    heard: list[int] = []
    loading.load(preset=SMALL, today=today, tell=heard.append)
    return heard


def story() -> list[tuple[object, ...]]:
    """Everything that happened, without ids."""
    columns = ("business__slug", "branch__name", "customer__phone", "kind", "points", "balance_after", "occurred_at")
    return sorted(Operation.objects.filter(refusal__isnull=True).values_list(*columns))


def test_the_same_year_in_another_process() -> None:
    """Also with another seed of Python's own hashes."""
    ask = f"import hashlib; print(hashlib.sha256(repr({YEAR}).encode()).hexdigest())"
    prelude = "import django, datetime; django.setup(); from config.demo import history, main_street; "
    answers = {
        subprocess.run(
            [sys.executable, "-c", prelude + ask],
            env={**environment(), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(answers) == 1


YEAR = "history.History(main_street.PRESET, datetime.date(2026, 2, 10)).visits"


def environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}


def test_the_year_has_a_rhythm() -> None:
    year = History(main_street.PRESET, TODAY)
    assert 300 <= len(year.people) <= 400
    by_person = Counter(visit.person for visit in year.visits)
    last = {visit.person: (TODAY - visit.at.date()).days for visit in year.visits}
    first = {visit.person: (TODAY - visit.at.date()).days for visit in reversed(year.visits)}
    assert set(by_person) == {person.number for person in year.people}
    assert min(last.values()) == 1, "nobody comes on the day itself"
    assert max(first.values()) <= history.DAYS
    assert sum(visits > 35 for visits in by_person.values()) > 60, "regulars"
    slipping = [person for person, visits in by_person.items() if visits > 12 and 28 < last[person] <= 130]
    assert len(slipping) > 25
    assert sum(days <= 40 for days in first.values()) > 25, "newcomers"
    by_month = Counter(visit.at.strftime("%Y-%m") for visit in year.visits)
    assert by_month["2025-12"] > 1.25 * max(by_month["2025-11"], by_month["2026-01"])
    assert 300 < sum(visit.reward is not None for visit in year.visits) < 0.25 * len(year.visits)


def test_its_people_have_numbers_that_could_exist_and_nobody_shares_one() -> None:
    phones = [person.phone for person in History(main_street.PRESET, TODAY).people]
    assert len(set(phones)) == len(phones)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_the_command_loads_once_and_says_so() -> None:
    said = run()
    assert "Main Street: 100 %" in said
    before = story()
    assert len(before) > 100
    assert run() == "Corner Records Club is loaded already.\nMain Street is loaded already.\n"
    assert story() == before
    assert set(DemoProgress.objects.values_list("percent", flat=True)) == {100}
    assert not Operation.objects.filter(refusal__isnull=False).exists()
    assert_books_agree()


@pytest.mark.django_db
def test_the_shops_are_what_the_preset_says() -> None:
    load()
    program = Program.objects.get(slug="main-street")
    shops = Business.objects.filter(program=program)
    assert shops.count() == 6
    assert len({shop.category for shop in shops}) == len({shop.earn_rate for shop in shops}) == 6
    assert Wallet.objects.filter(program=program).count() == Customer.objects.count() == SMALL.people
    assert Profile.objects.exclude(name="").count() == SMALL.people
    assert 0 < Card.objects.count() < SMALL.people
    assert 0 < Consent.objects.filter(channel="sms", granted=True).count() < SMALL.people
    assert Purchase.objects.count() > 150
    assert Redemption.objects.count() > 10
    assert Membership.objects.values("business").distinct().count() == 6
    year = History(SMALL, TODAY).visits
    assert Redemption.objects.count() == sum(visit.reward is not None for visit in year)
    assert_books_agree()


@pytest.mark.django_db
def test_the_record_shop_starts_empty() -> None:
    loading.load(preset=corner_records.PRESET, today=TODAY, tell=lambda _percent: None)
    shop = Business.objects.get(slug="corner-records")
    assert (shop.program.slug, shop.program.currency, shop.category) == ("corner-records", "USD", "media")
    assert shop.branches.count() == 1
    assert not Customer.objects.exists()
    assert loading.loaded(corner_records.PRESET)


class Killed(BaseException):
    pass


@pytest.mark.django_db
@pytest.mark.parametrize("after", [3, 40])
def test_a_load_that_was_killed_is_finished_on_another_day_and_is_the_same(
    after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    whole = story()
    DemoProgress.objects.all().delete()
    wipe_ledger()

    post_many, calls = ledger.post_many, []

    def dying(**options: object) -> Iterator[list[str]]:
        calls.append(options)
        if len(calls) == after:
            raise Killed
        return post_many(**options)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "post_many", dying)
        with pytest.raises(Killed):
            load()
    assert not loading.loaded(SMALL)
    assert loading.percent() is not None
    assert 0 < len(story()) < len(whole)
    heard = load(TODAY + timedelta(days=2))
    assert heard == sorted(heard)
    assert heard[-1] == 100
    assert loading.percent() is None
    assert story() == whole
    assert Card.objects.values("customer").distinct().count() == Card.objects.count()
    assert_books_agree()


def wipe_ledger() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE loyalty_operation, loyalty_wallet, loyalty_entry, loyalty_lot, loyalty_draw, loyalty_membership,"
            " loyalty_purchase, loyalty_purchaseline, loyalty_redemption"
        )


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_the_logins_let_people_in_to_where_they_belong(client: Client) -> None:
    run()
    printed = json.loads(run("--logins"))["logins"]
    assert [login["role"] for login in printed] == ["owner", "manager", "cashier", "owner", "superadmin"]
    for login in printed:
        user = authenticate(email=login["email"], password=login["password"])
        assert isinstance(user, User)
        assert EmailAddress.objects.get(user=user).verified
        if login["role"] == "superadmin":
            assert user.is_superuser
        else:
            staff = Staff.objects.select_related("business").get(user=user)
            assert (staff.role, staff.business.name) == (login["role"], login["business"])
    answer = client.post("/accounts/login/", {"login": printed[0]["email"], "password": printed[0]["password"]})
    assert answer.status_code == 302


@pytest.mark.usefixtures("demo")
def test_the_logins_are_printed_without_touching_data() -> None:
    """No database is allowed in this test."""
    assert json.loads(run("--logins")) == {"logins": logins()}


@pytest.mark.parametrize("options", [(), ("--logins",)])
def test_nothing_happens_where_no_demo_is_wanted(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="DEMO=1"):
        run(*options)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("demo")
def test_the_whole_demo_keeps_the_books() -> None:
    run()
    assert Customer.objects.count() == sum(preset.people for preset in PRESETS)
    assert not Operation.objects.filter(refusal__isnull=False).exists()
    assert_books_agree()
