"""The three rules: from what is known of a customer to what they might like. No database, no clock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

MOST_NEAR, MOST_NEW = 2, 3


@dataclass(frozen=True)
class Terms:
    """The rules as a business has set them, see `RecommendationRules`; shares are of 1."""

    near_reward: bool = True
    near_share: float = 0.8
    inactive: bool = True
    inactive_overdue: float = 2.0
    inactive_churn: float = 0.5
    elsewhere: bool = True
    elsewhere_customers: int = 2


@dataclass(frozen=True)
class Place:
    """A business where the customer is known. `churn`, `gap` and `since` are None and 0 where too little is known."""

    id: int
    name: str
    visits: int
    last: int  # a day's number, the greater the later
    since: int
    churn: float | None = None
    gap: float | None = None
    terms: Terms = Terms()


@dataclass(frozen=True)
class Goal:
    """A reward that lacks nothing but points. Without a place it is of the whole programme."""

    id: UUID
    name: str
    points: int
    short: int
    place: int | None = None
    place_name: str = ""
    terms: Terms = Terms()


class Pull(NamedTuple):
    """A row of `CoVisit`: of those who came to `visited`, so many `customers` came to `other` too."""

    visited: int
    other: int
    customers: int
    weight: float


@dataclass(frozen=True)
class Candidate:
    """A business that may be recommended to who does not know it; in the order of how many come there."""

    id: int
    name: str
    terms: Terms = Terms()


@dataclass(frozen=True)
class Facts:
    """What is known of a customer. `usual_earn`: the median of what a purchase brings them."""

    balance: int
    usual_earn: float = 0
    places: Sequence[Place] = ()
    goals: Sequence[Goal] = ()
    pulls: Sequence[Pull] = ()
    candidates: Sequence[Candidate] = field(default=())


def near_rewards(facts: Facts) -> list[Goal]:
    """Those that the balance nearly reaches, or one usual purchase does; where the customer is likeliest to come first,
    and of those the nearest."""
    coming = {place.id: 1 - place.churn for place in facts.places if place.churn is not None}
    anywhere = max(coming.values(), default=0.0)

    def order(goal: Goal) -> tuple[float, int, int, str]:
        chance = anywhere if goal.place is None else coming.get(goal.place, 0.0)
        return (-chance, goal.short, goal.points, goal.id.hex)

    return sorted((goal for goal in facts.goals if _is_near(goal, facts)), key=order)


def _is_near(goal: Goal, facts: Facts) -> bool:
    close = facts.balance >= goal.terms.near_share * goal.points or goal.short <= facts.usual_earn
    return goal.terms.near_reward and goal.short > 0 and close


def to_come_back_to(places: Iterable[Place]) -> Place | None:
    """The favourite, if they have stayed away from it for long and will rather not come back by themselves."""
    favourite = max(places, key=lambda place: (place.visits, place.last, -place.id), default=None)
    if favourite is None or favourite.churn is None or not favourite.gap or not favourite.terms.inactive:
        return None
    overdue = favourite.since / favourite.gap >= favourite.terms.inactive_overdue
    return favourite if overdue and favourite.churn >= favourite.terms.inactive_churn else None


def new_places(facts: Facts) -> list[Candidate]:
    """Where people go who go where they go, by the sum of the weights; then where most people go."""
    visited = {place.id: place.terms for place in facts.places}
    asked = [place for place, terms in visited.items() if terms.elsewhere]
    offered = {each.id: each for each in facts.candidates if each.terms.elsewhere and each.id not in visited}
    pulls = [
        pull
        for pull in facts.pulls
        if pull.other in offered and pull.customers >= offered[pull.other].terms.elsewhere_customers
    ]
    if visited and not asked:
        return []
    return [offered[other] for other in ranked(asked, pulls, list(offered))]


def ranked(visited: Collection[int], pulls: Iterable[Pull], popular: Sequence[int]) -> list[int]:
    """The first few of the places that somebody does not know. `popular`: all of these, the most visited first."""
    weights: dict[int, float] = defaultdict(float)
    for pull in pulls:
        if pull.visited in visited and pull.other not in visited:
            weights[pull.other] += pull.weight
    found = sorted(weights, key=lambda other: (-weights[other], other))
    return (found + [each for each in popular if each not in weights and each not in visited])[:MOST_NEW]
