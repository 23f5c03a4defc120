"""One notation for every way to write a number."""

import pytest

from customers import phones
from customers.phones import InvalidPhone


@pytest.mark.parametrize(
    "text",
    ["050 123 45 67", "0501234567", "+994 50 123-45-67", "00994501234567", "994501234567", "(050) 123.45.67"],
)
def test_every_notation_is_the_same_number(text: str) -> None:
    assert phones.parse(text, "AZ") == "+994501234567"


def test_a_foreign_number_keeps_its_country() -> None:
    assert phones.parse("+7 912 345-67-89", "AZ") == "+79123456789"
    assert phones.parse("+1 201 555 0123", "AZ") == "+12015550123"


@pytest.mark.parametrize(
    "text",
    [
        "050 123",
        "12",
        "",
        "+994 50 123 45 67 89 01",
        "hello",
        "050 123 45 67 ext. 12",
        "+994501234567;ext=9",
        "😀",
        "5" * 10_000,
    ],
)
def test_what_is_too_short_too_long_or_a_desk_is_refused(text: str) -> None:
    with pytest.raises(InvalidPhone):
        phones.parse(text, "AZ")


def test_without_a_country_the_country_code_is_needed() -> None:
    assert phones.parse("+994 50 123 45 67", "") == "+994501234567"
    with pytest.raises(InvalidPhone):
        phones.parse("050 123 45 67", "")


def test_a_mask_leaves_enough_to_recognise_ones_own_number() -> None:
    assert phones.mask("+994501234567") == "+994 50 ••• •• 67"
    assert phones.ending("+994501234567") == "45 67"


def test_the_example_is_a_number_of_the_country() -> None:
    assert phones.parse(phones.example("RU"), "") == phones.parse(phones.example("RU"), "RU")
    assert phones.example("RU").startswith("+7")
    assert phones.example("").startswith("+")
