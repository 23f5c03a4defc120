"""The demo: the same wherever and however often it is loaded, and alive."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import phonenumbers
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Sum
from django.test import Client
from django.utils import timezone

from businesses import colours
from businesses.models import Business, Product, Program, Staff, User
from config.demo import PRESETS, corner_records, history, loading, main_street, oba, own_circle, quickmart
from config.demo.history import History
from config.demo.logins import logins
from config.demo.preset import Preset
from config.models import DemoProgress
from conftest import assert_books_agree
from customers.models import Card, Consent, Customer, ExternalId, Message, Profile
from loyalty import bulk
from loyalty.models import EarningRule, Membership, Operation, Purchase, PurchaseLine, Redemption, Wallet
from promotions import chains
from promotions.models import Assignment, Chain, Coupon, Experiment, Nudge
from promotions.nudging.experiments import is_control
from referrals.models import Referral

TODAY = date(2026, 2, 10)
Days = tuple[tuple[int, int], tuple[int, int]]
SMALL = replace(main_street.PRESET, people=12, referrals=None)
FEW = {
    "main-street": SMALL,
    "own-circle": replace(own_circle.PRESET, people=12),
    "oba": replace(oba.PRESET, people=60),  # so that some live by the cashier's branch
    "quickmart": replace(quickmart.PRESET, people=12),
}
LIVED = [main_street.PRESET, own_circle.PRESET, oba.PRESET, quickmart.PRESET]


@pytest.fixture
def demo(settings: object) -> None:
    settings.DEMO = True


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.management.commands.demo.PRESETS", (*FEW.values(), corner_records.PRESET))


def run(*options: str) -> str:
    out = StringIO()
    call_command("demo", *options, stdout=out)
    return out.getvalue()


def load(preset: Preset = SMALL, today: date = TODAY) -> list[int]:
    heard: list[int] = []
    loading.load(preset=preset, today=today, tell=heard.append)
    return heard


def story() -> list[tuple[object, ...]]:
    """Everything that happened, without ids."""
    columns = (
        "business__slug",
        "branch__name",
        "customer__profiles__name",
        "kind",
        "points",
        "balance_after",
        "occurred_at",
    )
    return sorted(Operation.objects.filter(refusal__isnull=True).values_list(*columns), key=str)


def test_the_same_year_in_another_process() -> None:
    """Also with another seed of Python's own hashes."""
    ask = f"import hashlib; print(hashlib.sha256(repr({YEAR}).encode()).hexdigest())"
    prelude = "import django, datetime; django.setup(); from config.demo import history, quickmart, own_circle; "
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


YEAR = (
    "[(year.people, year.visits) for preset in (own_circle.PRESET, quickmart.PRESET)"
    " for year in [history.History(preset, datetime.date(2026, 2, 10))]]"
)


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


@pytest.mark.parametrize(
    ("preset", "peak", "ordinary", "more"),
    [
        (oba.PRESET, ((3, 8), (3, 21)), ((4, 8), (4, 21)), 1.5),
        (oba.PRESET, ((12, 22), (12, 31)), ((10, 22), (10, 31)), 1.4),
        (own_circle.PRESET, ((3, 1), (3, 8)), ((5, 1), (5, 8)), 1.5),
        (own_circle.PRESET, ((12, 14), (12, 31)), ((10, 14), (10, 31)), 1.4),
        (quickmart.PRESET, ((11, 21), (12, 1)), ((10, 21), (10, 31)), 2),
    ],
)
def test_holidays_are_busy(preset: Preset, peak: Days, ordinary: Days, more: float) -> None:
    days = [(visit.at.month, visit.at.day) for visit in History(preset, TODAY).visits]

    def came(when: Days) -> int:
        return sum(when[0] <= day <= when[1] for day in days)

    assert came(peak) > more * came(ordinary)


def test_its_people_have_numbers_that_could_exist_and_nobody_shares_one() -> None:
    phones = [person.phone for preset in LIVED for person in History(preset, TODAY).people if person.phone]
    assert len(set(phones)) == len(phones) > 2_900
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


def test_a_basket_is_the_sum_of_its_lines() -> None:
    for preset in (replace(oba.PRESET, people=100), quickmart.PRESET):
        for visit in History(preset, TODAY).visits:
            assert 0 < len(visit.lines) <= history.LARGEST_BASKET
            assert visit.amount == sum(line.quantity * line.product.price for line in visit.lines)
            assert visit.amount == round(visit.amount, 2)


def test_the_chain_is_where_people_live() -> None:
    cities = Counter(place.city for place in oba.PLACES)
    assert len(oba.PLACES) == len({place.name for place in oba.PLACES}) == 1_600
    assert [city for city, _number in cities.most_common(4)] == ["Bakı", "Sumqayıt", "Gəncə", "Xırdalan"]
    assert cities["Bakı"] > 600
    assert len(cities) > 60
    homes = Counter(visit.place for visit in History(replace(oba.PRESET, people=300), TODAY).visits)
    assert homes[0] == max(homes.values()), "the cashier's branch is never empty"
    assert len(homes) > 250


