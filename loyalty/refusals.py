"""What the ledger refused, in words for people. The API has its own, in loyalty/api/acting.py."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from loyalty import effects
from loyalty.models import LimitPeriod

Fact = Mapping[str, Any]


def sentence(fact: Fact) -> str:
    """Of a spend; empty for what is said elsewhere."""
    says = {
        "not_enough_points": _not_enough,
        "out_of_stock": lambda _fact: _("The last one was claimed. It may come back."),
        "limit_reached": _limit,
        "reward_ended": lambda _fact: _("This reward is not offered today."),
        "reward_changed": _changed,
        "tier_required": _tier,
        "consent_required": _consent,
        "hold_expired": lambda _fact: _("The hour for this code is over, and the points are back with the customer."),
        "already_confirmed": lambda _fact: _("This code was redeemed before."),
        "already_reversed": lambda _fact: _("This was undone before."),
        "customer_blocked": lambda _fact: _("The operator has blocked this customer: no points are given or spent."),
    }.get(fact["code"])
    return says(fact) if says else effects.words(fact)


def _not_enough(fact: Fact) -> str:
    figures = {name: shown.number(int(fact[name])) for name in ("available", "needed")}
    return _("Not enough points: %(available)s available, %(needed)s needed.") % figures


def _limit(fact: Fact) -> str:
    limit = int(fact["limit"])
    said = {
        LimitPeriod.DAY: _("Only %(limit)s a day for each customer."),
        LimitPeriod.WEEK: _("Only %(limit)s a week for each customer."),
        LimitPeriod.MONTH: _("Only %(limit)s a month for each customer."),
        LimitPeriod.EVER: _("Only %(limit)s for each customer."),
    }
    return said[LimitPeriod(fact["period"])] % {"limit": shown.number(limit)}


def _changed(fact: Fact) -> str:
    points = int(fact["points"])
    text = ngettext(
        "It costs %(points)s point now. Press again if that is all right.",
        "It costs %(points)s points now. Press again if that is all right.",
        points,
    )
    return text % {"points": shown.number(points)}


def _tier(fact: Fact) -> str:
    return _("For customers from %(tier)s on.") % {"tier": fact["tier"]}


def _consent(fact: Fact) -> str:
    return {
        "none": _("Ask the customer for their code."),
        "wrong": _("That code is not right for this. Check the digits, or send a new one."),
        "late": _("That code has expired. Ask for a new one."),
        "used": _("That code was used already. Ask for a new one."),
        "too_many": _("Too many wrong attempts. Ask for a new code."),
    }[str(fact["reason"])]
