"""The tier of a customer on their page in the portal: what is lacking to the next, and how they came to it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from businesses import shown
from businesses.models import Business
from loyalty import tier_words, tiers
from loyalty.models import TierChange, Wallet
from loyalty.rules import Rules

CHANGES = 8


def panel(*, business: Business, terms: Rules, wallet: Wallet, now: datetime) -> dict[str, Any]:
    """For the customer's page; empty where the programme has no tiers. Of a programme with a confidential business
    nothing that its purchases moved is told: no figures, and of the past only what was done here."""
    if not terms.tiers:
        return {}
    standing = tiers.standing(wallet=wallet, at=now)
    lacking = ""
    if standing and standing.next and not terms.discreet:
        lacking = _("%(lacking)s to %(tier)s") % {
            "lacking": tier_words.lacking(standing.next, wallet.program),
            "tier": standing.next.tier.name,
        }
    zone = ZoneInfo(terms.time_zone)
    return {
        "tiered": True,
        "tier_lacking": lacking,
        "tier_changes": [
            {"name": _how(each, business), "detail": shown.day(each.at.astimezone(zone).date(), now)}
            for each in _changes(business, wallet, discreetly=terms.discreet)
        ],
    }


def _changes(business: Business, wallet: Wallet, *, discreetly: bool) -> list[TierChange]:
    changes = TierChange.objects.filter(wallet=wallet)
    if discreetly:
        changes = changes.filter(Q(business=business) | Q(operation__business=business))
    return list(changes.select_related("before", "after", "by").order_by("-pk")[:CHANGES])


def _how(change: TierChange, business: Business) -> str:
    """Of what others did no reason: they wrote it to the customer."""
    if change.by and change.business_id == business.pk:
        return f"{tier_words.how(change)} ({change.by.short_name})"
    if change.by:
        name = change.after.name if change.after else _("no tier")
        return _("%(tier)s, given elsewhere in the programme") % {"tier": name}
    return tier_words.how(change)
