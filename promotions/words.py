"""Offers and refusals in plain words. The API says the same in English."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from babel.dates import format_time, get_day_names
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from promotions.models import Coupon, CouponStatus, Offer, OfferKind

Fact = Mapping[str, Any]


class Promise(NamedTuple):
    """What there is to say of an offer; named as its fields are."""

    kind: str
    value: Decimal
    gift: str
    most_discount: Decimal | None
    categories: Sequence[str]
    minimum_spend: Decimal
    weekdays: Sequence[int]
    from_time: time | None
    until_time: time | None
    starts_on: date | None
    ends_on: date | None
    limit_per_customer: int | None
    exclusive: bool


promised = attrgetter(*Promise._fields)


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


def whole(offer: Offer, currency: str) -> str:
    """All of it: “15% off; on cakes; from 20.00 ₼ on; Saturday”."""
    fields = (tuple(each) if isinstance(each, list) else each for each in promised(offer))
    return _whole(Promise._make(fields), currency, shown.language())


@lru_cache(4096)
def _whole(offer: Promise, currency: str, _language: str) -> str:
    return "; ".join([head(offer, currency), *conditions(offer, currency)])


def head(offer: Offer | Promise, currency: str) -> str:
    """What it gives: “15% off”."""
    value = shown.decimal(offer.value)
    match offer.kind:
        case OfferKind.PERCENTAGE:
            most = "" if offer.most_discount is None else _amount(offer.most_discount, currency)
            text = _("%(percent)s%% off, at most %(most)s") if most else _("%(percent)s%% off")
            return text % {"percent": value, "most": most}
        case OfferKind.AMOUNT:
            return _("%(amount)s off") % {"amount": _amount(offer.value, currency)}
        case OfferKind.SHIPPING:
            return _("Free shipping")
        case OfferKind.MULTIPLIER:
            return _("%(factor)s times the points") % {"factor": value}
        case OfferKind.BONUS:
            points = int(offer.value)
            return ngettext("%(points)s point more", "%(points)s points more", points) % {
                "points": shown.number(points)
            }
    return offer.gift


def conditions(offer: Offer | Promise, currency: str) -> list[str]:
    """On what, when, and how often; empty for an offer that always counts."""
    return [*_on_what(offer, currency), *_when(offer), *_how_often(offer)]


def _on_what(offer: Offer | Promise, currency: str) -> Iterator[str]:
    if offer.categories:
        yield _("on %(names)s") % {"names": ", ".join(offer.categories)}
    if offer.minimum_spend:
        yield _("from %(amount)s on") % {"amount": _amount(offer.minimum_spend, currency)}


def _when(offer: Offer | Promise) -> Iterator[str]:
    if offer.weekdays:
        names = get_day_names("wide", "stand-alone", shown.language())
        yield ", ".join(names[day] for day in sorted(offer.weekdays))
    if offer.from_time is not None and offer.until_time is not None:
        yield "–".join(format_time(at, "HH:mm", locale=shown.language()) for at in (offer.from_time, offer.until_time))
    days = {name: shown.short_day(day) for name, day in (("first", offer.starts_on), ("last", offer.ends_on)) if day}
    if len(days) == 2:
        yield _("from %(first)s until %(last)s") % days
    elif offer.starts_on:
        yield _("from %(first)s on") % days
    elif offer.ends_on:
        yield _("until %(last)s") % days


def _how_often(offer: Offer | Promise) -> Iterator[str]:
    if offer.limit_per_customer is not None:
        times = ngettext(
            "%(times)s time for each customer", "%(times)s times for each customer", offer.limit_per_customer
        )
        yield times % {"times": shown.number(offer.limit_per_customer)}
    if offer.exclusive:
        yield _("not together with other coupons")


def _amount(amount: Decimal, currency: str) -> str:
    return money.show_amount(amount, currency, shown.language())


def announced(offer: Offer, currency: str) -> str:
    """One sentence about all of it, and about how customers come to it."""
    how = _("with coupons that you give")
    if offer.code:
        how = _("for everybody with the code %(code)s") % {"code": offer.code}
    elif offer.given_from is not None:
        how = _("with a coupon from each purchase of %(amount)s or more") % {
            "amount": _amount(offer.given_from, currency)
        }
    parts = [head(offer, currency), *conditions(offer, currency), how]
    if offer.lasts_days is not None:
        days = ngettext("each lasts %(days)s day", "each lasts %(days)s days", offer.lasts_days)
        parts.append(days % {"days": shown.number(offer.lasts_days)})
    if offer.total_limit is not None:
        parts.append(_("%(count)s in all") % {"count": shown.number(offer.total_limit)})
    if offer.budget is not None:
        parts.append(_("until %(amount)s are spent") % {"amount": _amount(offer.budget, currency)})
    return "; ".join(parts) + "."


def standing(coupon: Coupon, zone: tzinfo, at: datetime) -> str:
    """How a coupon stands, and until when it counts: “Ready · until 30 Nov 2026”."""
    state = coupon.state(at)
    said = _("Expired") if state == "expired" else str(CouponStatus(state).label)
    return " · ".join(filter(None, [said, until(coupon, zone) if state in ("issued", "expired") else ""]))


def until(coupon: Coupon, zone: tzinfo) -> str:
    """Its last day; empty for one without an end."""
    if coupon.expires_at is None:
        return ""
    last = (coupon.expires_at.astimezone(zone) - timedelta(microseconds=1)).date()
    return _("until %(last)s") % {"last": shown.short_day(last)}


def thanks(coupon: Coupon) -> str:
    """Which purchase brought it, to its customer; empty where it came by itself."""
    if not hasattr(coupon.offer, "chain"):
        return ""
    return _("thanks to your purchase at %(business)s") % {"business": coupon.offer.chain.giver.name}


def not_issued(reason: str) -> str:
    """Why a customer gets no coupon of an offer."""
    return {
        "limit_reached": _("All of these were given out."),
        "customer_limit": _("This customer has had as many as one may."),
    }.get(reason) or refusal({"reason": "ended" if reason in ("public", "chain") else reason})


def effect(told: Mapping[str, Any], currency: str) -> str:
    """What a sale did with a coupon."""
    said = {"name": told["offer"], "code": told["coupon"]}
    if told.get("business"):
        last = shown.short_day(date.fromisoformat(told["until"]))
        said |= {"business": told["business"], "text": told["text"], "last": last}
        return _("A coupon for %(business)s: %(text)s, until %(last)s, %(code)s") % said
    match told["effect"]:
        case "coupon_used":
            off = Decimal(told["discount"])
            if off:
                return _("“%(name)s”: %(amount)s off") % {**said, "amount": _amount(off, currency)}
            return _("“%(name)s” was used") % said
        case "coupon_returned":
            return _("“%(name)s” is back: %(code)s") % said
    return _("A coupon for next time: “%(name)s”, %(code)s") % said
