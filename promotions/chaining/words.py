"""A chain in plain words."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from promotions import words
from promotions.chains import State
from promotions.models import Chain, ChainEnd, Offer


def sentence(chain: Chain, currency: str) -> str:
    """All that both agree upon; `chain` may be one that nobody has proposed yet."""
    return " ".join(_sentences(chain, currency))


def _sentences(chain: Chain, currency: str) -> Iterator[str]:
    days = ngettext("within %(days)s day", "within %(days)s days", chain.lasts_days)
    named = {"giver": chain.giver.name, "taker": chain.taker.name}
    yield _("A customer who spends %(amount)s or more at %(giver)s gets %(benefit)s, at %(taker)s %(within)s.") % {
        **named,
        "amount": _amount(chain.minimum, currency),
        "benefit": benefit(chain, currency),
        "within": days % {"days": shown.number(chain.lasts_days)},
    }
    if chain.categories:
        yield _("Only what is bought of %(names)s counts.") % {"names": ", ".join(chain.categories)}
    again = ngettext(
        "Nobody gets one more often than every %(days)s day.",
        "Nobody gets one more often than every %(days)s days.",
        chain.every_days,
    )
    yield again % {"days": shown.number(chain.every_days)}
    yield funding(chain, currency)
    if chain.starts_on:
        span = {"first": shown.full_day(chain.starts_on), "last": shown.full_day(chain.ends_on)}
        yield _("It runs from %(first)s until %(last)s.") % span
    else:
        yield _("It runs until %(last)s.") % {"last": shown.full_day(chain.ends_on)}


def benefit(chain: Chain, currency: str) -> str:
    """“15% off, at most 500 ₽”, and from which order on."""
    offer = Offer(kind=chain.kind, value=chain.value, minimum_spend=chain.order_from)
    if chain.most_discount != chain.value or chain.kind == "percentage":
        offer.most_discount = chain.most_discount
    return words.whole(offer, currency)


def funding(chain: Chain, currency: str) -> str:
    """Who pays for it, and how much at most."""
    share = chain.share
    most = chain.budget * (share or 100) / 100
    named = {
        "giver": chain.giver.name,
        "taker": chain.taker.name,
        "percent": shown.number(share),
        "most": _amount(most, currency),
    }
    if share == 100:
        return _("%(giver)s pays for all of it, at most %(most)s in all.") % named
    if share == 0:
        return _("%(taker)s pays for all of it, at most %(most)s in all.") % named
    if share == 50:
        return _("%(giver)s pays half, at most %(most)s in all, and %(taker)s the other half.") % named
    return _("%(giver)s pays %(percent)s%% of it, at most %(most)s in all, and %(taker)s the rest.") % named


def pill(state: State) -> str:
    return {
        "proposed": _("Proposed"),
        "lapsed": _("Lapsed"),
        "declined": _("Declined"),
        "to_come": _("To come"),
        "running": _("Running"),
        "used_up": _("Budget used up"),
        "left": _("Ended"),
        "ended": _("Ended"),
    }[state]


def standing(chain: Chain, state: State, ours: bool) -> str:
    """How it stands, to one of its sides; `ours`: whether that one proposed it."""
    other = chain.taker if (chain.proposer_id == chain.giver_id) == ours else chain.giver
    named = {"other": other.name}
    if state == "proposed":
        return (
            _("Proposed by you. %(other)s has not answered yet.") % named
            if ours
            else _("%(other)s waits for your answer.") % named
        )
    if state == "lapsed":
        return _("Nobody answered in time.")
    if state == "declined":
        return _("%(other)s has declined.") % named if ours else _("You have declined.")
    if state == "to_come":
        return _("Coupons come with purchases from %(day)s on.") % {"day": shown.full_day(chain.starts_on)}  # type: ignore[arg-type]
    if state == "running":
        return _("Purchases bring coupons.")
    if state == "used_up":
        return _("All of the budget is promised to coupons. It goes on when some of them run out unused.")
    return f"{_ended(chain, state)} {_('Coupons that customers hold stay good until their own end.')}"


def _ended(chain: Chain, state: State) -> str:
    if state == "left":
        return _("One of the two is no partner of the programme any more, so purchases bring no more coupons.")
    if chain.ended_for == ChainEnd.WITHDRAWN and chain.ended_by:
        side = chain.giver if chain.ended_by.business_id == chain.giver_id else chain.taker
        return _("%(business)s has withdrawn, so purchases bring no more coupons.") % {"business": side.name}
    if chain.ended_for == ChainEnd.OPERATOR:
        return _("The programme’s operator has ended it, so purchases bring no more coupons.")
    return _("Its last day is over, so purchases bring no more coupons.")


def _amount(amount: Decimal, currency: str) -> str:
    return money.show_amount(amount, currency, shown.language())
