"""Some weeks of winning customers back: who was drawn when, by the model as it stands, and what they then did.

The draw, its coupon and its measure are the real ones; what providers and customers would have told is made up.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from businesses.models import Business, Staff
from config.demo.preset import WinBack
from customers import consents
from customers.models import Channel, Customer, Message, MessageStatus
from loyalty.churn import mbg, scoring
from loyalty.churn.mbg import History, Parameters
from loyalty.models import ChurnModel, Purchase, Wallet
from promotions.models import Coupon, CouponStatus, CouponUse, Experiment, Nudge, Offer, Trigger
from promotions.nudging import drawing, experiments, measuring
from promotions.nudging.drawing import Drawn

LASTED = timedelta(weeks=8)
AT_NIGHT, IN_THE_EVENING = time(9, 40), time(19, 15)
VIEWED_AFTER = timedelta(hours=2)


class Day(NamedTuple):
    """On which a customer was missed."""

    customer_id: int
    at: datetime
    churn: float


@transaction.atomic
def live_through(*, business: Business, win_back: WinBack, at: datetime) -> None:
    """Nothing where it was done, or where too little is known of the customers."""
    model = scoring.newest(business_id=business.pk)
    if model is None or "alpha" not in model.parameters or Experiment.objects.filter(business=business).exists():
        return
    experiment = experiments.begin(
        business=business,
        terms={
            "offer": Offer.objects.get(business=business, name=win_back.offer),
            "texts": {business.language: win_back.text},
            "threshold_percent": win_back.threshold_percent,
            "control_percent": win_back.control_percent,
            "horizon_days": win_back.horizon_days,
        },
        staff=Staff.objects.filter(business=business).order_by("pk")[0],
        at=at - LASTED,
    )
    for day in sorted(_missed(experiment, model, at), key=lambda day: (day.at, day.customer_id)):
        nudge = _draw(experiment, model, day)
        if nudge is not None:
            _react(nudge, at)
    measuring.measure_due(at=at)


def _missed(experiment: Experiment, model: ChurnModel, until: datetime) -> Iterator[Day]:
    """For each customer the first day on which the terms would have asked them."""
    zone, begun = ZoneInfo(experiment.business.time_zone), experiment.begun_at
    bought: dict[int, list[datetime]] = {}
    sales = Purchase.objects.filter(business=experiment.business, amount__gt=F("refunded")).order_by("occurred_at")
    for customer_id, moment in sales.values_list("customer_id", "occurred_at"):
        bought.setdefault(customer_id, []).append(moment)
    by = Parameters(**model.parameters)
    for customer_id, moments in bought.items():
        for number in range(LASTED.days):
            morning = datetime.combine((begun + timedelta(days=number)).date(), AT_NIGHT, zone)
            days = sorted({moment.astimezone(zone).date() for moment in moments if moment < morning})
            if not days or morning >= until:
                continue
            since, tx = (morning.date() - days[-1]).days, (days[-1] - days[0]).days
            of = History(len(days) - 1, tx, tx + since)
            churn = mbg.churn(of, by, horizon=model.horizon)
            if churn * 100 >= experiment.threshold_percent and since >= (model.mean_gap + tx) / len(days):
                yield Day(customer_id, morning, churn)
                break


def _draw(experiment: Experiment, model: ChurnModel, day: Day) -> Nudge | None:
    """By a text message where they agreed to it, else on screen when they signed in."""
    customer, business = Customer.objects.get(pk=day.customer_id), experiment.business
    agreed = consents.agreed(customer_id=customer.pk, business_id=business.pk, channel=Channel.SMS)
    by_message = bool(customer.phone and agreed)
    at = day.at if by_message else datetime.combine(day.at.date(), IN_THE_EVENING, day.at.tzinfo)
    wallet = Wallet.objects.get(program=business.program_id, customer=customer)
    who = Drawn(customer.pk, day.churn, model.label, customer.phone or "", business.language)
    trigger = Trigger.NIGHT if by_message else Trigger.SIGN_IN
    return drawing.into_group(experiment, wallet, who, trigger, at=at, due_at=at)


def _react(nudge: Nudge, until: datetime) -> None:
    """Every ninth number is out of use; of the others most look, some do not want it, and who bought used it."""
    kind = nudge.customer_id % 9
    if nudge.message_id:
        out_of_use = kind == 8
        Message.objects.filter(pk=nudge.message_id).update(
            status=MessageStatus.FAILED if out_of_use else MessageStatus.SENT,
            error="the number is out of use" if out_of_use else "",
            sent_at=nudge.due_at,
            delivered_at=None if out_of_use or kind == 7 else nudge.due_at + timedelta(seconds=4),
        )
        if out_of_use:
            return
    seen_at = nudge.due_at + VIEWED_AFTER
    if kind < 6 and seen_at < until:
        Nudge.objects.filter(pk=nudge.pk).update(viewed_at=seen_at, dismissed_at=seen_at if kind == 5 else None)
    if kind < 5:
        _use(nudge)


def _use(nudge: Nudge) -> None:
    """The coupon of a gift, which takes nothing off: so it goes with a sale that was recorded long ago."""
    first = Purchase.objects.filter(
        business=nudge.business_id, customer=nudge.customer_id, occurred_at__gte=nudge.made_at,
        occurred_at__lt=nudge.expires_at, amount__gt=F("refunded"),
    ).order_by("occurred_at").first()  # fmt: skip
    if first is None or nudge.coupon is None:
        return
    CouponUse.objects.create(
        operation_id=first.pk, coupon=nudge.coupon, offer_id=nudge.coupon.offer_id, customer_id=nudge.customer_id,
        code=str(nudge.coupon), discount=0, used_at=first.occurred_at,
    )  # fmt: skip
    Coupon.objects.filter(pk=nudge.coupon.pk).update(status=CouponStatus.REDEEMED)
    Offer.objects.filter(pk=nudge.coupon.offer_id).update(uses=F("uses") + 1)
