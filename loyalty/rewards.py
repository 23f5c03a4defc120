"""What points buy: making, changing and ending rewards, and how near a customer is to each."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q, QuerySet

from businesses import changes
from businesses.models import Business, BusinessStatus, Program, Staff, User
from loyalty.models import (
    LimitPeriod,
    Membership,
    Redemption,
    RedemptionStatus,
    Reward,
    RewardPicture,
    Wallet,
)

MOST_REWARDS = 200

Missing = Literal["", "points", "tier", "limit", "stock"]


class TooMany(Exception):
    """A business, or a programme for all of them, offers at most `MOST_REWARDS`."""


class FewerThanClaimed(Exception):
    """The stock would be smaller than what was claimed already."""


@dataclass(frozen=True)
class Standing:
    """How a customer stands to a reward: what is `missing` first, if anything, and how many points to go."""

    reward: Reward
    missing: Missing
    short: int

    @property
    def ready(self) -> bool:
        return not self.missing


def is_full(*, program: Program, business: Business | None) -> bool:
    return Reward.objects.filter(program=program, business=business, archived_at=None).count() >= MOST_REWARDS


def make(*, program: Program, business: Business | None, values: Mapping[str, Any]) -> Reward:
    """A new reward of a business, or without one of the whole programme. Raises `TooMany`."""
    if is_full(program=program, business=business):
        raise TooMany
    return Reward.objects.create(program=program, business=business, **values)


def change(
    *,
    reward: Reward,
    values: Mapping[str, Any],
    at: datetime,
    staff: Staff | None = None,
    operator: User | None = None,
    seen: int | None = None,
) -> None:
    """Sets what differs, as `changes.keep` does. Claims keep what they were. Raises `FewerThanClaimed`,
    `changes.Newer`."""
    changes.keep(row=reward, values=values, at=at, staff=staff, operator=operator, seen=seen, refuse=_too_few)


def _too_few(now: Reward, news: Mapping[str, Any]) -> None:
    if (stock := news.get("stock")) is not None and stock < now.claimed:
        raise FewerThanClaimed


@transaction.atomic
def set_picture(
    *, reward: Reward, picture: bytes | None, at: datetime, staff: Staff | None = None, operator: User | None = None
) -> None:
    """Puts a picture of `businesses.pictures` in the place of the sign, or takes it away."""
    digest = hashlib.sha256(picture).hexdigest()[:32] if picture else ""
    if picture:
        RewardPicture.objects.update_or_create(reward=reward, defaults={"digest": digest, "picture": picture})
    else:
        RewardPicture.objects.filter(reward=reward).delete()
    change(reward=reward, values={"picture_digest": digest}, at=at, staff=staff, operator=operator)


def archive(*, reward: Reward, at: datetime, staff: Staff | None = None, operator: User | None = None) -> None:
    """Nobody claims it any more; what is held may still be collected."""
    if reward.archived_at is None:
        change(reward=reward, values={"archived_at": at}, at=at, staff=staff, operator=operator)


def at_business(*, business: Business, wallet: Wallet, on: date) -> list[Standing]:
    """Of a customer at one counter: what they can have now, the dearest first; then the rest, the nearest first."""
    return standings(wallet=wallet, offered=Reward.objects.of(business), on=on)


def everywhere(*, wallet: Wallet, on: date) -> list[Standing]:
    """All that a customer may know of. A confidential business's are for those who have been there."""
    mine = Q(business=None) | Q(business__in=places(wallet))
    offered = Reward.objects.filter(mine, program=wallet.program_id, archived_at=None).select_related("business")
    return standings(wallet=wallet, offered=offered, on=on)


def places(wallet: Wallet) -> QuerySet[Business]:
    """Where a customer may collect what the whole programme offers, and whose own rewards they see."""
    visited = Membership.objects.filter(customer_id=wallet.customer_id, visits__gt=0).values("business_id")
    active = Business.objects.filter(program=wallet.program_id, status=BusinessStatus.ACTIVE)
    return active.filter(Q(confidential=False) | Q(pk__in=visited)).order_by("name", "id")


def standings(*, wallet: Wallet, offered: QuerySet[Reward], on: date) -> list[Standing]:
    """Of the rewards that are offered on that day."""
    rewards = list(
        offered.filter(Q(starts_on=None) | Q(starts_on__lte=on), Q(ends_on=None) | Q(ends_on__gte=on)).select_related(
            "tier"
        )
    )
    position = wallet.tier.position if wallet.tier else None
    claims = _claims(wallet, rewards, on)
    found = [
        Standing(reward, _missing(reward, wallet.balance, position, claims), max(0, reward.points - wallet.balance))
        for reward in rewards
    ]
    return sorted(found, key=_order)


def _order(standing: Standing) -> tuple[int, int, int]:
    if standing.ready:
        return (0, -standing.reward.points, standing.reward.pk)
    return (1 if standing.missing == "points" else 2, standing.short, standing.reward.pk)


def _missing(reward: Reward, balance: int, position: int | None, claims: Mapping[int, int]) -> Missing:
    if reward.left == 0:
        return "stock"
    if reward.tier and (position is None or position < reward.tier.position):
        return "tier"
    if reward.limit_per_customer is not None and claims.get(reward.pk, 0) >= reward.limit_per_customer:
        return "limit"
    return "points" if balance < reward.points else ""


def _claims(wallet: Wallet, rewards: Iterable[Reward], on: date) -> dict[int, int]:
    """How often each limited reward was claimed in its period by this customer, as the kernel counts them."""
    since = {reward.pk: _begin(reward.limit_period, on) for reward in rewards if reward.limit_per_customer}
    if not since:
        return {}
    mine = Redemption.objects.filter(reward__in=since, customer=wallet.customer_id)
    standing = mine.exclude(status=RedemptionStatus.CANCELLED).values_list("reward_id", "operation__local_on")
    counted = dict.fromkeys(since, 0)
    for reward_id, local_on in standing:
        counted[reward_id] += local_on >= since[reward_id]
    return counted


def _begin(period: str, on: date) -> date:
    begins = {
        LimitPeriod.DAY: on,
        LimitPeriod.WEEK: on - timedelta(days=on.weekday()),
        LimitPeriod.MONTH: on.replace(day=1),
    }
    return begins.get(LimitPeriod(period), date.min)
