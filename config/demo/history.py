"""A year in the life of a preset's people: who comes how often, to which shop, and what they buy and claim.

Pure and seeded: the same preset and the same last day give the same year, in any process.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from businesses.models import Rounding
from config.demo.preset import Preset, Product, Reward, Shop
from loyalty.earning import Terms, earn

DAYS = 365
LARGEST_BASKET = 15  # lines
NEAR = 6  # places up or down the list
AGREES_TO_SMS = 0.45
HAS_CARD = 0.4


class Rhythm(NamedTuple):
    """How somebody comes: days between two visits, when they joined and when they stopped, in days before the end."""

    share: int
    gap: tuple[float, float]
    joined: tuple[int, int]
    stopped: tuple[int, int] = (0, 0)


RHYTHMS = (
    Rhythm(22, (4, 8), (150, 900)),  # regulars
    Rhythm(24, (10, 18), (100, 900)),  # steady
    Rhythm(20, (25, 50), (60, 900)),  # now and then
    Rhythm(16, (5, 14), (220, 900), (30, 120)),  # came often and are slipping away
    Rhythm(12, (4, 12), (3, 40)),  # newcomers
    Rhythm(6, (DAYS, DAYS), (20, DAYS)),  # came once
)


@dataclass(frozen=True)
class Person:
    number: int
    phone: str | None
    external_id: str | None
    name: str
    email: str
    birthday: date
    agrees_to_sms: bool
    has_card: bool


class Line(NamedTuple):
    product: Product
    quantity: Decimal

    @property
    def amount(self) -> Decimal:
        return self.product.price * self.quantity


class Visit(NamedTuple):
    """A sale, and the reward that was claimed after it. There are lines where the shop has products."""

    key: str
    at: datetime
    person: int
    shop: int
    place: int
    amount: Decimal
    lines: list[Line]
    reward: Reward | None


@dataclass(frozen=True)
class History:
    """The year that ends at midnight before `until`."""

    preset: Preset
    until: date

    @cached_property
    def people(self) -> list[Person]:
        return [self._person(number) for number in range(1, self.preset.people + 1)]

    @cached_property
    def visits(self) -> list[Visit]:
        """All visits of all people in the order of time."""
        every = (visit for person in self.people for visit in self._visits(person))
        return sorted(every, key=lambda visit: (visit.at, visit.key))

    def _random(self, number: int, what: str) -> Random:
        return Random(f"{self.preset.slug} {what} {number}")  # noqa: S311 - a story, not a secret

    def _person(self, number: int) -> Person:
        chance = self._random(number, "person")
        names = chance.choice(self.preset.names)
        name = f"{chance.choice(names.first)} {chance.choice(names.last)}"
        host = self.preset.email_host
        return Person(
            number=number,
            phone=self.preset.phone(number),
            external_id=self.preset.external_id(number),
            name=name,
            email=f"{name.lower().replace(' ', '.')}{number}@{host}" if host else "",
            birthday=date(1955, 1, 1) + timedelta(days=chance.randrange(50 * 365)),
            agrees_to_sms=chance.random() < AGREES_TO_SMS,
            has_card=chance.random() < HAS_CARD,
        )

    def _visits(self, person: Person) -> Iterator[Visit]:
        chance = self._random(person.number, "visits")
        shops = self.preset.shops
        likes = [shop.draw * chance.lognormvariate(0, 1) for shop in shops]
        homes = [chance.choices(range(len(shop.places)), cum_weights=near)[0] for shop, near in self._nearness]
        tastes = [list(accumulate(each.draw * chance.lognormvariate(0, 1) for each in shop.products)) for shop in shops]
        balance = 0
        for n, on in enumerate(self._days(chance)):
            number = chance.choices(range(len(shops)), likes)[0]
            shop = shops[number]
            season = self.preset.season(on)
            more = season.more if season else 1
            lines = _basket(chance, shop, tastes[number], more)
            amount = sum((line.amount for line in lines), Decimal(0)) if lines else _amount(chance, shop, more)
            balance += earn(amount=amount, terms=_terms(shop)).points
            within_reach = [reward for reward in shop.rewards if reward.points <= balance]
            claims = within_reach and chance.random() < self.preset.claims
            reward = chance.choice(within_reach) if claims else None
            balance -= reward.points if reward else 0
            # People keep to one branch, mostly, or else to one nearby.
            strays = 0 if chance.random() < 0.8 else chance.randint(-NEAR, NEAR)
            place = (homes[number] + strays) % len(shop.places)
            at = self._moment(chance, shop, on)
            yield Visit(f"{person.number}-{n}", at, person.number, number, place, amount, lines, reward)

    @cached_property
    def _nearness(self) -> list[tuple[Shop, list[float]]]:
        return [(shop, list(accumulate(place.draw for place in shop.places))) for shop in self.preset.shops]

    def _days(self, chance: Random) -> Iterator[date]:
        """The days on which somebody goes shopping, at most one visit a day."""
        rhythm = chance.choices(RHYTHMS, [rhythm.share for rhythm in RHYTHMS])[0]
        gap = chance.uniform(*rhythm.gap) * self.preset.gap
        joined = chance.randint(*rhythm.joined)
        # Who came before the year begins is somewhere between two visits.
        day = max(DAYS - joined, bisect_left(self._bustle, chance.uniform(0, min(gap, DAYS / 12))))
        last = DAYS - max(1, chance.randint(*rhythm.stopped))
        while day <= last:
            yield self._begins + timedelta(days=day)
            wait = gap * chance.lognormvariate(0, 0.35)
            day = max(day + 1, bisect_left(self._bustle, self._bustle[day] + wait - 0.5))

    @property
    def _begins(self) -> date:
        return self.until - timedelta(days=DAYS)

    @cached_property
    def _bustle(self) -> list[float]:
        """How much was going on up to each day of the year, an ordinary day being 1: what people's waiting follows."""
        return list(accumulate(self._busy(self._begins + timedelta(days=day)) for day in range(DAYS)))

    def _busy(self, on: date) -> float:
        season = self.preset.season(on)
        return self.preset.week[on.weekday()] * (season.often if season else 1)

    def _moment(self, chance: Random, shop: Shop, on: date) -> datetime:
        hour = chance.uniform(shop.open_from, shop.open_until)
        return datetime.combine(on, time(), ZoneInfo(self.preset.time_zone)) + timedelta(seconds=round(hour * 3600))


def _basket(chance: Random, shop: Shop, tastes: list[float], more: float) -> list[Line]:
    if not shop.products:
        return []
    count = min(LARGEST_BASKET, max(1, round(chance.lognormvariate(math.log(shop.basket * more), 0.5))))
    products = dict.fromkeys(chance.choices(shop.products, cum_weights=tastes, k=count))
    return [Line(product, _quantity(chance, product)) for product in products]


def _quantity(chance: Random, product: Product) -> Decimal:
    if product.weighed:
        return Decimal(chance.randint(3, 20)) / 10
    return Decimal(chance.choices((1, 2, 3), (82, 14, 4))[0])


def _amount(chance: Random, shop: Shop, more: float) -> Decimal:
    drawn = chance.lognormvariate(math.log(shop.ticket * more), shop.spread)
    return round(max(drawn, shop.ticket / 12) / float(shop.price_step)) * shop.price_step


def _terms(shop: Shop) -> Terms:
    return Terms(shop.earn_rate, shop.minimum_spend, None, Rounding.FLOOR)
