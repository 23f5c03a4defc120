"""Phone numbers in one notation: E.164, read and shown through Google's libphonenumber."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType


class InvalidPhone(ValueError):
    """Not a phone number that could exist."""


def parse(text: str, country: str) -> str:
    """Any notation, with `country` (ISO 3166) as the default, to E.164; raises `InvalidPhone`.

    An extension belongs to a desk, not to a person, and is refused.
    """
    try:
        number = phonenumbers.parse(text[:64], country)
    except NumberParseException as error:
        raise InvalidPhone(text[:64]) from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise InvalidPhone(text[:64])
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def show(phone: str, country: str = "") -> str:
    """E.164 as people write it: international, or national for a number of `country`."""
    number = phonenumbers.parse(phone)
    at_home = country and phonenumbers.region_code_for_number(number) == country
    notation = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, notation)


def mask(phone: str) -> str:
    """+994 50 ••• •• 67: enough to recognise one's own number."""
    shown = show(phone)
    head, tail = len(shown.split(" ")[0]) + 3, len(shown) - 2
    return "".join("•" if head <= at < tail and sign.isdigit() else sign for at, sign in enumerate(shown))


def ending(phone: str) -> str:
    """45 67: what one says aloud."""
    return f"{phone[-4:-2]} {phone[-2:]}"


def example(country: str) -> str:
    """A mobile number of the country as it is written from abroad, for a hint beside a field."""
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL) if number else "+994 50 123 45 67"
