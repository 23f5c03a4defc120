"""What both get for a referral: written down with its completion, given after it, taken back after a refund.

A sale must neither wait for the wallet of who invited its customer nor be refused because that is busy. So what is
promised is a row, written in the sale's transaction; after the commit each is given in a transaction of its own, in
the order of locks that everything keeps (wallet, offer, coupon), and the sweep gives what was cut short. The ledger's
key is the row's id: it gives once, however often it is asked.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils import timezone

from businesses import limits
from businesses.models import Business
from loyalty import ledger, outcomes, rules
from loyalty.models import Wallet
from loyalty.points import own
from promotions import coupons
from promotions.coupons import NotIssued
from promotions.models import Offer, Source
from referrals.models import Award, AwardState, Referral, ReferralTerms, Side

TO_SETTLE = (AwardState.DUE, AwardState.RECALLED)
log = logging.getLogger(__name__)


def promise(
    *, referral: Referral, business_id: int, sale: int | None = None, points: int | None = None, at: datetime
) -> None:
    """The awards of a referral that has just been completed; `points` stand for those of the terms."""
    terms = ReferralTerms.objects.select_related("program", "inviter_offer", "friend_offer").get(
        program=referral.program_id
    )
    over = _is_over_the_cap(referral, terms, at)

    def of(side: Side, customer_id: int, many: int, offer: Offer | None) -> list[Award]:
        withheld = over and side == Side.INVITER
        known = {
            "referral": referral,
            "side": side,
            "customer_id": customer_id,
            "business_id": business_id,
            "state": AwardState.WITHHELD if withheld else AwardState.DUE,
            "why": "cap" if withheld else "",
            "made_at": at,
            "sale_id": sale,
        }
        return [Award(**known, **what) for what in ({"points": many}, {"offer": offer}) if any(what.values())]

    inviter_points = terms.inviter_points if points is None else points
    friend_points = terms.friend_points if points is None else points
    made = Award.objects.bulk_create(
        of(Side.FRIEND, referral.friend_id, friend_points, terms.friend_offer)
        + of(Side.INVITER, referral.inviter_id, inviter_points, terms.inviter_offer)
    )
    _settle_after_commit(each.pk for each in made if each.state == AwardState.DUE)


def recall(*, sale: int, refund: int) -> None:
    """Nothing is left of the sale that brought them. What was not given yet never is."""
    mine = Award.objects.select_for_update().filter(sale=sale).order_by("pk")
    for award in mine.filter(state__in=[AwardState.DUE, AwardState.GIVEN, AwardState.WITHHELD]):
        given = award.state == AwardState.GIVEN
        award.state = AwardState.RECALLED if given else AwardState.TAKEN_BACK
        award.recalled_by_id = refund
        award.save(update_fields=["state", "recalled_by"])
        if given:
            _settle_after_commit([award.pk])


def settle_due() -> int:
    """Gives and takes what was cut short. Safe in parallel, and twice."""
    ids = list(Award.objects.filter(state__in=TO_SETTLE).order_by("pk").values_list("pk", flat=True))
    for award_id in ids:
        _settle_quietly(award_id)
    return len(ids)


@transaction.atomic
def settle(*, award_id: int, at: datetime) -> None:
    """Gives an award that is due, or takes back one that is recalled. Raises `outcomes.Busy`."""
    known = Award.objects.select_related("referral", "business").get(pk=award_id)
    # The wallet first, as a refund does: it holds the friend's when it comes to their award.
    ids = {"program": known.referral.program_id, "customer": known.customer_id}
    wallet = Wallet.objects.select_for_update().get(**ids)
    award = Award.objects.select_for_update(of=("self",)).select_related("business__program", "offer").get(pk=award_id)
    if award.state == AwardState.DUE:
        _give(award, wallet, at)
    elif award.state == AwardState.RECALLED:
        _take(award)


def _give(award: Award, wallet: Wallet, at: datetime) -> None:
    award.state = AwardState.GIVEN
    if award.offer is None:
        posted = ledger.give_bonus(
            rules=_rules(award.business),
            key=f"award:{award.pk}",
            staff_id=None,
            wallet_id=wallet.pk,
            points=award.points,
            at=at,
        )
        award.given_by_id = posted.id
        if posted.refusal:
            award.state, award.why = AwardState.WITHHELD, posted.refusal["code"]
    else:
        try:
            award.coupon = coupons.issue(offer=award.offer, wallet=wallet, source=Source.REFERRAL, at=at)
        except NotIssued as no:
            award.state, award.why = AwardState.WITHHELD, no.reason
    award.save(update_fields=["state", "why", "given_by", "coupon"])


def _take(award: Award) -> None:
    if award.given_by_id is not None:
        posted = ledger.take_bonus(
            rules=_rules(award.business), key=f"award:{award.pk}:back", operation_id=award.given_by_id
        )
        award.taken_by_id = posted.id
    elif award.coupon:
        coupons.take_back(coupon=award.coupon)
    award.state = AwardState.TAKEN_BACK
    award.save(update_fields=["state", "taken_by"])


def _is_over_the_cap(referral: Referral, terms: ReferralTerms, at: datetime) -> bool:
    """Whether who invites was thanked as often this month as one may be, by the programme's calendar. Two friends who
    buy at once are counted one after another; behind this lock nobody waits for a wallet."""
    limits.one_after_another(f"awards:{referral.program_id}:{referral.inviter_id}")
    first = at.astimezone(own.zone(terms.program)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    thanked = Award.objects.filter(
        referral__program=referral.program_id,
        customer=referral.inviter_id,
        side=Side.INVITER,
        made_at__gte=first,
        made_at__lt=first + relativedelta(months=1),
        state__in=[AwardState.DUE, AwardState.GIVEN],
    )
    return thanked.values("referral").distinct().count() >= terms.most_per_month


def _settle_after_commit(ids: Iterable[int]) -> None:
    for award_id in ids:
        transaction.on_commit(partial(_settle_quietly, award_id), robust=True)


def _settle_quietly(award_id: int) -> None:
    """Of an award that cannot be given now the sale must not hear; the sweep comes back to it."""
    try:
        settle(award_id=award_id, at=timezone.now())
    except outcomes.Busy:
        log.info("award %s waits for the sweep: its wallet is busy", award_id)
    except Exception:  # one that fails must keep no other from being given
        log.exception("award %s could not be settled", award_id)


def _rules(business: Business) -> rules.Rules:
    return rules.of(business.pk, business.program.rules_version)
