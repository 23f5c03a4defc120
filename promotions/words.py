"""Offers and refusals in plain words. The API says the same in English."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from businesses import money, shown

Fact = Mapping[str, Any]


def refusal(fact: Fact) -> str:
    """Why a coupon does not count: what happened, and what to do."""
    plain = {
        "unknown": _("Nothing here goes by this code. Check it letter by letter."),
        "customer_needed": _("This coupon is somebody’s own. Say who the customer is."),
        "not_yours": _("This coupon is another customer’s."),
        "used": _("This coupon was used already."),
        "taken_back": _("This coupon was taken back with the purchase that brought it."),
        "expired": _("This coupon has expired."),
        "ended": _("This offer has ended."),
        "paused": _("This offer is paused. Try another day."),
        "not_now": _("This coupon does not count at this hour."),
        "limit_reached": _("All of these were used."),
        "budget_spent": _("The budget of this offer is used up."),
        "not_in_cart": _("Nothing of this sale is what the coupon is for."),
        "no_shipping": _("There is no shipping to take off."),
        "nothing_left": _("Other coupons have taken off all that it could."),
        "exclusive": _("It does not count together with the other coupon. Use one of them."),
        "twice": _("Two coupons of one offer do not count together. Use one of them."),
    }
    reason = str(fact["reason"])
    return plain[reason] if reason in plain else _with_facts(reason, fact)


def _with_facts(reason: str, fact: Fact) -> str:
    if reason == "minimum_spend":
        least = money.show_amount(Decimal(fact["minimum"]), fact["currency"], shown.language())
        return _("It counts for orders from %(amount)s.") % {"amount": least}
    if reason == "not_yet":
        return _("It counts from %(day)s on.") % {"day": shown.full_day(date.fromisoformat(fact["day"]))}
    if reason == "wrong_branch":
        return _("It counts only at: %(branches)s.") % {"branches": ", ".join(fact["branches"])}
    return _("This customer has used it as often as one may: %(limit)s.") % {"limit": shown.number(int(fact["limit"]))}
