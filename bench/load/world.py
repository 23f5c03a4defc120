"""A business with customers to serve, and the statements that pgbench sends for them.

python -m bench.load.world CUSTOMERS CASHIERS    makes one in the database of DATABASE_URL and prints how to serve it
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from embedded import Stop

FIRST_PHONE = 500_000_000  # +994500000001 is the first customer's; api.lua counts from here too
LOTS, LOT_POINTS = 5, 2_000  # enough for a thousand redemptions of each customer
MANY = 100_000  # customers of whom each needs only one lot, because load meets few of them twice
FIRST_NAMES = ["Aysel", "Leyla", "Nigar", "Orxan", "Elvin", "Rashad", "Günel", "Kamran", "Sevda", "Tural", "Zaur"]
LAST_NAMES = ["Məmmədova", "Quliyev", "Əliyeva", "Həsənov", "Hüseynova", "Rzayev", "İsmayılova"]


@dataclass(frozen=True)
class World:
    """A business, its key, and how its customers are numbered: the n-th has the ids first_customer + n."""

    rules: Any
    branch_id: int
    key_id: int
    key: str
    first_customer: int
    first_wallet: int


def make_world(customers: int) -> World:
    from businesses import api_keys
    from businesses.models import Branch, Business, Program
    from customers.registry import Named, enrol_many
    from loyalty import bulk, rules
    from loyalty.bulk import Row
    from loyalty.earning import earn
    from loyalty.models import Wallet

    made = Program.objects.create(
        slug="circle", name="Circle", currency="AZN", join_code="CIRCLE", points_last_months=12
    )
    business = Business.objects.create(
        program=made, slug="nar", name="Nar", category="cafe", country="AZ", time_zone="Asia/Baku", earn_rate=1
    )
    branch = Branch.objects.create(business=business, name="Main")
    key, text = api_keys.create(business=business, name="Till", scopes=["read", "earn", "redeem"])
    terms = rules.of(business.pk, Program.objects.get().rules_version)

    people = [Named(f"+994{FIRST_PHONE + n}", None) for n in range(1, customers + 1)]
    ids = enrol_many(business_id=business.pk, people=people)
    amount, now = Decimal(LOT_POINTS), datetime.now(UTC)
    earned = earn(amount=amount, terms=terms.terms)
    rows = (
        Row(
            f"{lot}-{n}",
            each,
            branch.pk,
            amount,
            earned,
            now - timedelta(days=30 - lot + n % 300),
            terms.expires_at(now),
        )
        for lot in range(LOTS if customers < MANY else 1)
        for n, each in enumerate(ids)
    )
    for number, outcomes in enumerate(bulk.post_many(rules=terms, scope="history", rows=rows)):
        if set(outcomes) != {"posted"}:
            raise Stop(f"The customers' points were not posted: {set(outcomes)}")
        if number % 40 == 39:
            print(f"  {(number + 1) * bulk.CHUNK_ROWS} sales", file=sys.stderr, flush=True)
    wallets = list(Wallet.objects.order_by("customer_id").values_list("pk", flat=True))
    if ids != list(range(ids[0], ids[0] + len(ids))) or wallets != list(range(wallets[0], wallets[0] + len(ids))):
        raise Stop("The customers are not numbered in one row, so that pgbench could not choose among them.")
    return World(terms, branch.pk, key.pk, text, ids[0] - 1, wallets[0] - 1)


def make_plain(customers: int) -> str:
    """A business with nothing but its rate, to compare the two below with; returns its key. Each has bought there once."""
    business, text = _another("plain")
    _each_bought(business, customers, amount=lambda n: Decimal(10))
    return text


def make_ruled(customers: int) -> str:
    """The same people in a programme with tiers by what they spend, and a business with rules of every sort;
    returns its key. Each has bought there once, every second for a lot."""
    from django.db import connection
    from django.utils import timezone

    from businesses.models import Program, TierBasis, User
    from loyalty import earning_rules
    from loyalty.models import RuleKind, Tier

    business, text = _another("ruled")
    made = business.program
    by, now = User.objects.create_user("owner@ruled.test", "correct horse battery"), timezone.now()
    for number, rule in enumerate(
        (
            {"kind": RuleKind.EXTRA, "value": "0.5", "minimum_spend": 10},
            {"kind": RuleKind.MULTIPLY, "value": 2, "weekdays": [0, 1, 2, 3, 4, 5, 6]},
            {"kind": RuleKind.MULTIPLY, "value": "1.5", "categories": ["Dairy"]},
            {"kind": RuleKind.BONUS, "value": 50, "occasion": "first_purchase"},
            {"kind": RuleKind.BONUS, "value": 100, "occasion": "birthday"},
            {"kind": RuleKind.BONUS, "value": 5, "most_per_day": 50, "most_per_customer": 1000},
            {"kind": RuleKind.EXCLUDE, "value": 0, "categories": ["Tobacco"]},
        )
    ):
        earning_rules.make(program=made, business=business, values={"name": f"Rule {number}", **rule}, by=by, at=now)
    _each_bought(business, customers, amount=lambda n: Decimal(10) * (1 + 999 * (n % 2)))
    # Every second of them has Gold, and what everybody buys counts towards a tier that nobody reaches by it.
    for position, (name, threshold) in enumerate((("Silver", 5), ("Gold", 9_000), ("Platinum", 10_000_000)), 1):
        Tier.objects.create(
            program=made, name=name, position=position, threshold=threshold, multiplier="1.5" if position == 2 else 1
        )
    Program.objects.filter(pk=made.pk).update(tier_basis=TierBasis.SPEND)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(loyalty_assess_tier(id, NULL, loyalty_now())) FROM loyalty_wallet WHERE program_id = %s",
            [made.pk],
        )
    return text


def make_promoted(customers: int) -> str:
    """The same people in a programme whose promotions run and never apply to what the load sells: a code nobody says, an
    offer and a chain for larger purchases, coupons in the hands of a quarter, thanks for bringing friends. Returns the
    business's key. Each has bought there once."""
    from datetime import date

    from django.utils import timezone

    from businesses.models import Business, Role, Staff, User
    from loyalty.models import Wallet
    from promotions import chains, coupons, offers
    from promotions.models import Source
    from referrals.models import ReferralTerms

    business, text = _another("promoted")
    program, now = business.program, timezone.now()
    partner = Business.objects.create(
        program=program, slug="partner", name="Partner", category="bakery", country="AZ", time_zone="Asia/Baku",
        earn_rate=1,
    )  # fmt: skip
    tenth = {"kind": "percentage", "value": 10}
    given = [
        offers.make(program=program, business=business, by=None, at=now, values={**tenth, **each})
        for each in (
            {"name": "By code", "code": "TENTH", "minimum_spend": 20},
            {"name": "With 100", "given_from": 100, "lasts_days": 14},
            {"name": "In hand", "lasts_days": 365},
        )
    ]
    chain = chains.propose(
        giver=business, taker=partner, proposer=business, staff=None, at=now,
        values={
            "name": "On to the partner", "kind": "percentage", "value": Decimal(15), "most_discount": Decimal(5),
            "lasts_days": 14, "every_days": 30, "minimum": Decimal(100), "share": 50, "budget": Decimal(10_000),
            "ends_on": date(now.year + 1, 1, 1),
        },
    )  # fmt: skip
    owner = User.objects.create_user("owner@partner.test", "correct horse battery")
    chains.accept(chain=chain, staff=Staff.objects.create(business=partner, user=owner, role=Role.OWNER), at=now)
    ReferralTerms.objects.create(program=program, friend_points=50, inviter_points=100, minimum_purchase=20)
    _each_bought(business, customers, amount=lambda n: Decimal(10))
    for wallet in Wallet.objects.filter(program=program).order_by("pk")[: customers // 4]:
        coupons.issue(offer=given[-1], wallet=wallet, source=Source.PROMOTION, at=now)
    return text


def _another(slug: str) -> tuple[Any, str]:
    """A programme with one business that earns a point per unit; the business and its key."""
    from businesses import api_keys
    from businesses.models import Branch, Business, ExpiryKind, Program

    made = Program.objects.create(
        slug=slug, name=slug.title(), currency="AZN", join_code=slug.upper(),
        expiry_kind=ExpiryKind.MONTH_END, points_last_months=12,
    )  # fmt: skip
    business = Business.objects.create(
        program=made, slug=slug, name=slug.title(), category="cafe", country="AZ", time_zone="Asia/Baku", earn_rate=1
    )
    Branch.objects.create(business=business, name="Main")
    _key, text = api_keys.create(business=business, name="Till", scopes=["read", "earn", "redeem"])
    return business, text


def _each_bought(business: Any, customers: int, *, amount: Callable[[int], Decimal]) -> None:
    """Enrols as many as `make_world` does, by the same phones; the n-th has bought once, for `amount`(n)."""
    from customers.registry import Named, enrol_many
    from loyalty import bulk, rules
    from loyalty.bulk import Row
    from loyalty.earning import earn

    terms = rules.of(business.pk, type(business.program).objects.get(pk=business.program_id).rules_version)
    ids = enrol_many(
        business_id=business.pk, people=[Named(f"+994{FIRST_PHONE + n}", None) for n in range(1, customers + 1)]
    )
    earned, now, branch = earn(amount=Decimal(10), terms=terms.terms), datetime.now(UTC), business.branches.get()
    rows = (
        Row(
            f"{business.slug}-{n}",
            each,
            branch.pk,
            amount(n),
            earned,
            now - timedelta(days=1 + n % 300),
            terms.expires_at(now),
        )
        for n, each in enumerate(ids)
    )
    for outcomes in bulk.post_many(rules=terms, scope="history", rows=rows):
        if set(outcomes) != {"posted"}:
            raise Stop(f"The customers' points were not posted: {set(outcomes)}")


def pgbench_scripts(world: World, customers: int) -> dict[str, str]:
    """The very statements of our code, with pgbench's variables and literals for their parameters."""
    from businesses.api import access
    from businesses.api_keys import PREFIX_LENGTH
    from loyalty import history, ledger, lookup
    from loyalty.earning import earn

    earned = earn(amount=Decimal("12.50"), terms=world.rules.terms)
    values = {
        "program": world.rules.program_id,
        "business": world.rules.business_id,
        "branch": world.branch_id,
        "staff": "NULL",
        "api_key": world.key_id,
        "scope": f"'business:{world.rules.business_id}'",
        "key": "gen_random_uuid()",
        "input_hash": "sha256('')",
        "reference": "NULL",
        "occurred_at": "NULL",
        "time_zone": f"'{world.rules.time_zone}'",
        "customer": f"{world.first_customer} + :n",
        "phone": "NULL",
        "external_id": "NULL",
        "amount": "12.50",
        "tier": "NULL",
        "expires_at": "clock_timestamp() + interval '1 year'",
        "lines": "NULL",
        "last_entry": "NULL",
        "visits": "NULL",
        "idle_expires": "false",
        "due_at": "NULL",
        "tier_counts": "NULL",
        "tiers_version": "NULL",
        "spent": "NULL",
        "paid": "0",
        "refusal": "NULL",
        "given": "NULL",
        "reward": "NULL",
        "hold_until": "NULL",
        "code": "NULL",
        "trail": f"'{json.dumps(earned.trail, separators=(',', ':'))}'",
        "value": f"('+994' || ({FIRST_PHONE} + :n))",
    }
    # Parentheses, because a cast follows each parameter.
    sent = {name: f"({value})" for name, value in values.items()}
    key = access.KEY.replace("%s", f"'{world.key[:PREFIX_LENGTH]}'")
    facts = f"{lookup.FACTS}{lookup.OF_WHOM} WHERE {lookup.NAMED_BY['phone']}" % sent
    last = history.LAST_LINES % (
        sent | {"wallet": f"({world.first_wallet} + :n)", "lines": f"({history.LAST})", "discreet": "false"}
    )
    return {
        name: f"\\set n random(1, {customers})\n" + ";\n".join(statements) + ";\n"
        for name, statements in {
            "purchase": [ledger.PURCHASE % (sent | {"points": f"({earned.points})"})],
            "redeem": [ledger.REDEEM % (sent | {"points": "(10)", "description": "'Coffee'"})],
            "lookup": [key, facts, last],
        }.items()
    }


def give_names() -> None:
    """To everybody: a list is searched by them."""
    from django.db import connection

    names = f"(%s::text[])[1 + n %% {len(FIRST_NAMES)}] || ' ' || (%s::text[])[1 + n %% {len(LAST_NAMES)}]"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_profile (program_id, customer_id, name, birthday, email, language)"
            f" SELECT w.program_id, w.customer_id, {names}, '', '', ''"
            " FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM loyalty_wallet) w",
            [FIRST_NAMES, LAST_NAMES],
        )


