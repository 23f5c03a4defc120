"""What a customer can have for points, as the counter shows it: rows, the next goal, and the one that is claimed."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from businesses.access import StaffRequest
from loyalty import refusals, rewards
from loyalty.counter import screen
from loyalty.models import Redemption, Reward, Wallet
from loyalty.rewards import Standing
from loyalty.rules import Rules

Context = dict[str, Any]
MOST_ROWS = 6


def rows(request: StaffRequest, rules: Rules, wallet: Wallet, found: list[Standing]) -> list[Context]:
    """The rewards that this customer can have now."""
    return [
        {
            "icon": each.reward.icon,
            "picture": each.reward.picture_url,
            "title": each.reward.name,
            "detail": points_of(each.reward.points),
            "link": reverse("counter-reward", args=[wallet.public_id, each.reward.public_id]),
        }
        for each in found
        if each.ready
    ][:MOST_ROWS]


def goal(wallet: Wallet, found: list[Standing]) -> Context:
    """The nearest that is not within reach yet; empty without one."""
    nearest = next((each for each in found if each.missing == "points"), None)
    if nearest is None:
        return {}
    text = ngettext("<b>{points}</b> point to: {reward}", "<b>{points}</b> points to: {reward}", nearest.short)
    return {
        "goal_value": wallet.balance,
        "goal_max": nearest.reward.points,
        "goal_text": format_html(text, points=shown.number(nearest.short), reward=nearest.reward.name),
    }


def standings(request: StaffRequest, rules: Rules, wallet: Wallet, now: Any) -> list[Standing]:
    return rewards.at_business(business=request.business, wallet=wallet, on=screen.day(rules, now))


def claim(request: StaffRequest, rules: Rules, wallet: Wallet, wanted: Reward, *, error: str = "") -> Context:
    """The second tap."""
    left = wallet.balance - wanted.points
    return {
        "icon": wanted.icon,
        "picture": wanted.picture_url,
        "title": wanted.name,
        "text": wanted.description,
        "points": points_of(wanted.points),
        "after": _("%(points)s left after it") % {"points": shown.number(left)} if left >= 0 else "",
        "error": error or ("" if left >= 0 else _short(wallet, wanted)),
        "fields": screen.fields(request) | {"points": str(wanted.points)},
        "url": reverse("counter-claims", args=[wallet.public_id, wanted.public_id]),
        "action": _("Redeem"),
        "cancel_url": reverse("counter-customer", args=[wallet.public_id]),
    }


def hold(request: StaffRequest, rules: Rules, found: Redemption, *, error: str = "", over: bool = False) -> Context:
    """What waits under a code; once it is `over` nothing can be pressed."""
    until = found.held_until and shown.clock(rules.local(found.held_until))
    return {
        "icon": found.reward.icon if found.reward else "gift",
        "picture": found.reward.picture_url if found.reward else "",
        "title": found.description,
        "text": "",
        "points": points_of(found.points),
        "after": _("Paid already. Held until %(time)s.") % {"time": until},
        "error": error,
        "fields": screen.fields(request),
        "url": "" if over else reverse("counter-collect", args=[found.operation.public_id]),
        "action": _("Hand it out"),
        "cancel_url": reverse("counter"),
    }


def points_of(points: int) -> str:
    return ngettext("%(points)s point", "%(points)s points", points) % {"points": shown.number(points)}


def _short(wallet: Wallet, wanted: Reward) -> str:
    fact = {"code": "not_enough_points", "available": wallet.balance, "needed": wanted.points}
    return refusals.sentence(fact)
