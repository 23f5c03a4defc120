"""What a demo programme is made of. A preset is data; how people then live in it is in `history`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from businesses.models import Category, Role, TierBasis, TierWindow
from loyalty.models import RewardIcon


@dataclass(frozen=True)
class Place:
    """A branch. Without a `city` it is in the programme's; `draw` is how many people live near it."""

    name: str
    address: str
    hours: str
    city: str = ""
    draw: float = 1


@dataclass(frozen=True)
class Worker:
    """Somebody with a role. The first cashier of a shop rings up its sales, or else its owner; a cashier of one
    `place` those of that place only."""

    role: Role
    name: str
    email: str
    place: int | None = None


# The answers of `EarningRule`, as its form would give them.
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Reward:
    """What points buy, at one shop or in the whole programme."""

    points: int
    description: str
    icon: RewardIcon = RewardIcon.GIFT


class Level(NamedTuple):
    """A tier, by the measure of its preset's `tiers_count`."""

    name: str
    threshold: int
    multiplier: str = "1"
    categories: int = 0
    invitation_only: bool = False


class Product(NamedTuple):
    """Something to put on a line; `draw` is how often people take it. Weighed goods go by tenths of a kilogram."""

    sku: str
    name: str
    category: str
    price: Decimal
    draw: float = 1
    weighed: bool = False


class WinBack(NamedTuple):
    """The terms of an experiment, see promotions/nudging/; `offer` is the name of one of the shop's."""

    offer: str
    text: str
    threshold_percent: int = 60
    control_percent: int = 10
    horizon_days: int = 30


@dataclass(frozen=True)
class Shop:
    """A business. `ticket` is the usual amount of a sale, `basket` the usual number of lines where it has products;
    `open_from` and `open_until` are hours of the day."""

    slug: str
    name: str
    category: Category
    earn_rate: Decimal
    places: tuple[Place, ...]
    workers: tuple[Worker, ...]
    colour: str = ""
    confidential: bool = False
    ticket: float = 10
    spread: float = 0.5
    price_step: Decimal = Decimal("0.01")
    products: tuple[Product, ...] = field(default=(), repr=False)
    basket: float = 4
    draw: float = 1
    open_from: int = 8
    open_until: int = 18
    minimum_spend: Decimal = Decimal(0)
    rewards: tuple[Reward, ...] = ()
    rules: tuple[Rule, ...] = ()
    offers: tuple[Rule, ...] = ()
    win_back: WinBack | None = None


class Agreement(NamedTuple):
    """A chain between two shops, by their slugs; one that is not `accepted` waits for its answer. `terms` are those of
    `Chain` but for its last day, which is so many days from the loading on."""

    giver: str
    taker: str
    terms: Rule
    days: int = 120
    accepted: bool = True


class Names(NamedTuple):
    """First and last names that go together."""

    first: tuple[str, ...]
    last: tuple[str, ...]


class Season(NamedTuple):
    """Days of the year, (month, day) to (month, day) within it, when people come more often and buy more."""

    first: tuple[int, int]
    last: tuple[int, int]
    often: float
    more: float = 1

    def covers(self, on: date) -> bool:
        return self.first <= (on.month, on.day) <= self.last


@dataclass(frozen=True)
class Preset:
    """A programme with its shops and as many people as visit them.

    `gap` is how much longer than in a street of shops people wait between two visits, `week` how busy its days are
    from Monday on, `claims` how often somebody claims a reward that is within reach.
    """

    slug: str
    name: str
    currency: str
    join_code: str
    country: str
    city: str
    time_zone: str
    shops: tuple[Shop, ...]
    language: str = "en"
    point_value: Decimal = Decimal("0.01")
    points_last_months: int | None = None
    people: int = 0
    phone: Callable[[int], str | None] = str
    external_id: Callable[[int], str | None] = lambda number: None
    email_host: str = ""
    names: tuple[Names, ...] = field(default=(), repr=False)
    gap: float = 1
    week: tuple[float, ...] = (1, 1, 1, 1, 1, 1, 1)
    seasons: tuple[Season, ...] = ()
    claims: float = 0.3
    rules: tuple[Rule, ...] = ()
    tiers: tuple[Level, ...] = ()
    tiers_count: TierBasis = TierBasis.SPEND
    tiers_window: TierWindow = TierWindow.YEAR
    rewards: tuple[Reward, ...] = ()
    chains: tuple[Agreement, ...] = ()
    referrals: Mapping[str, Any] | None = None  # the terms of bringing friends

    def season(self, on: date) -> Season | None:
        return next((season for season in self.seasons if season.covers(on)), None)
