"""What people write as an amount, and how amounts are shown."""

from decimal import Decimal

import pytest
from django.utils import translation

from businesses.money import InvalidAmount, decimals, parse_amount, show_amount


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12", "AZN", "12.00"),
        ("12.5", "AZN", "12.50"),
        ("12,50", "AZN", "12.50"),
        (" 12,50 ", "AZN", "12.50"),
        ("12.", "AZN", "12.00"),
        ("0", "AZN", "0.00"),
        ("1 234,50", "RUB", "1234.50"),
        ("1\u00a0234\u202f567", "RUB", "1234567.00"),
        ("999999999.99", "USD", "999999999.99"),
        ("1200", "JPY", "1200"),
        ("1.234", "KWD", "1.234"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, currency: str, amount: str) -> None:
    read = parse_amount(text, currency)
    assert read == Decimal(amount)
    assert read.as_tuple().exponent == -decimals(currency)


ODD = ["", " ", "abc", "-1", "−1", "+1", "1e9", "1E2", "NaN", "Infinity", "0x10", "1_000", ".", ",5", "12 50", "1 23"]
ODDER = ["1,234.50", "1.234,50", "12.5.0", "12..5", "١٢", "１２", "1\x002", "12\n13", "<b>1</b>", "🍎", "9" * 10_000]


@pytest.mark.parametrize("text", [*ODD, *ODDER])
def test_what_is_no_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidAmount, match=r"such as 12\.50"):
        parse_amount(text, "AZN")


@pytest.mark.parametrize(
    ("text", "currency"), [("12.505", "AZN"), ("1,234", "USD"), ("12.5", "JPY"), ("1.2345", "KWD")]
)
def test_more_decimals_than_the_currency_has_are_refused_and_never_rounded(text: str, currency: str) -> None:
    with pytest.raises(InvalidAmount, match=currency):
        parse_amount(text, currency)


@pytest.mark.parametrize("text", ["1000000000", "1 000 000 000", "9" * 20])
def test_an_amount_of_ten_digits_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount, match="nine digits"):
        parse_amount(text, "AZN")


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        ("1204.5", "AZN", "en", "1,204.50\u00a0₼"),
        ("1204.5", "AZN", "az", "1.204,50\u00a0₼"),
        ("1204.5", "AZN", "ru", "1\u00a0204,50\u00a0₼"),
        ("1204.5", "RUB", "ru", "1\u00a0204,50\u00a0₽"),
        ("12", "USD", "en", "$12.00"),
        ("1200", "JPY", "en", "¥1,200"),
        ("1.5", "KZT", "en", "1.50\u00a0KZT"),
        ("-3", "AZN", "en", "−3.00\u00a0₼"),
    ],
)
def test_an_amount_is_shown_as_its_reader_writes_it(amount: str, currency: str, language: str, shown: str) -> None:
    assert show_amount(Decimal(amount), currency, language) == shown


def test_an_example_is_written_as_its_reader_writes_it() -> None:
    with translation.override("ru"), pytest.raises(InvalidAmount, match="12,50"):
        parse_amount("abc", "AZN")
