"""Puts a preset into the database through the doors that everybody uses. Every step may be repeated: what is there
stays, and the ledger's keys keep a sale from being counted twice, so that a load cut short anywhere goes on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from businesses import pins
from businesses.access import MANAGERS
from businesses.catalogue import products
from businesses.models import Branch, Business, Program, Role, Staff, User
from config.demo import PRESETS, friends, nudging
from config.demo.history import History, Line, Visit
from config.demo.logins import PASSWORD, PIN, SUPERADMIN
from config.demo.preset import Preset, Reward, Shop, Worker
from config.models import DemoProgress
from customers import cards, consents, profiles
from customers.models import Channel
from customers.profiles import Told
from customers.registry import Named, enrol_many
from loyalty import bulk, earning_rules, ledger, reviewing, rewards, rules
from loyalty.churn import scoring
from loyalty.earning import earn
from loyalty.ledger import Actor, Call, Spend
from loyalty.models import (
    ClearingLine,
    Draw,
    EarningRule,
    Entry,
    Lot,
    Membership,
    Operation,
    Purchase,
    PurchaseLine,
    Redemption,
    Tier,
    Wallet,
)
from loyalty.models import Reward as OfferedReward
from loyalty.rules import Rules
from promotions import chains, offers
from promotions.models import Chain, Offer
from promotions.recommending import covisits
from reports import economy, folding, network, segments

LIMIT_IN_TICKETS = 20  # a larger sale needs a manager
CLAIMED_AFTER = timedelta(minutes=2)
DAYS_ONE_BY_ONE = 60
FEATURED_DRAW = 5

LEDGER = (Operation, Purchase, PurchaseLine, Entry, Lot, Draw, ClearingLine, Wallet, Membership, Redemption)

Tell = Callable[[int], None]


def percent() -> int | None:
    """How much of the demo is loaded while it is loading, else None: each programme counts by its people."""
    done = dict(DemoProgress.objects.values_list("program", "percent"))
    if min(done.values(), default=100) == 100:
        return None
    people = {preset.slug: 1 + preset.people for preset in PRESETS if preset.slug in done}
    return sum(people[slug] * done[slug] for slug in people) // max(1, sum(people.values()))


def loaded(preset: Preset) -> bool:
    return DemoProgress.objects.filter(program=preset.slug, percent=100).exists()


def begin(*, preset: Preset, today: date) -> DemoProgress:
    """From now on it counts as being loaded, with the year up to `today` or the one that was begun before."""
    progress, _new = DemoProgress.objects.get_or_create(program=preset.slug, defaults={"until_on": today})
    return progress


def load(*, preset: Preset, today: date, tell: Tell) -> None:
    """Loads the year up to `today`, or goes on with the one that was begun; `tell` hears the percent done."""
    progress = begin(preset=preset, today=today)
    history = History(preset, progress.until_on)
    shops = open_shops(preset=preset)
    ids = _enrol_people(preset, history, shops[0])
    for done in _live_through(history, shops, ids):
        if done == 100 and preset.tiers:
            _make_tiers(preset, shops[0].business.program)
        if done == 100:
            first = shops[0].business
            inviters = list(ids.values())[:5]
            friends.bring(
                preset=preset, program=first.program, business=first, inviters=inviters, until=progress.until_on
            )
            for shop in shops:
                scoring.score(business=shop.business, at=timezone.now())
            for shop, told in zip(shops, preset.shops, strict=True):
                if told.win_back:
                    nudging.live_through(business=shop.business, win_back=told.win_back, at=timezone.now())
            covisits.count(program=shops[0].business.program)
            segments.count(at=timezone.now())
        progress.percent = done
        progress.save(update_fields=["percent"])
        tell(done)
    _count_reports()


def _count_reports() -> None:
    """What the nights would have counted. Not inside of somebody's transaction: a fold needs one of its own."""
    if not connection.in_atomic_block:
        folding.fold()
        economy.count(at=timezone.now())
        network.count(at=timezone.now())


