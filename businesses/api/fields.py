"""Reads the fields of a JSON body, and collects what is wrong with each for one answer."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from businesses.api.problems import Problem
from businesses.money import InvalidAmount, parse_amount

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class Fields:
    """Take each field once, then call `done()`: it raises one 422 with every error, or says what is unknown.

    A field of the contract that is not supported yet is refused, never ignored.
    """

    def __init__(self, body: dict[str, Any], *, not_supported: Iterable[str] = (), within: str = "") -> None:
        self._body = dict(body)
        self._within = within
        self.errors: dict[str, list[str]] = {}
        for name in not_supported:
            if self._body.pop(name, None) is not None:
                raise Problem(
                    422,
                    "not_supported",
                    f"“{within}{name}” is not supported yet.",
                    errors={within + name: ["Not supported yet."]},
                )

    def error(self, name: str, message: str) -> None:
        self.errors.setdefault(self._within + name, []).append(message)

    def has(self, name: str) -> bool:
        return self._body.get(name) is not None

    def read(self, name: str, parse: Callable[[Any], T], *, required: bool = False) -> T | None:
        """The parsed field; None when it is absent, null or wrong. `parse` raises ValueError with the message."""
        value = self._body.pop(name, None)
        if value is None:
            if required:
                self.error(name, "Required.")
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.error(name, str(error))
            return None

    def done(self) -> None:
        for name in self._body:
            self.error(str(name)[:64], "No such field.")
        if self.errors:
            raise Problem(422, "invalid", "Some fields are wrong.", errors=self.errors)


def text(most: int, *, least: int = 1) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Has to be text.")
        words: str = value.strip()
        if "\0" in words:
            raise ValueError("Must not contain NUL.")
        if not least <= len(words) <= most:
            raise ValueError(f"Has to be {least}–{most} characters long.")
        return words

    return parse


def whole(least: int, most: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("Has to be a whole number.")
        if not least <= value <= most:
            raise ValueError(f"Has to be between {least} and {most}.")
        return value

    return parse


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Has to be true or false.")
    return value


def amount(currency: str, *, least: Decimal = Decimal(0)) -> Callable[[Any], Decimal]:
    """Money in `currency`, as a decimal string (a JSON number is read by its digits)."""

    def parse(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("Has to be a decimal string.")
        try:
            parsed = parse_amount(str(value), currency)
        except InvalidAmount as error:
            raise ValueError(str(error)) from error
        if parsed < least:
            raise ValueError(f"Has to be at least {least}.")
        return parsed

    return parse


def moment(value: Any) -> datetime:
    """RFC 3339, with its offset."""
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("Has to be a moment such as 2026-03-01T12:30:00+04:00.") from error
    if parsed.tzinfo is None:
        raise ValueError("Needs its offset from UTC, such as Z or +04:00.")
    if parsed < EARLIEST:
        raise ValueError("Is too long ago.")
    if parsed > datetime.now(UTC) + timedelta(days=1):  # the ledger's clock judges what is nearer
        raise ValueError("Lies more than 5 minutes ahead.")
    return parsed


def uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError("Is not an id.") from error


def one_of(*names: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in names:
            raise ValueError(f"Has to be one of {', '.join(names)}.")
        return str(value)

    return parse


def day(value: Any) -> date:
    """A past day since 1900, such as a birthday."""
    parsed = any_day(value)
    if not date(1900, 1, 1) <= parsed <= datetime.now(UTC).date():
        raise ValueError("Has to be a past day since 1900.")
    return parsed


def any_day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("Has to be a day such as 1990-02-28.") from error


def email(value: Any) -> str:
    parsed = text(254)(value)
    try:
        validate_email(parsed)
    except ValidationError as error:
        raise ValueError("Is not an e-mail address.") from error
    return parsed
