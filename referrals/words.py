"""What is said of referrals, in the reader's language."""

import re
from decimal import Decimal

from babel.numbers import format_decimal
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from businesses.money import show_amount
from customers import people, phones, profiles
from customers.models import Customer
from loyalty.effects import Told
from referrals.models import Reason, Referral, ReferralTerms

# Who writes a name that reads like an address must not have it sent to strangers.
A_NAME = re.compile(r"[^\W\d_]+(?:[’'\-][^\W\d_]+)*")
LONGEST_NAME = 20


def refusal(code: str) -> str:
    """To staff, and to whoever invites."""
    return {
        "off": _("Bringing friends is switched off here."),
        "own_phone": _("Nobody can invite themselves. Ask the friend for another number."),
        "circular": _("They were brought by this very customer. The first of two is thanked, not both."),
        "existing_customer": _("They are a customer already. Only somebody new can be brought."),
        "already_referred": _("Somebody else has invited them before."),
        "already_invited": _("You have invited this number before."),
        "inviter_blocked": _("The operator has blocked the customer who invites."),
        "not_a_member": _("They have not joined yet. Add them as a member first."),
        "too_many_today": _("That is enough for today. Tomorrow you can send more invitations, or pass on your link."),
        "unknown_inviter": _("No customer here has that code or number."),
    }[code]


def both(friend: int, inviter: int) -> str:
    """50 points for both."""
    if friend == inviter:
        return ngettext("%(points)s point for both", "%(points)s points for both", friend) % {
            "points": shown.number(friend)
        }
    if not inviter:
        return ngettext("%(points)s point for the friend", "%(points)s points for the friend", friend) % {
            "points": shown.number(friend)
        }
    if not friend:
        return ngettext("%(points)s point for who invites", "%(points)s points for who invites", inviter) % {
            "points": shown.number(inviter)
        }
    return _("%(friend)s points for the friend, %(inviter)s for who invites") % {
        "friend": shown.number(friend),
        "inviter": shown.number(inviter),
    }


def promised(terms: ReferralTerms) -> str:
    """All that the two get."""
    parts = [both(terms.friend_points, terms.inviter_points)] if terms.friend_points or terms.inviter_points else []
    if terms.friend_offer:
        parts.append(_("for the friend: %(coupon)s") % {"coupon": terms.friend_offer.name})
    if terms.inviter_offer:
        parts.append(_("for who invites: %(coupon)s") % {"coupon": terms.inviter_offer.name})
    return " · ".join(parts)


def condition(terms: ReferralTerms, currency: str) -> str:
    days = {"days": shown.number(terms.window_days)}
    if not terms.minimum_purchase:
        return (
            ngettext(
                "With the friend’s first purchase within %(days)s day.",
                "With the friend’s first purchase within %(days)s days.",
                terms.window_days,
            )
            % days
        )
    return ngettext(
        "With the friend’s first purchase of at least %(amount)s within %(days)s day.",
        "With the friend’s first purchase of at least %(amount)s within %(days)s days.",
        terms.window_days,
    ) % (days | {"amount": money(terms.minimum_purchase, currency)})


def money(amount: Decimal, currency: str) -> str:
    return show_amount(amount, currency, shown.language())


def effect(told: Told) -> str:
    """One of what referrals.sales tells; empty for those of others."""
    if told["effect"] == "referral_reopened":
        return _("What was given for the invitation by %(name)s is taken back.") % {"name": told["inviter"]}
    if told["effect"] != "referral_completed":
        return ""
    if not (told["points"] or told["inviter_points"]):
        return _("Invited by %(name)s.") % {"name": told["inviter"]}
    return _("Invited by %(name)s: %(what)s.") % {
        "name": told["inviter"],
        "what": both(told["points"], told["inviter_points"]),
    }


def on_screen(*, program_id: int, customer_id: int) -> str:
    """A first name and an initial, or the end of the phone."""
    return people.on_screen(program_id=program_id, customer_ids=[customer_id])[customer_id].name


def first_name(*, program_id: int, customer_id: int) -> str:
    """To strangers: a first name that can be one, or nothing."""
    told = profiles.told(program_id=program_id, customer_id=customer_id).name.split()
    word = told[0] if told else ""
    return word if len(word) <= LONGEST_NAME and A_NAME.fullmatch(word) else ""


def signature(*, program_id: int, customer_id: int, language: str) -> str:
    """Who invites, in a message to a friend: by name, or by the end of the number that the friend may know."""
    if name := first_name(program_id=program_id, customer_id=customer_id):
        return name
    phone = Customer.objects.values_list("phone", flat=True).get(pk=customer_id) or ""
    with translation.override(language):
        return _("A friend with the number ending %(ending)s") % {"ending": phones.ending(phone)}


def invitation(*, language: str, inviter: str, program: str, points: int, link: str) -> str:
    """Short: each message costs money, and Cyrillic letters fill it twice as fast."""
    with translation.override(language):
        said = {"name": inviter, "programme": program, "link": link}
        said["points"] = format_decimal(points, locale=language)
        if not points:
            return _("%(name)s invites you to %(programme)s: %(link)s Answer STOP to hear nothing more.") % said
        return (
            ngettext(
                "%(name)s invites you to %(programme)s, with %(points)s point for a start: %(link)s Answer STOP to hear"
                " nothing more.",
                "%(name)s invites you to %(programme)s, with %(points)s points for a start: %(link)s Answer STOP to"
                " hear nothing more.",
                points,
            )
            % said
        )


def why_rejected(referral: Referral) -> str:
    """To staff. One whose time is over may not be written down yet."""
    if referral.reason == Reason.STAFF:
        return referral.note
    return str(Reason(referral.reason or Reason.EXPIRED).label)