@dataclass(frozen=True)
class OpenShop:
    """A shop as it stands in the database."""

    business: Business
    rules: Rules
    branches: list[Branch]
    staff_id: int
    rings_up_at: int | None

    def staff_at(self, place: int) -> int | None:
        """Who rings up the sales of a place; nobody where its own tills do."""
        return self.staff_id if self.rings_up_at in (None, place) else None

    @cached_property
    def rewards(self) -> dict[str, int]:
        """Their ids by name, as long as they cost what they did: who tries the demo may have changed one."""
        return {row.name: row.pk for row in OfferedReward.objects.of(self.business)}

    @property
    def scope(self) -> str:
        return f"business:{self.business.pk}:demo"


def open_shops(*, preset: Preset) -> list[OpenShop]:
    """The programme with its businesses, branches and staff, who may sign in from now on."""
    program, _new = Program.objects.get_or_create(
        slug=preset.slug,
        defaults={
            "name": preset.name,
            "currency": preset.currency,
            "join_code": preset.join_code,
            "point_value": preset.point_value,
            "points_last_months": preset.points_last_months,
        },
    )
    opened = [(_business(preset, program, shop), shop) for shop in preset.shops]
    program.refresh_from_db()
    staffed = [_staffed(preset, program, business, shop) for business, shop in opened]
    if not EarningRule.objects.filter(program=program).exists():
        _make_rules(preset, program, [business for business, _shop in opened])
    _offer_rewards(preset, program, [business for business, _shop in opened])
    _make_offers(preset, program, [business for business, _shop in opened])
    _make_chains(preset, {business.slug: business for business, _shop in opened})
    for business, shop in opened:
        _fill_catalogue(business, shop)
    return staffed


def _make_tiers(preset: Preset, program: Program) -> None:
    """At the end of the year, which was lived without them; everybody gets the tier that they have come to."""
    for position, level in enumerate(preset.tiers, 1):
        Tier.objects.get_or_create(program=program, position=position, defaults=level._asdict())
    Program.objects.filter(pk=program.pk).update(tier_basis=preset.tiers_count, tier_window=preset.tiers_window)
    reviewing.review(program_id=program.pk)


def _offer_rewards(preset: Preset, program: Program, businesses: list[Business]) -> None:
    """Those of each shop, and of the whole programme; what has a name there already stays as it is."""
    of_all = [(None, reward) for reward in preset.rewards]
    of_each = [
        (business, reward) for business, shop in zip(businesses, preset.shops, strict=True) for reward in shop.rewards
    ]
    for business, reward in [*of_all, *of_each]:
        if not OfferedReward.objects.filter(program=program, business=business, name=reward.description).exists():
            values = {"name": reward.description, "points": reward.points, "icon": reward.icon}
            rewards.make(program=program, business=business, values=values)


def _make_offers(preset: Preset, program: Program, businesses: list[Business]) -> None:
    """Nobody has used one yet: the year that has passed was lived without them."""
    by = User.objects.get(email=preset.shops[0].workers[0].email)
    for business, shop in zip(businesses, preset.shops, strict=True):
        for values in shop.offers:
            if not Offer.objects.filter(business=business, name=values["name"]).exists():
                offers.make(program=program, business=business, values=values, by=by, at=timezone.now())


def _make_chains(preset: Preset, businesses: dict[str, Business]) -> None:
    """Each proposed by the business whose purchases bring the coupons. The year that has passed was lived without."""
    at = timezone.now()
    for giver, taker, terms, days, accepted in preset.chains:
        if Chain.objects.filter(giver=businesses[giver], name=terms["name"]).exists():
            continue
        if businesses[taker] not in chains.partners(businesses[giver]):
            continue  # who tries the demo may have closed one
        chain = chains.propose(
            giver=businesses[giver],
            taker=businesses[taker],
            proposer=businesses[giver],
            values={**terms, "ends_on": (at + timedelta(days=days)).date()},
            staff=_owner(businesses[giver]),
            at=at,
        )
        if accepted:
            chains.accept(chain=chain, staff=_owner(businesses[taker]), at=at)