def test_the_shop_has_a_catalogue() -> None:
    kinds = {product.category for product in quickmart.PRODUCTS}
    assert Counter(kind.split(" / ")[0] for kind in kinds) == dict.fromkeys(
        ("Electronics", "Home", "Clothing", "Beauty", "Sports"), 4
    )
    for products in (quickmart.PRODUCTS, oba.PRODUCTS):
        assert 50 <= len(products) == len({product.sku for product in products}) <= 150
        assert all(product.price > 0 for product in products)
        assert all(product.price * 10 % 1 == 0 for product in products if product.weighed)


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_the_command_loads_once_and_says_so() -> None:
    said = run()
    assert "Main Street: 100 %" in said
    before = story()
    assert len(before) > 100
    assert [line.partition(" is ")[2] for line in run().splitlines()] == ["loaded already."] * 5
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
def test_the_chain_rings_up_with_lines_and_its_cashier_at_one_branch_only() -> None:
    load(FEW["oba"])
    chain = Business.objects.get(slug="oba")
    assert (chain.branches.count(), chain.program.currency, chain.language) == (1_600, "AZN", "az")
    cashier = Staff.objects.get(business=chain, role="cashier")
    assert cashier.branch == chain.branches.get(name=oba.PLACES[0].name)
    rung = Operation.objects.filter(staff__isnull=False)
    assert set(rung.values_list("staff", "branch")) == {(cashier.pk, cashier.branch_id)}
    assert Operation.objects.filter(staff=None).count() > rung.count()
    cost = Sum(F("quantity") * F("unit_price") - F("discount"))
    sums = dict(PurchaseLine.objects.values_list("purchase").annotate(cost=cost))
    assert sums == dict(Purchase.objects.values_list("pk", "amount"))
    assert_books_agree()


@pytest.mark.django_db
def test_the_circle_gives_roubles_back_and_keeps_its_clinic_to_itself() -> None:
    load(FEW["own-circle"])
    circle = Program.objects.get(slug="own-circle")
    houses = Business.objects.filter(program=circle, language="ru")
    assert (circle.currency, circle.point_value, len(houses)) == ("RUB", 1, 5)
    assert len({house.category for house in houses}) == 5
    assert all(Decimal("0.05") <= house.earn_rate <= Decimal("0.1") for house in houses)
    assert [house.category for house in houses.filter(confidential=True)] == ["medical"]
    assert Counter(Staff.objects.values_list("role", flat=True)) == {"owner": 5, "manager": 5, "cashier": 5}
    assert_books_agree()


@pytest.mark.django_db
def test_the_online_shop_knows_people_by_its_own_numbers() -> None:
    load(FEW["quickmart"])
    assert 60 <= quickmart.PRESET.people <= 99  # so many numbers are kept for fiction
    assert ExternalId.objects.filter(business__slug="quickmart").count() == 12
    assert Customer.objects.filter(phone=None).count() == 3
    emails = [profile.email for profile in Profile.objects.all()]
    assert len(set(emails)) == 12
    assert all(email.endswith(".example") for email in emails)
    assert not Consent.objects.filter(customer__phone=None).exists()
    assert PurchaseLine.objects.exclude(sku__startswith="QM").count() == 0 < PurchaseLine.objects.count()
    catalogue = Product.objects.filter(business__slug="quickmart")
    assert not PurchaseLine.objects.exclude(sku__in=catalogue.values("sku")).exists()
    assert catalogue.get(sku="QM0101").category.parent.name == "Electronics"
    assert 0 < catalogue.filter(featured=True).count() < 10
    assert_books_agree()


@pytest.mark.django_db
def test_the_online_shop_has_won_customers_back_for_some_weeks() -> None:
    today = timezone.now().date()
    for _time in range(2):
        loading.load(preset=quickmart.PRESET, today=today, tell=lambda percent: None)
    experiment = Experiment.objects.get()
    drawn = Assignment.objects.values_list("bucket", "arm", "trigger", "measured_at")
    for bucket, arm, *_which in drawn:  # a fifth gets nothing; by chance nobody of so few
        assert arm == ("control" if is_control(bucket, percent=experiment.control_percent) else "treatment")
    assert {trigger for *_which, trigger, _at in drawn} == {"night", "sign_in"}
    assert 0 < sum(at is not None for *_which, at in drawn) < len(drawn)
    states = Nudge.objects.with_state(timezone.now()).values_list("state", flat=True)
    assert {"viewed", "expired", "used"} <= set(states), Counter(states)
    assert experiment.offer
    assert experiment.offer.issued == Coupon.objects.count() == Nudge.objects.count()
    assert experiment.offer.uses == Coupon.objects.filter(status="redeemed").count() > 0
    assert not Message.objects.filter(status="queued").exists()
    assert_books_agree()


