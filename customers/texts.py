"""What our messages say, in the reader's language. Short: a text message in Cyrillic letters holds 70 signs."""

from datetime import timedelta

from babel.numbers import format_decimal
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses.models import Business


def sender(*, business: Business) -> str:
    """Who writes: a business by its name, a confidential one as its programme. Telephones are read over shoulders."""
    return business.program.name if business.confidential else business.name


def code(*, language: str, code: str, lasts: timedelta) -> str:
    with translation.override(language):
        return _("%(code)s is your code for your points. It works for %(minutes)s minutes. Tell it to nobody.") % {
            "code": code,
            "minutes": lasts // timedelta(minutes=1),
        }


def spending_code(*, language: str, sender: str, code: str, points: int, lasts: timedelta) -> str:
    with translation.override(language):
        text = ngettext(
            "%(sender)s: %(code)s lets %(points)s of your points be spent. It works for %(minutes)s minutes.",
            "%(sender)s: %(code)s lets %(points)s of your points be spent. It works for %(minutes)s minutes.",
            points,
        )
        minutes = lasts // timedelta(minutes=1)
        return text % {"sender": sender, "code": code, "points": _number(points, language), "minutes": minutes}


def points_earned(*, language: str, sender: str, points: int, balance: int) -> str:
    with translation.override(language):
        text = ngettext(
            "%(sender)s: %(points)s point added. Your balance: %(balance)s.",
            "%(sender)s: %(points)s points added. Your balance: %(balance)s.",
            points,
        )
        return text % {"sender": sender, "points": _number(points, language), "balance": _number(balance, language)}


def points_promised(*, language: str, sender: str, points: int, day: str) -> str:
    """`day` is the one on which they can be spent, in the reader's language."""
    with translation.override(language):
        text = ngettext(
            "%(sender)s: %(points)s point is on its way. It is yours on %(day)s.",
            "%(sender)s: %(points)s points are on their way. They are yours on %(day)s.",
            points,
        )
        return text % {"sender": sender, "points": _number(points, language), "day": day}


def points_redeemed(*, language: str, sender: str, points: int, balance: int) -> str:
    with translation.override(language):
        text = ngettext(
            "%(sender)s: %(points)s point spent. Your balance: %(balance)s.",
            "%(sender)s: %(points)s points spent. Your balance: %(balance)s.",
            points,
        )
        return text % {"sender": sender, "points": _number(points, language), "balance": _number(balance, language)}


def points_expiring(*, language: str, sender: str, points: int, day: str) -> str:
    """`day` is the first on which some of them are gone, in the reader's language."""
    with translation.override(language):
        text = ngettext(
            "%(sender)s: %(points)s of your points expires on %(day)s. %(address)s",
            "%(sender)s: %(points)s of your points expire from %(day)s on. %(address)s",
            points,
        )
        address = settings.PUBLIC_BASE_URL + reverse("points")
        return text % {"sender": sender, "points": _number(points, language), "day": day, "address": address}


def tier_ending(*, language: str, sender: str, tier: str, day: str, lacking: str) -> str:
    """`day` and what is `lacking` to keep it, in the reader's language."""
    with translation.override(language):
        return _("%(sender)s: you have %(tier)s until %(day)s. Still needed to keep it: %(lacking)s. %(address)s") % {
            "sender": sender,
            "tier": tier,
            "day": day,
            "lacking": lacking,
            "address": settings.PUBLIC_BASE_URL + reverse("points"),
        }


def question_answered(*, language: str, sender: str) -> str:
    """Not what was answered: telephones are read over shoulders."""
    with translation.override(language):
        return _("%(sender)s: your question has been answered. Read it on %(address)s") % {
            "sender": sender,
            "address": settings.PUBLIC_BASE_URL + reverse("points"),
        }


def nudge(*, language: str, sender: str, text: str) -> str:
    """`text` as its business wrote it. Who reads an advertisement is told how to end them."""
    with translation.override(language):
        return _("%(sender)s: %(text)s STOP ends these messages.") % {"sender": sender, "text": text}


def _number(number: int, language: str) -> str:
    return format_decimal(number, locale=language)