def _owner(business: Business) -> Staff:
    return Staff.objects.filter(business=business, role=Role.OWNER).earliest("pk")


def _fill_catalogue(business: Business, shop: Shop) -> None:
    """What its sales name, those that people take most often in front. What somebody has changed since stays."""
    missing = products.unknown_skus(business=business, skus=[product.sku for product in shop.products])
    told = {
        product.sku: {
            "name": product.name,
            "category": product.category,
            "price": product.price,
            "featured": product.draw >= FEATURED_DRAW,
        }
        for product in shop.products
        if product.sku in missing
    }
    products.put_many(business=business, told=told)


def _make_rules(preset: Preset, program: Program, businesses: list[Business]) -> None:
    """They count from now on: the year that has passed was lived without them."""
    by = User.objects.get(email=preset.shops[0].workers[0].email)
    of_all = [(None, rule) for rule in preset.rules]
    of_each = [(business, rule) for business, shop in zip(businesses, preset.shops, strict=True) for rule in shop.rules]
    for business, rule in [*of_all, *of_each]:
        earning_rules.make(program=program, business=business, values=rule, by=by, at=timezone.now())


def _business(preset: Preset, program: Program, shop: Shop) -> Business:
    owner = shop.workers[0]
    business, _new = Business.objects.get_or_create(
        slug=shop.slug,
        defaults={
            "program": program,
            "name": shop.name,
            "category": shop.category,
            "country": preset.country,
            "time_zone": preset.time_zone,
            "language": preset.language,
            "confidential": shop.confidential,
            "brand_colour": shop.colour,
            "contact_person": owner.name,
            "support_email": owner.email,
            "earn_rate": shop.earn_rate,
            "minimum_spend": shop.minimum_spend,
            "purchase_limit": Decimal(round(shop.ticket * LIMIT_IN_TICKETS, -1)),
        },
    )
    there = set(Branch.objects.filter(business=business).values_list("name", flat=True))
    Branch.objects.bulk_create(
        Branch(
            business=business,
            name=place.name,
            city=place.city or preset.city,
            address=place.address,
            hours=place.hours,
        )
        for place in shop.places
        if place.name not in there
    )
    return business


def _staffed(preset: Preset, program: Program, business: Business, shop: Shop) -> OpenShop:
    by_name = {branch.name: branch for branch in Branch.objects.filter(business=business)}
    branches = [by_name[place.name] for place in shop.places]
    staff = [(worker, _staff(business, branches, worker)) for worker in shop.workers]
    cashier, row = next((pair for pair in staff if pair[0].role == Role.CASHIER), staff[0])
    return OpenShop(
        business=business,
        rules=rules.of(business.pk, program.rules_version),
        branches=branches,
        staff_id=row.pk,
        rings_up_at=cashier.place,
    )


def _staff(business: Business, branches: list[Branch], worker: Worker) -> Staff:
    usual = None if worker.place is None else branches[worker.place]
    staff, new = Staff.objects.get_or_create(
        business=business,
        user=_user(worker.email, worker.name),
        defaults={"role": worker.role, "branch": usual},
    )
    if new and worker.role in MANAGERS:
        pins.choose(staff=staff, pin=PIN, at=timezone.now())
    return staff


def _user(email: str, name: str, *, superuser: bool = False) -> User:
    first_name, last_name = name.rsplit(" ", 1)
    user, _new = User.objects.get_or_create(
        email=email,
        defaults={
            "password": _hashed_password(),
            "first_name": first_name,
            "last_name": last_name,
            "is_staff": superuser,
            "is_superuser": superuser,
        },
    )
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


@cache
def _hashed_password() -> str:
    """Once for all: a good hash is slow, and this password is no secret."""
    return make_password(PASSWORD)


def make_superadmin() -> None:
    _user(SUPERADMIN, "Sam Operator", superuser=True)


