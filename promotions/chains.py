"""Proposing a chain, answering it, and ending it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import transaction

from businesses.models import Business, BusinessStatus, Program, Staff, User
from promotions import offers
from promotions.models import OPEN_FOR, Chain, ChainEnd, Offer

MOST_CHAINS = 50

State = Literal["proposed", "lapsed", "declined", "to_come", "running", "used_up", "left", "ended"]


class NotPartners(Exception):
    """The two are not both in this programme, active and without secrets; or they are one."""


class TooMany(Exception):
    """A business is a side of at most `MOST_CHAINS` that have not ended."""


class NotWaiting(Exception):
    """It was answered or withdrawn already, or the time for an answer is over."""


class NotYours(Exception):
    """A proposal is answered by the other side."""


def partners(business: Business) -> list[Business]:
    """With whom a business can agree upon a chain; a confidential one with nobody."""
    if business.confidential or business.status != BusinessStatus.ACTIVE:
        return []
    others = Business.objects.filter(program=business.program_id, status=BusinessStatus.ACTIVE, confidential=False)
    return list(others.exclude(pk=business.pk).order_by("name"))


def counted(business: Business, at: datetime) -> dict[str, int]:
    """With how many others a business could agree, and how many proposals wait for its answer."""
    if business.confidential:
        return {"partners": 0, "waiting": 0}
    waiting = (
        Chain.objects.of(business)
        .exclude(proposer=business)
        .filter(accepted_at=None, declined_at=None, ended_at=None, proposed_at__gt=at - OPEN_FOR)
    )
    today = at.astimezone(ZoneInfo(business.time_zone)).date()
    return {"partners": len(partners(business)), "waiting": waiting.filter(ends_on__gte=today).count()}


@transaction.atomic
def propose(
    *,
    giver: Business,
    taker: Business,
    proposer: Business,
    values: Mapping[str, Any],
    staff: Staff | None,
    at: datetime,
) -> Chain:
    """Purchases at `giver` shall bring coupons for `taker`: the other one of them answers. `values` are the terms.
    Raises `NotPartners`, `TooMany`."""
    Program.objects.select_for_update(no_key=True).get(pk=proposer.program_id)
    other = taker if proposer == giver else giver
    if other not in partners(proposer):
        raise NotPartners
    if Chain.objects.of(proposer).filter(ended_at=None, declined_at=None).count() >= MOST_CHAINS:
        raise TooMany
    return Chain.objects.create(
        program_id=proposer.program_id,
        giver=giver,
        taker=taker,
        proposer=proposer,
        proposed_by=staff,
        proposed_at=at,
        settled_until=at,
        **values,
    )


@transaction.atomic
def accept(*, chain: Chain, staff: Staff, at: datetime) -> Chain:
    """From now on purchases bring coupons. Raises `NotYours`, `NotWaiting`, `NotPartners`, `offers.TooMany`."""
    now = _to_answer(chain, staff, at)
    if now.taker not in partners(now.giver):
        raise NotPartners
    offer = offers.make(
        program=now.program,
        business=now.taker,
        values={
            "name": now.name,
            "kind": now.kind,
            "value": now.value,
            "most_discount": now.most_discount,
            "minimum_spend": now.order_from,
            "lasts_days": now.lasts_days,
        },
        by=staff.user,
        at=at,
    )
    now.offer, now.accepted_at, now.answered_by = offer, at, staff
    now.save(update_fields=["offer", "accepted_at", "answered_by"])
    return now


@transaction.atomic
def decline(*, chain: Chain, staff: Staff, at: datetime) -> None:
    """Raises `NotYours`, `NotWaiting`."""
    now = _to_answer(chain, staff, at)
    now.declined_at, now.answered_by = at, staff
    now.save(update_fields=["declined_at", "answered_by"])


def withdraw(*, chain: Chain, staff: Staff, at: datetime) -> None:
    """By either side, a proposal by its own. Nobody gets a coupon any more; those that customers hold stay good. Raises
    `NotYours`."""
    if chain.accepted_at is None and staff.business_id != chain.proposer_id:
        raise NotYours
    _end(chain, ChainEnd.WITHDRAWN, at, staff)


def stop(*, offer: Offer, operator: User, at: datetime) -> None:
    """By the operator: the offer ends, and the chain that it belongs to with it."""
    chain = Chain.objects.filter(offer=offer).first()
    if chain is None:
        offers.end(offer=offer, at=at, operator=operator)
    else:
        _end(chain, ChainEnd.OPERATOR, at, operator=operator)


def end_due(*, at: datetime) -> int:
    """Ends those whose last day is over, and those that a side has left. Safe to repeat."""
    ended = 0
    for chain in Chain.objects.accepted().select_related("giver", "taker").order_by("pk"):
        said = state(chain, at)
        if said == "left" or (said == "ended" and not chain.ended_at):
            _end(chain, ChainEnd.LEFT if said == "left" else ChainEnd.DATE, at)
            ended += 1
    return ended


def state(chain: Chain, at: datetime) -> State:
    """With its two businesses at hand."""
    today = at.astimezone(ZoneInfo(chain.giver.time_zone)).date()
    if chain.declined_at:
        return "declined"
    if chain.ended_at:
        return "left" if chain.ended_for == ChainEnd.LEFT else "ended"
    if chain.accepted_at is None:
        return "proposed" if _can_wait(chain, today, at) else "lapsed"
    if not all(_stands(side, chain) for side in (chain.giver, chain.taker)):
        return "left"
    if chain.ends_on < today:
        return "ended"
    if chain.promised + chain.most_discount > chain.budget:
        return "used_up"
    return "to_come" if chain.starts_on and chain.starts_on > today else "running"


def _to_answer(chain: Chain, staff: Staff, at: datetime) -> Chain:
    """Locked, so that of two answers the first one counts."""
    locked = Chain.objects.select_for_update(of=("self",)).select_related("program", "giver", "taker")
    now = locked.get(pk=chain.pk)
    if staff.business_id not in (now.giver_id, now.taker_id) or staff.business_id == now.proposer_id:
        raise NotYours
    if state(now, at) != "proposed":
        raise NotWaiting
    return now


@transaction.atomic
def _end(
    chain: Chain, reason: ChainEnd, at: datetime, staff: Staff | None = None, operator: User | None = None
) -> None:
    """Its offer first, as sales lock them."""
    if chain.offer_id:
        offers.end(offer=chain.offer, at=at, staff=staff, operator=operator)  # type: ignore[arg-type]  # it has one
    open_still = Chain.objects.filter(pk=chain.pk, ended_at=None, declined_at=None)
    open_still.update(ended_at=at, ended_for=reason, ended_by=staff)


def _can_wait(chain: Chain, today: date, at: datetime) -> bool:
    return chain.ends_on >= today and at < chain.proposed_at + OPEN_FOR


def _stands(side: Business, chain: Chain) -> bool:
    return side.status == BusinessStatus.ACTIVE and not side.confidential and side.program_id == chain.program_id
