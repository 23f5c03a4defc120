"""Customers of a demo programme who bring others: some have come and bought, some are awaited, one does not count."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from businesses.models import Business, Program, Staff
from config.demo.preset import Preset
from customers.profiles import Told
from loyalty import enrolment, ledger, purchases, rules
from loyalty.ledger import Actor
from loyalty.lookup import Who
from loyalty.sales import Sale
from referrals import awards, bringing, completing
from referrals.models import Referral, ReferralTerms, Source

FIRST_NUMBER = 900_000  # behind all who live in the programme
# How each came, how many days ago, and what they bought since; nothing: they are awaited.
FRIENDS = (
    (Source.COUNTER, 24, (18, 9)),
    (Source.LINK, 19, (31,)),
    (Source.SMS, 12, (14, 22, 11)),
    (Source.COUNTER, 9, ()),
    (Source.LINK, 4, ()),
    (Source.SMS, 2, ()),
    (Source.COUNTER, 1, ()),
)
REJECTED = 3  # whose place in the list says that it does not count


def bring(*, preset: Preset, program: Program, business: Business, inviters: list[int], until: date) -> None:
    """Once: who is there already was brought before."""
    if not preset.referrals:
        return
    ReferralTerms.objects.get_or_create(program=program, defaults=dict(preset.referrals))
    program.refresh_from_db()
    at = datetime.combine(until, time(), UTC)
    terms = rules.of(business.pk, program.rules_version)
    staff = Staff.objects.filter(business=business).order_by("pk").first()
    names = preset.names[0]
    for place, (source, days, bought) in enumerate(FRIENDS):
        phone = preset.phone(FIRST_NUMBER + place)
        joined = at - timedelta(days=days)
        told = Told(f"{names.first[-1 - place]} {names.last[-1 - place]}")
        friend = enrolment.enrol(
            program_id=program.pk, business_id=business.pk, phone=phone, told=told, source="counter", at=joined
        )
        if Referral.objects.filter(program=program, friend=friend.customer_id).exists():
            continue
        noted = source == Source.COUNTER
        brought = bringing.bring(
            program_id=program.pk,
            inviter_id=inviters[place % len(inviters)],
            friend_id=friend.customer_id,
            source=source,
            business=business if noted else None,
            staff=staff if noted else None,
            at=joined,
        )
        if place == REJECTED and staff:
            completing.reject(referral=brought, note="One household, one card.", staff=staff, at=at)
        for later, amount in enumerate(bought):
            moment = joined + timedelta(hours=1 + 30 * later)
            with ledger.clock_at(moment):
                purchases.record(
                    rules=terms,
                    actor=Actor(terms.first_branch_id, staff.pk if staff else None),
                    who=Who("phone", str(phone)),
                    sale=Sale(Decimal(amount), occurred_at=moment),
                    key=f"demo:friend:{place}:{later}",
                    at=moment,
                )
                awards.settle_due()