def _enrol_people(preset: Preset, history: History, shop: OpenShop) -> dict[int, int]:
    """Customer ids by the numbers of the people."""
    numbers = [Named(person.phone, person.external_id) for person in history.people]
    ids = enrol_many(business_id=shop.business.pk, people=numbers)
    program_id, business_id = shop.business.program_id, shop.business.pk
    first = {visit.person: visit.at for visit in reversed(history.visits)}
    for person, customer_id in zip(history.people, ids, strict=True):
        told = Told(person.name, person.birthday if person.has_card else None, person.email)
        profiles.fill(program_id=program_id, customer_id=customer_id, told=told)
        at = first[person.number]
        if person.has_card:
            cards.current(program_id=program_id, customer_id=customer_id, at=at)
        if person.phone and person.agrees_to_sms:
            consents.give(
                customer_id=customer_id, business_id=business_id, channel=Channel.SMS, source="counter", at=at
            )
    return {person.number: customer_id for person, customer_id in zip(history.people, ids, strict=True)}


def _live_through(history: History, shops: list[OpenShop], ids: dict[int, int]) -> Iterator[int]:
    """Posts the year from its beginning, and yields the percent done, at last 100."""
    done = analyzed = 0
    for _on, visits in groupby(history.visits, lambda visit: _step(visit.at.date(), history.until)):
        today = list(visits)
        for shop, sales in groupby(sorted(today, key=lambda visit: visit.shop), lambda visit: shops[visit.shop]):
            for staff_id, rung in _by_staff(shop, sales).items():
                _sell(shop, staff_id, rung, ids)
        with ledger.clock_at(today[-1].at + CLAIMED_AFTER):
            for visit in today:
                if visit.reward:
                    _claim(shops[visit.shop], visit, visit.reward, ids[visit.person])
        done += len(today)
        if done - analyzed > len(history.visits) / 10:
            _analyze()
            analyzed = done
        yield min(99, 100 * done // len(history.visits))
    yield 100


def _analyze() -> None:
    """How the tables have grown: the planner believes a new business to have no rows, and reads them all for each."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(model._meta.db_table for model in LEDGER))


def _step(on: date, until: date) -> date:
    """Sales are posted by the week, and the last two months by the day: what people look at stands in its order."""
    if until - on <= timedelta(days=DAYS_ONE_BY_ONE):
        return on
    return on - timedelta(days=on.weekday())


def _by_staff(shop: OpenShop, visits: Iterable[Visit]) -> dict[int | None, list[Visit]]:
    rung: dict[int | None, list[Visit]] = {}
    for visit in visits:
        rung.setdefault(shop.staff_at(visit.place), []).append(visit)
    return rung


def _sell(shop: OpenShop, staff_id: int | None, visits: list[Visit], ids: dict[int, int]) -> None:
    rows = [
        bulk.Row(
            key=visit.key,
            customer_id=ids[visit.person],
            branch_id=shop.branches[visit.place].pk,
            amount=visit.amount,
            earned=earn(amount=visit.amount, terms=shop.rules.terms),
            occurred_at=visit.at,
            expires_at=shop.rules.expires_at(visit.at),
            lines=[_line(line) for line in visit.lines] or None,
        )
        for visit in visits
    ]
    for _outcomes in bulk.post_many(rules=shop.rules, scope=shop.scope, rows=rows, staff_id=staff_id):
        pass


def _line(line: Line) -> dict[str, Any]:
    product = line.product
    return {
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "quantity": str(line.quantity),
        "unit_price": str(product.price),
    }


def _claim(shop: OpenShop, visit: Visit, reward: Reward, customer_id: int) -> None:
    """A refusal is left standing: somebody who tries the demo while it loads may have spent the points."""
    at = visit.at + CLAIMED_AFTER
    content = {"customer": customer_id, "points": reward.points, "at": at}
    ledger.redeem(
        rules=shop.rules,
        actor=Actor(shop.branches[visit.place].pk, shop.staff_at(visit.place)),
        call=Call(f"demo:{visit.key}", ledger.input_hash("redemption", content), occurred_at=at),
        customer_id=customer_id,
        spend=Spend(reward.points, reward.description, shop.rewards.get(reward.description)),
    )
