"""What a country decides for a business: currency, time zone and language, from CLDR by way of Babel."""

from functools import cache

from babel.core import Locale, get_global
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies
from django.conf import settings

# Where most of the trade of a country with several time zones goes on; the rest follow CLDR's own order.
MAIN_ZONES = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CD": "Africa/Kinshasa",
    "CL": "America/Santiago", "CY": "Asia/Nicosia", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta", "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty", "MH": "Pacific/Majuro", "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur", "PF": "Pacific/Tahiti", "PS": "Asia/Hebron", "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow", "US": "America/New_York", "UZ": "Asia/Tashkent", "XK": "Europe/Belgrade",
}  # fmt: skip


@cache
def countries(language: str) -> list[tuple[str, str]]:
    """ISO 3166 codes and names of all countries that have money and a clock, by name."""
    names: dict[str, str] = dict(Locale.parse(language).territories)  # type: ignore[arg-type]
    known = [code for code in names if len(code) == 2 and code.isalpha() and currencies(code) and time_zones(code)]
    return sorted(((code, names[code]) for code in known), key=lambda pair: pair[1].casefold())


def country(code: str, language: str) -> str:
    return str(Locale.parse(language).territories.get(code, code))


@cache
def currencies(country: str) -> list[str]:
    """The legal tender of today, the usual one first."""
    return list(get_territory_currencies(country))


@cache
def time_zones(country: str) -> list[str]:
    """All zones of a country, the main one first."""
    main = MAIN_ZONES.get(country)
    zones = get_global("territory_zones").get(country, [])
    return ([main] if main else []) + sorted(zone for zone in zones if zone != main)


@cache
def all_time_zones() -> list[str]:
    return sorted({zone for zones in get_global("territory_zones").values() for zone in zones})


def language(country: str) -> str:
    """The first of our languages that is official there, else English."""
    official = get_official_languages(country)
    ours = [code for code, _name in settings.LANGUAGES]
    return next((code for code in official if code in ours), "en")
