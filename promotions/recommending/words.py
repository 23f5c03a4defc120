"""Recommendations in sentences: to the customer, and to who serves them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from promotions.chaining import words
from promotions.models import Chain
from promotions.recommending.recommender import Kind, Recommendation


def title(of: Recommendation) -> str:
    """To the customer."""
    if of.kind is Kind.NEAR_REWARD:
        return of.reward_name
    if of.kind is Kind.COME_BACK:
        return _("%(place)s misses you") % {"place": of.place_name}
    return of.place_name


def detail(of: Recommendation) -> str:
    """To the customer."""
    if of.kind is Kind.NEAR_REWARD:
        words = ngettext("Only %(points)s point to go", "Only %(points)s points to go", of.short)
        said = words % {"points": shown.number(of.short)}
        return f"{said} · {of.place_name}" if of.place_name else said
    if of.kind is Kind.COME_BACK:
        words = ngettext(
            "You were there %(days)s day ago.",
            "You were there %(days)s days ago.",
            of.since,
        )
        return words % {"days": shown.number(of.since)}
    if of.chain:
        return _("%(benefit)s with a purchase of %(amount)s or more at %(business)s") % _terms(of.chain)
    return _("Many who go where you go like it here. Your points count here too.")


def to_staff(of: Recommendation) -> str:
    """To who serves them; nothing of what is likely."""
    if of.kind is Kind.NEAR_REWARD:
        words = ngettext(
            "Tell them: only %(points)s point to go to %(reward)s.",
            "Tell them: only %(points)s points to go to %(reward)s.",
            of.short,
        )
        return words % {"points": shown.number(of.short), "reward": of.reward_name}
    if of.kind is Kind.COME_BACK:
        words = ngettext(
            "Has not been here for %(days)s day, usually every %(gap)s.",
            "Has not been here for %(days)s days, usually every %(gap)s.",
            of.since,
        )
        return words % {"days": shown.number(of.since), "gap": shown.number(of.gap)}
    if of.chain:
        text = _("Tell them: a purchase of %(amount)s or more brings a coupon for %(place)s, %(benefit)s.")
        return text % {**_terms(of.chain), "place": of.place_name}
    return _("Tell them about %(place)s.") % {"place": of.place_name}


def _terms(chain: Chain) -> dict[str, str]:
    currency = chain.program.currency
    return {
        "benefit": words.benefit(chain, currency),
        "amount": money.show_amount(chain.minimum, currency, shown.language()),
        "business": chain.giver.name,
    }