def test_every_shop_has_a_colour_of_its_own_that_can_be_read() -> None:
    shops = [shop.colour for preset in PRESETS for shop in preset.shops]
    assert len(set(shops)) == len(shops)
    for colour in shops:
        assert colours.ink(colour) == colours.WHITE


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_a_programme_has_only_its_own() -> None:
    run()
    assert Program.objects.count() == len(PRESETS)
    assert not Wallet.objects.exclude(program__profiles__customer=F("customer")).exists()
    assert Wallet.objects.count() == Customer.objects.count() == sum(preset.people for preset in FEW.values())
    assert not Operation.objects.exclude(business__program=F("wallet__program")).exists()
    assert not Operation.objects.exclude(branch__business=F("business")).exists()


@pytest.mark.django_db
def test_how_much_is_loaded_counts_people() -> None:
    assert loading.percent() is None
    for preset in PRESETS:
        loading.begin(preset=preset, today=TODAY)
    DemoProgress.objects.exclude(program="oba").update(percent=100)
    assert loading.percent() == 33
    DemoProgress.objects.update(percent=100)
    assert loading.percent() is None


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
@pytest.mark.parametrize(
    ("slug", "after"), [("main-street", 3), ("main-street", 40), ("oba", 60), ("own-circle", 60), ("quickmart", 30)]
)
def test_a_load_that_was_killed_is_finished_on_another_day_and_is_the_same(
    slug: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = FEW[slug]
    load(preset)
    whole, lines = story(), PurchaseLine.objects.count()
    DemoProgress.objects.all().delete()
    wipe_ledger()

    post_many, calls = bulk.post_many, []

    def dying(**options: object) -> Iterator[list[str]]:
        calls.append(options)
        if len(calls) == after:
            raise Killed
        return post_many(**options)

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "post_many", dying)
        with pytest.raises(Killed):
            load(preset)
    assert not loading.loaded(preset)
    assert loading.percent() is not None
    assert 0 < len(story()) < len(whole)
    heard = load(preset, TODAY + timedelta(days=2))
    assert heard == sorted(heard)
    assert heard[-1] == 100
    assert loading.percent() is None
    assert story() == whole
    assert PurchaseLine.objects.count() == lines
    assert Card.objects.values("customer").distinct().count() == Card.objects.count()
    assert_books_agree()


def wipe_ledger() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE loyalty_operation, loyalty_wallet, loyalty_entry, loyalty_lot, loyalty_draw, loyalty_membership,"
            " loyalty_purchase, loyalty_purchaseline, loyalty_redemption, loyalty_clearingline"
        )
        cursor.execute("UPDATE loyalty_reward SET claimed = 0")


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_the_logins_let_people_in_to_where_they_belong(client: Client) -> None:
    run()
    printed = json.loads(run("--logins"))["logins"]
    team = ["owner", "manager", "cashier"]
    assert [login["role"] for login in printed] == [*team * 4, "cashier", "owner", "superadmin"]
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


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_its_rules_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.management.commands.demo.load", lambda **_: None)
    for _time in range(2):
        run()
    made = EarningRule.objects.values_list("program__slug", "business__slug", "name").order_by("pk")
    assert ("main-street", None, "Happy birthday") in made
    assert ("main-street", "jacaranda-coffee", "Quiet afternoons") in made
    assert len(set(made)) == len(made) == 7


@pytest.mark.django_db
@pytest.mark.usefixtures("demo", "small")
def test_everybody_may_sign_in_before_any_history_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A load that ends at once stands for one that goes on for a minute."""
    monkeypatch.setattr("config.management.commands.demo.load", lambda **_: None)
    run()
    for login in logins():
        user = authenticate(email=login["email"], password=login["password"])
        assert login["business"] is None or Staff.objects.filter(user=user, business__name=login["business"])


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
    invited = Referral.objects.count()
    assert invited
    assert Customer.objects.count() == sum(preset.people for preset in PRESETS) + invited
    assert not Operation.objects.filter(refusal__isnull=False).exists()
    assert_books_agree()


@pytest.mark.django_db
def test_three_chains_run_in_the_circle_and_never_with_the_clinic() -> None:
    for _again in range(2):
        loading.open_shops(preset=FEW["own-circle"])
    found = Chain.objects.select_related("giver", "taker").order_by("pk")
    assert [chains.state(each, timezone.now()) for each in found] == ["running", "running", "running", "proposed"]
    assert not any(side.confidential for each in found for side in (each.giver, each.taker))
    running = {(each.giver.slug, each.taker.slug) for each in found if each.offer_id}
    assert {(taker, giver) for giver, taker in running} & running, "one there and back"


@pytest.mark.django_db
def test_its_customers_have_brought_friends_in_every_state() -> None:
    """Twice is once, and what the friends were thanked with is in the books."""
    with_friends = replace(SMALL, referrals=main_street.PRESET.referrals)
    for _twice in range(2):
        load(with_friends)
    states = Counter(Referral.objects.values_list("state", flat=True))
    assert states == {"completed": 3, "pending": 3, "rejected": 1}
    assert Operation.objects.filter(kind="bonus", refusal__isnull=True).count() == 6
    assert Referral.objects.of(Business.objects.get(slug="jacaranda-coffee")).count() == 7
    assert_books_agree()
