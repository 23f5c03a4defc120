"""What a country decides."""

from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from businesses import places


@pytest.mark.parametrize(
    ("country", "currency", "zone", "language"),
    [
        ("AZ", "AZN", "Asia/Baku", "az"),
        ("RU", "RUB", "Europe/Moscow", "ru"),
        ("US", "USD", "America/New_York", "en"),
        ("KZ", "KZT", "Asia/Almaty", "ru"),
        ("GE", "GEL", "Asia/Tbilisi", "en"),
        ("PS", "ILS", "Asia/Hebron", "en"),
    ],
)
def test_a_country_has_a_currency_a_time_zone_and_a_language(
    country: str, currency: str, zone: str, language: str
) -> None:
    assert places.currencies(country)[0] == currency
    assert places.time_zones(country)[0] == zone
    assert places.language(country) == language


def test_countries_are_named_in_the_readers_language() -> None:
    assert dict(places.countries("az"))["DE"] == "Almaniya"
    assert dict(places.countries("ru"))["DE"] == "Германия"
    assert len(places.countries("en")) > 200


@pytest.mark.django_db
def test_python_and_the_database_know_every_time_zone() -> None:
    zones = {zone for code, _name in places.countries("en") for zone in places.time_zones(code)}
    for zone in zones:
        ZoneInfo(zone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT zone FROM unnest(%s::text[]) zone WHERE now() AT TIME ZONE zone IS NULL", [list(zones)])
        assert cursor.fetchall() == []
