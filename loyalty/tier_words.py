"""Tiers in the reader's words: what one asks for, what it gives, what is lacking, and how somebody came to theirs."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from businesses.models import Program, TierBasis, TierWindow
from loyalty.models import Tier, TierCause, TierChange
from loyalty.tiers import ComeTo, Lacking


def asks(tier: Tier, program: Program) -> str:
    """“500 ₼ in 12 months and 2 kinds of business”; “from the first purchase”."""
    if program.tier_basis == TierBasis.NONE or (tier.invitation_only and not _both(tier, program)):
        return _("By invitation") if tier.invitation_only else _("Given by hand")
    asked = _both(tier, program) or _("From the first purchase")
    return _("By invitation, and %(asked)s") % {"asked": asked} if tier.invitation_only else asked


def _both(tier: Tier, program: Program) -> str:
    measure = _measure(tier.threshold, program) if tier.threshold else ""
    if measure and program.tier_window == TierWindow.YEAR:
        measure = _("%(measure)s in 12 months") % {"measure": measure}
    return _joined(measure, _categories(tier.categories) if tier.categories else "")


def gives(tier: Tier) -> str:
    if tier.multiplier == 1:
        return _("The points of every sale")
    return _("Points × %(factor)s") % {"factor": shown.decimal(tier.multiplier)}


def lacking(lacks: Lacking, program: Program) -> str:
    """“240 ₽ and 1 more kind of business”; empty for what has been reached."""
    measure = _measure(lacks.measure, program) if lacks.measure else ""
    more = ngettext("%(number)s more kind of business", "%(number)s more kinds of business", lacks.categories)
    return _joined(measure, more % {"number": lacks.categories} if lacks.categories else "")


def come_to(come_to: ComeTo, program: Program) -> str:
    """“So far you have come to 260 ₼ and 2 kinds of business in 12 months.”"""
    asks_for_kinds = program.tiers.filter(categories__gt=0).exists()
    said = {
        "all": _joined(_measure(come_to.measure, program), _categories(come_to.categories) if asks_for_kinds else "")
    }
    if program.tier_window == TierWindow.YEAR:
        return _("In the last 12 months you have come to %(all)s.") % said
    return _("So far you have come to %(all)s.") % said


def _measure(measure: Decimal, program: Program) -> str:
    if program.tier_basis == TierBasis.SPEND:
        return money.show_round(measure, program.currency, shown.language())
    number = int(measure)
    if program.tier_basis == TierBasis.POINTS:
        return ngettext("%(number)s point", "%(number)s points", number) % {"number": shown.number(number)}
    return ngettext("%(number)s visit", "%(number)s visits", number) % {"number": shown.number(number)}


def _categories(number: int) -> str:
    return ngettext("%(number)s kind of business", "%(number)s kinds of business", number) % {"number": number}


def _joined(measure: str, categories: str) -> str:
    if measure and categories:
        return _("%(measure)s and %(categories)s") % {"measure": measure, "categories": categories}
    return measure or categories


def ending(lacks: Lacking, program: Program, *, day: str) -> str:
    """“Gold until 21 December, unless you spend 40 ₼ more by then.”"""
    said = {"tier": lacks.tier.name, "day": day, "lacking": lacking(lacks, program)}
    if program.tier_basis == TierBasis.SPEND and not lacks.categories:
        return _("%(tier)s until %(day)s, unless you spend %(lacking)s more by then.") % said
    return _("%(tier)s until %(day)s. To keep it you need by then: %(lacking)s.") % said


def how(change: TierChange) -> str:
    """How somebody came to a tier, without whose purchase it was."""
    said = {
        "tier": change.after.name if change.after else _("no tier"),
        "before": change.before.name if change.before else "",
        "reason": change.reason,
    }
    match change.cause:
        case TierCause.PURCHASE:
            return _("%(tier)s, reached with a purchase") % said
        case TierCause.NIGHT if change.before and (not change.after or change.after.position < change.before.position):
            return _("%(tier)s, after %(before)s was no longer earned") % said
        case TierCause.NIGHT:
            return _("%(tier)s, reached") % said
        case TierCause.HAND:
            return _("%(tier)s, given by hand: %(reason)s") % said
        case TierCause.INVITATION:
            return _("%(tier)s, by invitation: %(reason)s") % said
    return _("%(tier)s from before") % said
