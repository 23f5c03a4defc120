"""What is recommended to a customer, for whoever shows it: their page, a counter, the API, a conversation.

Nobody but the customer hears of another business here: which ones somebody does not know yet tells which ones they do.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from businesses.models import Business
from loyalty.models import Wallet
from promotions.models import Chain
from promotions.recommending import agreements, rules
from promotions.recommending import facts as known
from promotions.recommending.rules import Facts


class Kind(StrEnum):
    NEAR_REWARD = "near_reward"
    COME_BACK = "come_back"
    NEW_PLACE = "new_place"
    CHAIN = "chain"


@dataclass(frozen=True)
class Recommendation:
    """`place`, a business's id, and `place_name` are empty for a reward of the whole programme. With a near reward come
    its `reward`, `reward_name`, `points` and how many of them it is `short` of; with a favourite the days `since` it
    was visited and the usual `gap`; with a place that another one recommends their `chain`."""

    kind: Kind
    place: int | None = None
    place_name: str = ""
    reward: UUID | None = None
    reward_name: str = ""
    points: int = 0
    short: int = 0
    since: int = 0
    gap: int = 0
    chain: Chain | None = None


class Recommender(Protocol):
    """Says what to recommend, best first, from what is known."""

    def recommend(self, facts: Facts) -> list[Recommendation]: ...


class ThreeRules:
    """Near reward, come back, new places, in this order."""

    def recommend(self, facts: Facts) -> list[Recommendation]:
        near = [
            Recommendation(
                Kind.NEAR_REWARD,
                place=goal.place,
                place_name=goal.place_name,
                reward=goal.id,
                reward_name=goal.name,
                points=goal.points,
                short=goal.short,
            )
            for goal in rules.near_rewards(facts)[: rules.MOST_NEAR]
        ]
        favourite = rules.to_come_back_to(facts.places)
        back = []
        if favourite and favourite.gap:
            gap = max(round(favourite.gap), 1)
            back.append(
                Recommendation(
                    Kind.COME_BACK, place=favourite.id, place_name=favourite.name, since=favourite.since, gap=gap
                )
            )
        new = [Recommendation(Kind.NEW_PLACE, place=each.id, place_name=each.name) for each in rules.new_places(facts)]
        return near + back + new


def to_customer(*, wallet: Wallet, at: datetime) -> list[Recommendation]:
    """For their own eyes."""
    found = _current().recommend(known.of_customer(wallet=wallet, at=at))
    return _chains_first(declared(wallet=wallet, at=at), found)


def to_business(*, wallet: Wallet, business: Business, at: datetime) -> list[Recommendation]:
    """For the eyes of one business: what is its own, and what it has agreed upon with others."""
    if business.confidential:
        return []
    found = _current().recommend(known.at_business(wallet=wallet, business=business, at=at))
    own = [each for each in found if each.kind is not Kind.NEW_PLACE]
    return _chains_first(declared(wallet=wallet, at=at, business=business), own)


def declared(*, wallet: Wallet, at: datetime, business: Business | None = None) -> list[Recommendation]:
    """What businesses have agreed to recommend to each other's customers: it comes before what was only counted. With
    a `business`, that of its own agreements."""
    found = agreements.for_customer(wallet=wallet, business=business, at=at)
    return [
        Recommendation(Kind.CHAIN, place=chain.taker_id, place_name=chain.taker.name, chain=chain)
        for chain in found[: rules.MOST_NEW]
    ]


def _chains_first(agreed: list[Recommendation], found: list[Recommendation]) -> list[Recommendation]:
    """Before the counted places, and instead of the same ones among them."""
    named = {each.place for each in agreed}
    own = [each for each in found if each.kind is not Kind.NEW_PLACE]
    counted = [each for each in found if each.kind is Kind.NEW_PLACE and each.place not in named]
    return own + (agreed + counted)[: max(rules.MOST_NEW, len(agreed))]


def _current() -> Recommender:
    made: Recommender = import_string(settings.RECOMMENDER)()
    return made
