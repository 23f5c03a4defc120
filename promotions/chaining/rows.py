"""A chain as one of its two sides sees it: a row of the list, and its page."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from businesses.models import Business
from loyalty.clearing.positions import FEW
from promotions import chains, funnels
from promotions.chaining import words
from promotions.chains import State
from promotions.funnels import Funnel
from promotions.models import Chain

OPEN: tuple[State, ...] = ("proposed", "to_come", "running", "used_up")


def row(chain: Chain, business: Business, at: datetime) -> dict[str, Any]:
    currency, state = business.program.currency, chains.state(chain, at)
    ours = chain.proposer_id == business.pk
    waits = state == "proposed" and not ours
    found = funnels.seen_by(business, chain) if chain.offer_id else None
    parts = [words.benefit(chain, currency), words.standing(chain, state, ours) if state == "proposed" else ""]
    parts += _counts(found) if found else []
    return {
        "chain": chain,
        "title": f"{chain.giver.name} → {chain.taker.name}",
        "text": " · ".join(filter(None, parts)),
        "state": state,
        "open": state in OPEN,
        "waits": waits,
        "pill": _("Waits for you") if waits else words.pill(state),
        "tone": "warn" if waits else "ok" if state == "running" else "",
    }


def facts(chain: Chain, business: Business, at: datetime) -> dict[str, Any]:
    """Of its own page."""
    currency, state = business.program.currency, chains.state(chain, at)
    ours = chain.proposer_id == business.pk
    context = {
        **row(chain, business, at),
        "sentence": words.sentence(chain, currency),
        "standing": words.standing(chain, state, ours),
        "author": _author(chain, ZoneInfo(business.time_zone)),
        "withdraws": state in OPEN and (ours or state != "proposed"),
        "back": chain.accepted_at is not None and state not in ("left",),
    }
    if chain.offer_id:
        context |= _figures(funnels.seen_by(business, chain), chain, currency)
    return context


def _counts(found: Funnel) -> list[str]:
    given = _("%(few)s coupons given out") % {"few": _few()} if found.given is None else _given(found.given)
    used = _("%(few)s used") % {"few": _few()} if found.used is None else _used(found.used.count)
    return [given, used]


def _given(given: int) -> str:
    text = ngettext("%(count)s coupon given out", "%(count)s coupons given out", given)
    return text % {"count": shown.number(given)}


def _used(used: int) -> str:
    return ngettext("used %(count)s time", "used %(count)s times", used) % {"count": shown.number(used)}


def _few() -> str:
    return _("fewer than %(few)s") % {"few": FEW}


def _figures(found: Funnel, chain: Chain, currency: str) -> dict[str, Any]:
    def amount(value: Decimal) -> str:
        return money.show_amount(value, currency, shown.language())

    used = found.used
    stats = [
        {"label": _("Given out"), "value": _few() if found.given is None else shown.number(found.given)},
        {"label": _("Used"), "value": _few() if used is None else shown.number(used.count), "unit": _share(found)},
        {"label": _("Paid in sales with it"), "value": "–" if used is None else amount(used.revenue)},
        {"label": _("Discount given"), "value": "–" if used is None else amount(used.cost)},
    ]
    context: dict[str, Any] = {"stats": stats, "few": FEW, "hidden": used is None or found.given is None}
    if used is not None:
        paid = {"giver": chain.giver.name, "taker": chain.taker.name}
        paid |= {"given": amount(used.paid_by_giver), "rest": amount(used.cost - used.paid_by_giver)}
        context["paid"] = _("Of the discount %(giver)s pays %(given)s and %(taker)s %(rest)s.") % paid
        of = {"spent": amount(used.cost), "budget": amount(chain.budget)}
        text = _("%(spent)s of the budget of %(budget)s") % of
        context["budget"] = {"value": used.cost, "max": chain.budget, "text": text}
    if used is not None and found.given is not None:
        context["picture"] = charts.columns(
            [
                (label, label, value)
                for label, value in (
                    (_("Given out"), found.given),
                    (_("Used"), used.count),
                    (_("First visit there"), used.first_visits),
                )
            ]
        )
    return context


def _share(found: Funnel) -> str:
    return "" if found.share_used is None else f"{shown.number(found.share_used)} %"


def _author(chain: Chain, zone: ZoneInfo) -> list[str]:
    """Who did what; people of the other side are not named."""
    said = [(_("Proposed by %(business)s on %(day)s"), chain.proposer.name, chain.proposed_at)]
    other = chain.taker if chain.proposer_id == chain.giver_id else chain.giver
    if chain.accepted_at:
        said.append((_("Accepted by %(business)s on %(day)s"), other.name, chain.accepted_at))
    if chain.declined_at:
        said.append((_("Declined by %(business)s on %(day)s"), other.name, chain.declined_at))
    return [text % {"business": name, "day": shown.full_day(at.astimezone(zone).date())} for text, name, at in said]
