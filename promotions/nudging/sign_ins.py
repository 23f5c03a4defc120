"""A customer signs in at an online shop: how likely they are not to return, and what to show them now."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction

from businesses.limits import one_after_another
from businesses.models import Business
from customers.models import Profile
from loyalty.churn import scoring
from loyalty.models import Wallet
from loyalty.outcomes import Busy, KeyReused
from promotions.models import BehaviourEvent, BehaviourKind, Nudge, SignIn
from promotions.nudging import drawing, experiments, wording

PATIENCE = "4s"


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any]
    replayed: bool


def record(*, business: Business, wallet: Wallet, key: str, at: datetime) -> Answer:
    """Scores them as of this moment, draws them into the experiment where the score says so, and returns what they are
    to be shown: once by key. Raises `KeyReused`, `Busy`."""
    try:
        with transaction.atomic():
            return _record(business, wallet, key, at)
    except DatabaseError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise Busy from error
        raise


def _record(business: Business, wallet: Wallet, key: str, at: datetime) -> Answer:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    one_after_another(f"sign-in:{business.pk}:{key}", drawing.of_customer(wallet.customer_id))
    known = SignIn.objects.filter(business=business, key=key).first()
    if known:
        if known.customer_id != wallet.customer_id:
            raise KeyReused
        return Answer(json.loads(known.answer), replayed=True)
    mine: dict[str, Any] = {"business": business, "customer_id": wallet.customer_id}
    chance = scoring.chance(business=business, customer_id=wallet.customer_id, at=at)
    experiment = experiments.running(business)
    if chance and experiment and not business.confidential:
        drawing.draw(experiment=experiment, wallet=wallet, chance=chance, at=at)
    language = language_of(business=business, customer_id=wallet.customer_id)
    body = {
        "churn": round(chance.churn, 4) if chance else None,
        "model": chance.model if chance else None,
        "nudges": [to_show(each, language) for each in Nudge.objects.filter(**mine).standing(at)],
    }
    BehaviourEvent.objects.create(**mine, kind=BehaviourKind.LOGIN, occurred_at=at, received_at=at)
    SignIn.objects.create(**mine, key=key, answer=json.dumps(body), at=at)
    return Answer(body, replayed=False)


def to_show(nudge: Nudge, language: str) -> dict[str, Any]:
    """For the shop's own pages."""
    coupon = nudge.coupon
    return {
        "id": str(nudge.public_id),
        "message": message(nudge, language),
        "coupon": coupon
        and {
            "code": str(coupon),
            "offer": coupon.offer.name,
            "expires_at": coupon.expires_at and coupon.expires_at.isoformat(),
        },
    }


def message(nudge: Nudge, language: str) -> str:
    texts = nudge.assignment.experiment.texts
    return wording.text(texts=texts, language=language, business=nudge.business, coupon=nudge.coupon)


def language_of(*, business: Business, customer_id: int) -> str:
    """The one that they have chosen, or that of the business."""
    chosen = Profile.objects.filter(program=business.program_id, customer=customer_id).values_list(
        "language", flat=True
    )
    return chosen.first() or business.language