def stock_up(business_id: int) -> None:
    """Gives a business what the API lists: more rewards, offers and products than stand on a page of 25."""
    from django.utils import timezone

    from businesses.catalogue import products
    from businesses.models import Business
    from loyalty.models import Reward
    from promotions import offers

    business = Business.objects.select_related("program").get(pk=business_id)
    of_both: dict[str, Any] = {"program": business.program, "business": business}
    for n in range(1, 31):
        Reward.objects.create(name=f"Cup {n}", points=100 * n, stock=1_000, **of_both)
        values = {"name": f"Offer {n}", "kind": "percentage", "value": n, "code": f"SAVE{n}", "minimum_spend": 20}
        offers.make(by=None, at=timezone.now(), values=values, **of_both)
    told = {
        f"{n:05}": {"name": f"Article {n}", "price": Decimal(n), "category": f"Food / Shelf {n % 20}"}
        for n in range(500)
    }
    products.put_many(business=business, told=told)


def sessions(world: World, cashiers: int) -> dict[str, Any]:
    """The cookies of an owner and of cashiers who are signed in."""
    from django.test import Client

    from businesses.access import FIRST_SIGN_IN
    from businesses.models import Role, Staff, User

    def signed_in(name: str, role: Role) -> str:
        user = User(email=f"{name}@nar.example", first_name=name.title())
        user.set_unusable_password()
        user.save()
        Staff.objects.create(business_id=world.rules.business_id, user=user, role=role, branch_id=world.branch_id)
        client = Client()
        client.force_login(user)
        session = client.session
        session[FIRST_SIGN_IN] = True  # the second factor may wait
        session.save()
        return str(client.cookies["sessionid"].value)

    return {
        "owner": signed_in("owner", Role.OWNER),
        "cashiers": [signed_in(f"cashier-{n}", Role.CASHIER) for n in range(cashiers)],
    }


def main(customers: int, cashiers: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from businesses.models import Branch
    from reports import economy, folding, segments

    call_command("migrate", verbosity=0)
    world = make_world(customers)
    give_names()
    stock_up(world.rules.business_id)
    folding.fold()
    segments.count(at=datetime.now(UTC))
    economy.count(at=datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    branch = str(Branch.objects.get(pk=world.branch_id).public_id)
    print(json.dumps({"key": world.key, "branch": branch, **sessions(world, cashiers)}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(int(sys.argv[1]), int(sys.argv[2]))
