"""An offer as its owner sees it: a row of the list, and its figures."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from businesses.models import Branch, Business
from promotions import offers, words
from promotions.models import OFF, Coupon, Offer, OfferChange, OfferKind

ICONS = {
    OfferKind.PERCENTAGE: "tag",
    OfferKind.AMOUNT: "ticket",
    OfferKind.SHIPPING: "shopping-bag",
    OfferKind.MULTIPLIER: "sparkles",
    OfferKind.BONUS: "coins",
    OfferKind.GIFT: "gift",
}
LATEST = 10


def row(offer: Offer, business: Business, at: datetime) -> dict[str, Any]:
    currency = business.program.currency
    state = offers.state(offer, at.astimezone(ZoneInfo(business.time_zone)).date())
    parts = [words.whole(offer, currency)]
    if offer.business_id:  # of the programme's the figures are those of others too
        parts += [_uses(offer.uses), _cost(offer, currency)]
    return {
        "offer": offer,
        "icon": ICONS[OfferKind(offer.kind)],
        "text": " · ".join(filter(None, parts)),
        "state": state,
        "pill": _pill(state),
        "tone": "ok" if state == "running" else "",
        "mine": offer.business_id is not None,
    }


def facts(offer: Offer, business: Business, at: datetime) -> dict[str, Any]:
    """Of its own page."""
    currency, language = business.program.currency, shown.language()
    count, paid = offers.sales_with(offer)
    issued = Coupon.objects.filter(offer=offer).select_related("offer").order_by("-pk")[:LATEST]
    changes = offer.changes.select_related("staff__user", "operator").order_by("-id")[:LATEST]
    return {
        **row(offer, business, at),
        "sentence": words.announced(offer, currency),
        "branches": ", ".join(
            Branch.objects.filter(pk__in=offer.branches).order_by("name").values_list("name", flat=True)
        ),
        "stats": [
            {"label": _("Uses"), "value": shown.number(offer.uses)},
            {"label": _("Discount given"), "value": money.show_amount(offer.cost, currency, language)},
            {"label": _("Sales with it"), "value": money.show_amount(paid, currency, language)},
        ],
        "average": money.show_amount(paid / count, currency, language) if count else "",
        "issued_text": _issued(offer) if not offer.code else "",
        "budget": _budget(offer, currency),
        "taken": _taken(offer),
        "coupons": [_coupon(each, business, at) for each in issued],
        "changes": [change(each) for each in changes],
    }


def _branches(offer: Offer) -> str:
    named = Branch.objects.filter(pk__in=offer.branches).order_by("name")
    return ", ".join(named.values_list("name", flat=True))


def change(row: OfferChange) -> str:
    author = row.staff.user.full_name if row.staff else _("The programme’s operator")
    if row.field == "paused_at":
        return f"{author}: {_('paused') if row.after else _('goes on')}"
    if row.field == "ended_at":
        return f"{author}: {_('ended')}"
    name = str(getattr(Offer._meta.get_field(row.field), "verbose_name", row.field))
    return f"{author}: {name}: {row.before or '–'} → {row.after or '–'}"


def _uses(uses: int) -> str:
    return ngettext("used %(count)s time", "used %(count)s times", uses) % {"count": shown.number(uses)}


def _issued(offer: Offer) -> str:
    text = ngettext("%(count)s coupon given out", "%(count)s coupons given out", offer.issued)
    return text % {"count": shown.number(offer.issued)}


def _cost(offer: Offer, currency: str) -> str:
    if offer.kind not in (*OFF, OfferKind.SHIPPING):
        return ""
    return _("%(amount)s taken off") % {"amount": money.show_amount(offer.cost, currency, shown.language())}


def _budget(offer: Offer, currency: str) -> dict[str, Any] | None:
    if offer.budget is None:
        return None
    of = {
        "spent": money.show_amount(offer.cost, currency, shown.language()),
        "budget": money.show_amount(offer.budget, currency, shown.language()),
    }
    return {"value": offer.cost, "max": offer.budget, "text": _("%(spent)s of the budget of %(budget)s") % of}


def _taken(offer: Offer) -> dict[str, Any] | None:
    if offer.total_limit is None or offer.left is None:
        return None
    of = {"taken": shown.number(offer.total_limit - offer.left), "all": shown.number(offer.total_limit)}
    return {
        "value": offer.total_limit - offer.left,
        "max": offer.total_limit,
        "text": _("%(taken)s of %(all)s in all") % of,
    }


def _pill(state: str) -> str:
    return {
        "running": _("Running"),
        "to_come": _("To come"),
        "over": _("Over"),
        "used_up": _("Used up"),
        "paused": _("Paused"),
        "ended": _("Ended"),
    }[state]


def _coupon(coupon: Coupon, business: Business, at: datetime) -> dict[str, str]:
    zone = ZoneInfo(business.time_zone)
    day = shown.short_day(coupon.issued_at.astimezone(zone).date())
    return {"name": str(coupon), "detail": f"{words.standing(coupon, zone, at)} · {day}"}
