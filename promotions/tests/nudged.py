"""A shop that customers have left, and short words for winning them back in tests."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from businesses.models import Business
from conftest import NOON, Shop
from customers import consents
from customers.models import Channel
from loyalty import ledger
from loyalty.churn import scoring
from loyalty.tests.conftest import buy, wallet_of
from promotions import coupons
from promotions.models import Arm, Assignment, Experiment, Nudge, Offer, Shown, Source, Trigger
from promotions.nudging import drawing, experiments

TEXTS = {"en": "Come back for {offer}: {code} until {day}", "az": "Qayıdın: {code}"}
LATER = NOON + timedelta(days=60)  # 16:00 at the shop


def phone(number: int) -> str:
    return f"+99450300{number:04}"


def agree(shop: Shop, customer_id: int) -> None:
    who: dict[str, Any] = {"customer_id": customer_id, "business_id": shop.business.pk, "channel": Channel.SMS}
    consents.give(**who, source="test", at=NOON)


def regulars_who_left(shop: Shop, count: int = 20) -> list[int]:
    """Beside thirty who still come each week: they did so until NOON, and then no more. All of them agreed to
    messages."""
    left = []
    for number in range(30 + count):
        weeks = range(12) if number < 30 else range(4)
        posted = [buy(shop, 10, phone=phone(number), at=NOON + timedelta(days=7 * (week - 3))) for week in weeks]
        if number >= 30:
            left.append(posted[0].customer_id)
            agree(shop, posted[0].customer_id)
    return left


@pytest.fixture
def clock() -> Iterator[None]:
    with ledger.clock_at(LATER):
        yield


@pytest.fixture
def left(shop: Shop, clock: None) -> list[int]:
    Business.objects.filter(pk=shop.business.pk).update(language="en")
    shop.business.refresh_from_db()
    return regulars_who_left(shop)


def begin(shop: Shop, of: Offer | None = None, *, at: datetime = LATER, **terms: Any) -> Experiment:
    """From 60 percent on, one in ten hears nothing; in place of the one that runs."""
    given = {"threshold_percent": 60, "offer": of, "texts": TEXTS if of else {"en": "Come back to {business}!"}}
    business = Business.objects.select_related("program").get(pk=shop.business.pk)
    running = experiments.running(business)
    return experiments.begin(
        business=business,
        terms={"control_percent": 10, "horizon_days": 30, "most_a_day": 100} | given | terms,
        staff=shop.staff,
        at=at,
        seen=running and running.pk,
    )


def a_nudge(shop: Shop, of: Offer, who: str, *, at: datetime | None = None) -> Nudge:
    """To a member, on screen, whatever the scores say."""
    at = at or timezone.now()
    mine, experiment = wallet_of(shop, who), begin(shop, of, at=at)
    drawn = Assignment.objects.create(
        experiment=experiment,
        customer_id=mine.customer_id,
        arm=Arm.TREATMENT,
        bucket=5000,
        trigger=Trigger.SIGN_IN,
        churn=0.7,
        model="mbg-nbd-1/1",
        assigned_at=at,
        until_at=at + timedelta(days=30),
    )
    return Nudge.objects.create(
        assignment=drawn,
        business=shop.business,
        customer_id=mine.customer_id,
        shown=Shown.SCREEN,
        coupon=coupons.issue(offer=of, wallet=mine, source=Source.NUDGE, at=at),
        made_at=at,
        due_at=at,
        expires_at=at + timedelta(days=7),
    )


def night(shop: Shop, at: datetime = LATER) -> int:
    """Scores and draws, as the night does."""
    scoring.score(business=Business.objects.get(pk=shop.business.pk), at=at)
    return drawing.draw_due(at=at)


def state(nudge: Nudge, at: datetime = LATER) -> str:
    return str(Nudge.objects.with_state(at).get(pk=nudge.pk).state)
