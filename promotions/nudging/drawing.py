"""Who is drawn into an experiment, and what the treated get: every night, and when somebody signs in.

Whatever stands against writing to somebody is looked at before they are drawn, of both groups alike. A draw, its
coupon, its nudge and its message are one transaction. Locks: the experiment, customers by name, wallets, the offer.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from businesses.limits import one_after_another
from businesses.models import Business, BusinessStatus
from customers import daylight, messages, texts
from customers.models import MessageKind
from loyalty.churn import scoring
from loyalty.churn.scoring import Chance
from loyalty.models import Wallet
from promotions import coupons, offers
from promotions.coupons import NotIssued
from promotions.models import Arm, Assignment, Coupon, Experiment, Nudge, Shown, Source, Trigger
from promotions.nudging import experiments, wording

AT_ONCE = 25  # customers in one transaction, which keeps sales with the same offer waiting
CAP = timedelta(days=7)
MOST_OF_BUSINESS, MOST_OF_PLATFORM = 1, 3  # nudges to a customer within CAP
OVERDUE = 1.0  # times their usual gap: nobody is missed before they are due

# Neither drawn in this experiment, nor blocked, nor nudged too often, nor holding all of the offer that one may.
MAY_BE_DRAWN = """
       c.blocked_at IS NULL
   AND NOT EXISTS (SELECT FROM promotions_assignment a
                    WHERE a.experiment_id = %(experiment)s::bigint AND a.customer_id = c.id)
   AND (SELECT count(*) FROM promotions_nudge n WHERE n.customer_id = c.id AND n.business_id = %(business)s::bigint
           AND n.due_at > %(since)s::timestamptz) < %(of_business)s::integer
   AND (SELECT count(*) FROM promotions_nudge n WHERE n.customer_id = c.id
           AND n.due_at > %(since)s::timestamptz) < %(of_platform)s::integer
   AND (%(per_customer)s::integer IS NULL OR %(per_customer)s::integer >
          (SELECT count(*) FROM promotions_coupon k
            WHERE k.customer_id = c.id AND k.offer_id = %(offer)s::bigint AND k.status <> 'cancelled'))"""
# By last night's scores, of whom nothing has changed since; those who left last are the likeliest to come back.
TONIGHT = f"""
SELECT c.id, s.churn, c.phone, coalesce(nullif(f.language, ''), b.language)
  FROM loyalty_churnscore s
  JOIN loyalty_membership m ON m.id = s.membership_id AND m.last_on = s.last_on
  JOIN businesses_business b ON b.id = s.business_id
  JOIN customers_customer c ON c.id = m.customer_id AND c.phone IS NOT NULL
  LEFT JOIN customers_profile f ON f.customer_id = c.id AND f.program_id = b.program_id
 WHERE s.business_id = %(business)s::bigint AND s.churn >= %(threshold)s::real
   AND %(today)s::date - s.last_on >= s.gap * %(overdue)s::float8
   AND (%(customers)s::bigint[] IS NULL OR c.id = ANY(%(customers)s::bigint[]))
   AND (SELECT k.granted FROM customers_consent k
         WHERE k.customer_id = c.id AND k.business_id = b.id AND k.channel = 'sms' ORDER BY k.id DESC LIMIT 1)
   AND NOT EXISTS (SELECT FROM customers_optout x
                    WHERE x.channel = 'sms' AND x.address = c.phone AND x.lifted_at IS NULL)
   AND {MAY_BE_DRAWN}
 ORDER BY s.last_on DESC, s.membership_id LIMIT %(most)s::integer"""  # noqa: S608 - put together from constants
THIS_ONE = f"""
SELECT c.id FROM customers_customer c WHERE c.id = %(customer)s::bigint AND {MAY_BE_DRAWN}"""  # noqa: S608


class Drawn(NamedTuple):
    customer_id: int
    churn: float
    model: str
    phone: str
    language: str


def draw_due(*, at: datetime) -> int:
    """Of every business once on each of its days, when everybody has been scored. Returns how many were drawn. Safe to
    repeat, killed anywhere, and beside another of its kind."""
    standing = Experiment.objects.filter(
        ended_at=None, business__status=BusinessStatus.ACTIVE, business__confidential=False
    ).order_by("pk")
    return sum(draw_of(experiment, at=at) for experiment in standing.select_related("business", "offer"))


def draw_of(experiment: Experiment, *, at: datetime) -> int:
    """The same of one business."""
    today = _today(experiment.business, at)
    model = scoring.newest(business_id=experiment.business_id)
    if model is None or model.scored_on != today or experiment.nudged_on == today:
        return 0
    drawn = 0
    while some := _draw_some(experiment, model.label, at):
        drawn += some
    return drawn


@transaction.atomic
def draw(*, experiment: Experiment, wallet: Wallet, chance: Chance, at: datetime) -> Nudge | None:
    """Somebody who is here now, where the chance says so: what they are shown, or nothing. Call it behind the lock of
    `of_customer`."""
    if not _is_asked_for(experiment, chance) or not gives(experiment, at):
        return None
    with connection.cursor() as cursor:
        cursor.execute(THIS_ONE, _values(experiment, at, due_at=at) | {"customer": wallet.customer_id})
        if cursor.fetchone() is None:
            return None
    who = Drawn(wallet.customer_id, chance.churn, chance.model, "", "")
    try:
        with transaction.atomic():
            return into_group(experiment, wallet, who, Trigger.SIGN_IN, at=at, due_at=at)
    except NotIssued:
        return None


def into_group(
    experiment: Experiment, wallet: Wallet, who: Drawn, trigger: Trigger, *, at: datetime, due_at: datetime
) -> Nudge | None:
    """Draws somebody of whom all was looked at into the group that their bucket says; what they get, if anything.
    Raises `NotIssued`."""
    bucket = experiments.bucket(experiment.key, who.customer_id)
    control = experiments.is_control(bucket, percent=experiment.control_percent)
    assignment = Assignment.objects.create(
        experiment=experiment,
        customer_id=who.customer_id,
        arm=Arm.CONTROL if control else Arm.TREATMENT,
        bucket=bucket,
        trigger=trigger,
        churn=who.churn,
        model=who.model,
        assigned_at=at,
        until_at=at + timedelta(days=experiment.horizon_days),
    )
    if control:
        return None
    coupon = None
    if experiment.offer:
        because: dict[str, object] = {"churn": round(who.churn, 4), "model": who.model}
        coupon = coupons.issue(offer=experiment.offer, wallet=wallet, source=Source.NUDGE, at=at, because=because)
    nudge = Nudge(
        assignment=assignment,
        business=experiment.business,
        customer_id=who.customer_id,
        shown=Shown.SMS if trigger == Trigger.NIGHT else Shown.SCREEN,
        coupon=coupon,
        made_at=at,
        due_at=due_at,
        expires_at=(coupon and coupon.expires_at) or assignment.until_at,
    )
    if nudge.shown == Shown.SMS:
        nudge.message_id = _write(experiment, who, coupon, nudge, at)
    nudge.save()
    return nudge


def eligible(*, experiment: Experiment, at: datetime, most: int) -> int:
    """How many would be drawn tonight, at most so many; also of terms that nobody has saved yet."""
    return len(_tonight(experiment, at, "", most=most))


def gives(experiment: Experiment, at: datetime) -> bool:
    """Whether its offer can be given today; one without an offer gives its words."""
    offer = experiment.offer
    return offer is None or offers.state(offer, _today(experiment.business, at)) == "running"


def of_customer(customer_id: int) -> str:
    """The name of the lock behind which somebody is drawn, whichever business does it: caps count all of them."""
    return f"nudges:{customer_id}"


@transaction.atomic
def _draw_some(experiment: Experiment, model: str, at: datetime) -> int:
    """The next few, and how many those were; with the last of them the day is done."""
    now = Experiment.objects.select_for_update(no_key=True, of=("self",)).select_related("business", "offer")
    experiment = now.get(pk=experiment.pk)
    today = _today(experiment.business, at)
    if experiment.ended_at or experiment.nudged_on == today or not gives(experiment, at):
        return 0
    left = experiment.most_a_day - _drawn_today(experiment, at)
    found = _tonight(experiment, at, model, most=min(AT_ONCE, left)) if left > 0 else []
    one_after_another(*(of_customer(each.customer_id) for each in found))
    # Who waited for another business sees now what that one did.
    found = _tonight(experiment, at, model, most=AT_ONCE, among=[each.customer_id for each in found]) if found else []
    if not found:
        Experiment.objects.filter(pk=experiment.pk).update(nudged_on=today)
        return 0
    return _draw_all(experiment, found, at)


def _draw_all(experiment: Experiment, found: Sequence[Drawn], at: datetime) -> int:
    ids = [each.customer_id for each in found]
    mine = Wallet.objects.filter(program=experiment.business.program_id, customer__in=ids)
    wallets = {wallet.customer_id: wallet for wallet in mine.select_for_update().order_by("pk")}
    due_at = _due_at(experiment, at)
    drawn = 0
    for who in found:
        try:
            with transaction.atomic():
                into_group(experiment, wallets[who.customer_id], who, Trigger.NIGHT, at=at, due_at=due_at)
        except NotIssued:  # the offer has come to its end: nobody after them is drawn either, into neither group
            return drawn
        drawn += 1
    return drawn


def _write(experiment: Experiment, who: Drawn, coupon: Coupon | None, nudge: Nudge, at: datetime) -> int:
    """Into the outbox, which looks once more for consent and daylight when it sends."""
    business = experiment.business
    text = wording.text(texts=experiment.texts, language=who.language, business=business, coupon=coupon)
    message = messages.queue(
        kind=MessageKind.NUDGE,
        to=who.phone,
        text=texts.nudge(language=who.language, sender=texts.sender(business=business), text=text),
        language=who.language,
        customer_id=who.customer_id,
        business_id=business.pk,
        at=at,
        send_after=nudge.due_at,
        send_before=nudge.expires_at,
    )
    return message.pk


def _tonight(
    experiment: Experiment, at: datetime, model: str, *, most: int, among: list[int] | None = None
) -> list[Drawn]:
    values = _values(experiment, at, due_at=_due_at(experiment, at))
    with connection.cursor() as cursor:
        cursor.execute(TONIGHT, values | {"customers": among, "most": most})
        return [
            Drawn(customer_id, churn, model, phone, language)
            for customer_id, churn, phone, language in cursor.fetchall()
        ]


def _values(experiment: Experiment, at: datetime, *, due_at: datetime) -> dict[str, Any]:
    return {
        "experiment": experiment.pk or 0,
        "business": experiment.business_id,
        "threshold": experiment.threshold_percent / 100,
        "overdue": OVERDUE,
        "today": _today(experiment.business, at),
        "since": due_at - CAP,
        "of_business": MOST_OF_BUSINESS,
        "of_platform": MOST_OF_PLATFORM,
        "offer": experiment.offer_id,
        "per_customer": experiment.offer.limit_per_customer if experiment.offer else None,
    }


def _is_asked_for(experiment: Experiment, chance: Chance) -> bool:
    return chance.churn >= experiment.threshold_percent / 100 and chance.overdue >= OVERDUE


def _drawn_today(experiment: Experiment, at: datetime) -> int:
    midnight = datetime.combine(_today(experiment.business, at), time(), ZoneInfo(experiment.business.time_zone))
    tonight = experiment.assignments.filter(assigned_at__gte=midnight, trigger=Trigger.NIGHT)
    return tonight.count()


def _due_at(experiment: Experiment, at: datetime) -> datetime:
    return daylight.by_daylight(at, time_zone=experiment.business.time_zone)


def _today(business: Business, at: datetime) -> date:
    return at.astimezone(ZoneInfo(business.time_zone)).date()
