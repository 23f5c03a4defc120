"""Amounts of money: read from what people and tills write, shown as the reader's language writes them."""

import re
from decimal import Decimal
from functools import cache, lru_cache

from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
)
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

LARGEST = Decimal("999999999.999")
# A point or a comma before the decimals; thousands may stand apart, but only by a space: who writes "1,234"
# means a thousand in London and one and a bit in Baku.
AMOUNT = re.compile(r"([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]{1,20})(?:[.,]([0-9]{0,20}))?")


class InvalidAmount(ValueError):
    """Not an amount of the currency; the message is for the person who wrote it."""


def parse_amount(text: str, currency: str) -> Decimal:
    """`12,5` → 12.50, with the decimals of the currency; zero is an amount, a minus is not. Raises `InvalidAmount`."""
    found = AMOUNT.fullmatch(text.strip())
    if not found:
        raise InvalidAmount(_("Write an amount in digits, such as %(example)s.") % {"example": _example(currency)})
    whole, fraction = re.sub(r"\D", "", found[1]), found[2] or ""
    places = decimals(currency)
    if len(fraction) > places:
        raise InvalidAmount(_too_many_decimals(currency, places))
    amount = Decimal(f"{whole}.{fraction:0<{places}}" if places else whole)
    if amount > LARGEST:
        raise InvalidAmount(_("That is more than we can count: an amount has at most nine digits before the point."))
    return amount


def decimals(currency: str) -> int:
    """How many digits stand behind the point: 2 for AZN, 0 for JPY, 3 for KWD (ISO 4217 as in CLDR)."""
    return get_currency_precision(currency)


def show_amount(amount: Decimal, currency: str, language: str) -> str:
    """`1,204.50 ₼`, `$12.00`, `1 204,50 ₽`: CLDR's format, with a minus that is one."""
    return _shown(amount + 0, currency, language)  # a nought below nought is equal to one that is not


@lru_cache(4096)
def _shown(amount: Decimal, currency: str, language: str) -> str:
    if get_currency_symbol(currency, language) != currency:
        shown = format_currency(amount, currency, locale=language)
    else:
        # The language has no sign for it. A borrowed one, or the code, stands behind, as it does at home.
        pattern = "#,##0." + "0" * decimals(currency)
        shown = f"{format_decimal(amount, pattern, locale=language)}\u00a0{symbol(currency, language)}"
    return shown.replace("-", "\u2212")


def show_round(amount: Decimal, currency: str, language: str) -> str:
    """The same without the decimals of a whole amount: `500 ₼`, `12,50 ₼`."""
    shown, places = show_amount(amount, currency, language), decimals(currency)
    if amount != amount.to_integral_value() or not places:
        return shown
    return shown.replace(get_decimal_symbol(language) + "0" * places, "")


def plain(amount: Decimal, currency: str) -> str:
    """`1204.50`: the decimals of the currency and nothing else, for machines."""
    return format(amount.quantize(_smallest(currency)), "f")


@cache
def _smallest(currency: str) -> Decimal:
    """The least that can be paid in it."""
    return Decimal(1).scaleb(-decimals(currency))


@cache
def symbol(currency: str, language: str) -> str:
    """The sign of a currency: in this language, or else in one of ours that knows it (₼), or else its code."""
    languages = [language, *(code for code, _name in settings.LANGUAGES)]
    signs = (get_currency_symbol(currency, each) for each in languages)
    return next((sign for sign in signs if sign != currency), currency)


def _example(currency: str) -> str:
    places = decimals(currency)
    return str(format_decimal(Decimal("12.5") if places else 12, "0." + "0" * places, locale=get_language()))


def _too_many_decimals(currency: str, places: int) -> str:
    if not places:
        return _("An amount in %(currency)s has no decimals.") % {"currency": currency}
    return _("An amount in %(currency)s has at most %(places)s decimals, such as %(example)s.") % {
        "currency": currency,
        "places": places,
        "example": _example(currency),
    }
