"""A customer's tier: how far it is to the next, what keeps it, what each asks for and gives, how they came to it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from businesses import shown
from customers.sessions import CustomerRequest, customers_only
from loyalty import tier_words
from loyalty import tiers as standings
from loyalty.models import Membership, Tier, TierChange, Wallet
from loyalty.points import own
from loyalty.tiers import Lacking

Context = dict[str, Any]
CHANGES = 20


@require_GET
@customers_only
def tiers(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    at = timezone.now()
    context = {
        **head(mine, at=at),
        "tier": mine.tier.name if mine.tier else "",
        "tiers": _comparison(mine),
        "counts": _counts(mine, at),
        "changes": _changes(mine, at),
    }
    return render(request, "points/tiers.html", own.context(mine, **context))


def head(mine: Wallet, *, at: datetime) -> Context:
    """For the pass: how far it is to the next tier; and until when the one they have, where that has been announced.
    Nothing where the programme has no tiers."""
    standing = standings.standing(wallet=mine, at=at)
    if standing is None:
        return {}
    context: Context = {}
    if standing.next:
        lacking = tier_words.lacking(standing.next, mine.program)
        value, most = _bar(standing.next)
        text = _("%(lacking)s to %(tier)s") % {"lacking": lacking, "tier": standing.next.tier.name}
        context |= {"goal_text": text, "goal_value": value, "goal_max": most}
    if standing.ending and standing.ends_at:
        day = shown.day(standing.ends_at.astimezone(own.zone(mine.program)).date(), at, month="MMMM")
        context["tier_ending"] = tier_words.ending(standing.ending, mine.program, day=day)
    return context


def _bar(lacking: Lacking) -> tuple[Decimal | int, Decimal | int]:
    """Of what is lacking first; the kinds of business where nothing else is."""
    if lacking.measure:
        return lacking.tier.threshold - lacking.measure, lacking.tier.threshold
    return lacking.tier.categories - lacking.categories, lacking.tier.categories


def _comparison(mine: Wallet) -> list[Context]:
    return [
        {
            "name": tier.name,
            "mine": tier.pk == mine.tier_id,
            "asks": tier_words.asks(tier, mine.program),
            "gives": tier_words.gives(tier),
        }
        for tier in Tier.objects.filter(program=mine.program).order_by("position")
    ]


def _counts(mine: Wallet, at: datetime) -> list[str]:
    """What they have come to, and what of it counts how."""
    if not mine.program.tier_basis:
        return []
    come_to = standings.come_to(wallet=mine, at=at)
    said = [tier_words.come_to(come_to, mine.program)]
    bought = Membership.objects.filter(customer_id=mine.customer_id, business__program=mine.program, visits__gt=0)
    if bought.filter(business__confidential=True).exists():
        said.append(_("What you buy at a confidential place counts too, but not as a kind of business."))
    return said


def _changes(mine: Wallet, at: datetime) -> list[Context]:
    zone = own.zone(mine.program)
    changes = TierChange.objects.filter(wallet=mine).select_related("before", "after").order_by("-id")[:CHANGES]
    return [
        {"name": tier_words.how(change), "detail": shown.day(change.at.astimezone(zone).date(), at)}
        for change in changes
    ]
