"""What a demo programme is made of. A preset is data; how people then live in it is in `history`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from businesses.models import Category, Role


@dataclass(frozen=True)
class Place:
    """A branch."""

    name: str
    address: str
    hours: str


@dataclass(frozen=True)
class Worker:
    """Somebody with a role. The first cashier of a shop rings up its sales, or else its owner."""

    role: Role
    name: str
    email: str


@dataclass(frozen=True)
class Reward:
    points: int
    description: str


@dataclass(frozen=True)
class Shop:
    """A business. `ticket` is the usual amount of a sale, `open_from` and `open_until` are hours of the day."""

    slug: str
    name: str
    category: Category
    earn_rate: Decimal
    places: tuple[Place, ...]
    workers: tuple[Worker, ...]
    ticket: float = 10
    spread: float = 0.5
    draw: float = 1
    open_from: int = 8
    open_until: int = 18
    minimum_spend: Decimal = Decimal(0)
    rewards: tuple[Reward, ...] = ()


@dataclass(frozen=True)
class Preset:
    """A programme with its shops and as many people as visit them."""

    slug: str
    name: str
    currency: str
    join_code: str
    country: str
    city: str
    time_zone: str
    shops: tuple[Shop, ...]
    points_last_months: int | None = None
    people: int = 0
    phone: Callable[[int], str] = str
    first_names: tuple[str, ...] = field(default=(), repr=False)
    last_names: tuple[str, ...] = field(default=(), repr=False)
