"""A year in the life of a preset's people: who comes how often, to which shop, and what they buy and claim.

Pure and seeded: the same preset and the same last day give the same year, in any process.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from businesses.models import Rounding
from config.demo.preset import Preset, Reward, Shop
from loyalty.earning import Terms, earn

DAYS = 365
CHRISTMAS = 1.7  # how much more often people come in December
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
    phone: str
    name: str
    birthday: date
    agrees_to_sms: bool
    has_card: bool


class Visit(NamedTuple):
    """A sale, and the reward that was claimed after it."""

    key: str
    at: datetime
    person: int
    shop: int
    place: int
    amount: Decimal
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
        return Person(
            number=number,
            phone=self.preset.phone(number),
            name=f"{chance.choice(self.preset.first_names)} {chance.choice(self.preset.last_names)}",
            birthday=date(1955, 1, 1) + timedelta(days=chance.randrange(50 * 365)),
            agrees_to_sms=chance.random() < AGREES_TO_SMS,
            has_card=chance.random() < HAS_CARD,
        )

    def _visits(self, person: Person) -> Iterator[Visit]:
        chance = self._random(person.number, "visits")
        shops = self.preset.shops
        likes = [shop.draw * chance.lognormvariate(0, 1) for shop in shops]
        balance = 0
        for n, on in enumerate(self._days(chance)):
            number = chance.choices(range(len(shops)), likes)[0]
            shop = shops[number]
            amount = _amount(chance, shop, on)
            balance += earn(amount=amount, terms=_terms(shop)).points
            within_reach = [reward for reward in shop.rewards if reward.points <= balance]
            reward = chance.choice(within_reach) if within_reach and chance.random() < 0.3 else None
            balance -= reward.points if reward else 0
            # People keep to one branch, mostly.
            place = person.number if chance.random() < 0.8 else chance.randrange(len(shop.places))
            at = self._moment(chance, shop, on)
            yield Visit(f"{person.number}-{n}", at, person.number, number, place % len(shop.places), amount, reward)

    def _days(self, chance: Random) -> Iterator[date]:
        """The days on which somebody goes shopping, at most one visit a day."""
        rhythm = chance.choices(RHYTHMS, [rhythm.share for rhythm in RHYTHMS])[0]
        gap = chance.uniform(*rhythm.gap)
        joined = chance.randint(*rhythm.joined)
        # Who came before the year begins is somewhere between two visits.
        on = self.until - timedelta(days=min(joined, DAYS - chance.randrange(round(min(gap, DAYS / 12)))))
        last = self.until - timedelta(days=max(1, chance.randint(*rhythm.stopped)))
        while on <= last:
            yield on
            wait = gap * chance.lognormvariate(0, 0.35) / (CHRISTMAS if on.month == 12 else 1)
            on += timedelta(days=max(1, round(wait)))

    def _moment(self, chance: Random, shop: Shop, on: date) -> datetime:
        hour = chance.uniform(shop.open_from, shop.open_until)
        return datetime.combine(on, time(), ZoneInfo(self.preset.time_zone)) + timedelta(seconds=round(hour * 3600))


def _amount(chance: Random, shop: Shop, on: date) -> Decimal:
    usual = shop.ticket * (1.2 if on.month == 12 else 1)
    return Decimal(max(50, round(100 * chance.lognormvariate(math.log(usual), shop.spread)))) / 100


def _terms(shop: Shop) -> Terms:
    return Terms(shop.earn_rate, shop.minimum_spend, None, Rounding.FLOOR)
