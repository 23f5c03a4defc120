"""What stands in a row, read field by field. Every doubt is a `BadField`, which refuses the row with a sentence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from businesses import names
from businesses.money import InvalidAmount, parse_amount
from customers import phones
from customers.registry import Named
from loyalty.importing.files import AnyTable
from loyalty.purchases import MOST_AMOUNT
from loyalty.rules import Rules
from loyalty.tables import Row

LONGEST_ID = 128
FIRST_YEAR = 1970
FARTHEST = timedelta(days=100 * 365)  # ahead, of what may lie there
YES = {"1", "true", "yes", "y", "x", "+", "да", "bəli", "hə"}
NO = {"", "0", "false", "no", "n", "-", "нет", "xeyr", "yox"}


class BadField(ValueError):
    """A row that is refused; the message is the sentence about it, `name` the field that it is about."""

    def __init__(self, sentence: str, name: str = "") -> None:
        super().__init__(sentence)
        self.name = name


class Refusal(NamedTuple):
    """A row that does not come in: its number in the file, the field and what stands there, and why."""

    line: int
    field: str
    text: str
    reason: str


class Unit(NamedTuple):
    """What comes in together, a record or a sale of several rows: these, and what they say or why they are refused."""

    rows: list[Row]
    value: Any = None
    refusals: tuple[Refusal, ...] = ()


@dataclass
class Tally:
    """What became of the rows. `posted` and `already_there` count sales or records, `rows` and `refused` rows of the
    file; `amount` and `points` are those that came in."""

    rows: int = 0
    posted: int = 0
    already_there: int = 0
    refused: int = 0
    new_customers: int = 0
    points: int = 0
    lines: int = 0
    changed: int = 0
    branches: int = 0
    amount: Decimal = field(default_factory=Decimal)


@dataclass(frozen=True)
class Source:
    """A table and where what stands in it. `again` opens the same table once more, from its beginning."""

    table: AnyTable
    columns: Mapping[str, int]
    again: Any
    date_format: str | None = None


class Fields:
    """Reads the fields of rows by the rules of a business: its country's phones, its currency, its clock."""

    def __init__(self, rules: Rules, columns: Mapping[str, int], at: datetime, date_format: str | None) -> None:
        self.rules, self.columns, self.date_format = rules, columns, date_format or None
        self.zone = ZoneInfo(rules.time_zone)
        self.at, self.today, self.latest = at, at.astimezone(self.zone).date(), at + timedelta(minutes=5)

    def has(self, name: str) -> bool:
        return name in self.columns

    def text(self, row: Row, name: str) -> str:
        return row.fields[self.columns[name]].strip() if name in self.columns else ""

    def person(self, row: Row) -> Named:
        phone, external_id = self.text(row, "phone"), self.text(row, "customer")
        if not phone and not external_id:
            raise BadField(_("The row names no customer."), "phone" if self.has("phone") else "customer")
        if len(external_id) > LONGEST_ID:
            said = _("The customer's id is longer than %(most)s characters.")
            raise BadField(said % {"most": LONGEST_ID}, "customer")
        return Named(_phone(phone, self.rules.country) if phone else None, external_id or None)

    def amount(self, row: Row, name: str = "amount") -> Decimal:
        text = self.text(row, name)
        if text[:1] in ("-", "\u2212", "("):
            said = _("The amount is negative. Refunds are recorded on the purchase they belong to.")
            raise BadField(said if name == "amount" else _("The amount is negative."), name)
        try:
            amount = _amount(text, self.rules.currency)
        except InvalidAmount as error:
            raise BadField(str(error), name) from error
        if amount >= MOST_AMOUNT:
            raise BadField(_("The amount has to be below %(most)s.") % {"most": f"{MOST_AMOUNT:f}"}, name)
        return amount

    def quantity(self, row: Row) -> Decimal:
        """Above 0, with three decimals; one where nothing is said, or nought as tills write of what has no number."""
        text = self.text(row, "quantity").replace(",", ".")
        try:
            number = Decimal(text or 1)
        except InvalidOperation:
            number = Decimal(-1)
        if not (number.is_finite() and 0 <= number < 10**6):
            raise BadField(_("The quantity has to be a number above 0."), "quantity")
        return round(number, 3) or Decimal(1)

    def whole(self, row: Row, name: str, most: int) -> int:
        text = re.sub(r"[ \u00a0\u202f]", "", self.text(row, name))
        if not re.fullmatch(r"[0-9]{1,13}", text) or not 0 < int(text) <= most:
            raise BadField(_("This has to be a whole number above 0."), name)
        return int(text)

    def named(self, row: Row, name: str, most: int) -> str:
        """A name or a line of text as a form would take it; empty where nothing is said."""
        text = self.text(row, name)
        if not text:
            return ""
        try:
            found = names.clean(text)
        except names.InvalidName as error:
            raise BadField(str(error), name) from error
        if len(found) > most:
            raise BadField(_("This is longer than %(most)s characters.") % {"most": most}, name)
        return found

    def email(self, row: Row) -> str:
        text = self.text(row, "email")
        try:
            if text:
                validate_email(text)
        except ValidationError as error:
            raise BadField(_("This is no e-mail address."), "email") from error
        return text[:254]

    def yes_or_no(self, row: Row, name: str) -> bool | None:
        if not self.has(name):
            return None
        text = self.text(row, name).lower()
        if text not in YES | NO:
            raise BadField(_("Write yes or no."), name)
        return text in YES

    def day(self, row: Row, name: str) -> date:
        moment = self._date(row, name)
        return moment.date() if isinstance(moment, datetime) else moment

    def moment(self, row: Row) -> tuple[date, datetime | None]:
        """The local day of a sale, and its moment where the row has one. Not in the future."""
        moment = self._date(row, "date")
        if moment.year > self.today.year + 1:  # year 9999 has moments that no zone can hold
            raise BadField(_("The date lies in the future."), "date")
        if not isinstance(moment, datetime):
            on, at = moment, None
        else:
            at = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            on = at.astimezone(self.zone).date()
        if on > self.today or (at and at > self.latest):
            raise BadField(_("The date lies in the future."), "date")
        return on, at

    def _date(self, row: Row, name: str) -> date:
        text = self.text(row, name)
        try:
            moment = _parse_date(text, self.date_format)
        except ValueError as error:
            sentence = _("The date “%(date)s” cannot be read. Write it as 2026-03-31, or say how it is written.")
            raise BadField(sentence % {"date": text[:40]}, name) from error
        if moment.year < (FIRST_YEAR if name == "date" else 1900):
            raise BadField(_("The date lies before %(year)s.") % {"year": FIRST_YEAR if name == "date" else 1900}, name)
        return moment

    def refusal(self, row: Row, problem: BadField | str) -> Refusal:
        name = problem.name if isinstance(problem, BadField) else ""
        text = self.text(row, name) if name and row.fields else row.text
        return Refusal(row.line, name, text.replace("\0", "\ufffd")[:250], str(problem)[:250])


def one_by_one(table: AnyTable, read: Any, fields: Fields) -> Iterator[Unit]:
    """Rows that are records of their own, as `read` makes them of a row."""
    for row in table:
        try:
            if row.problem:
                raise BadField(row.problem)
            yield Unit([row], read(row))
        except BadField as problem:
            yield Unit([row], None, (fields.refusal(row, problem),))


def _plain_zeros(text: str) -> str:
    """`3.860000000000` is what programs make of 3.86. Three decimals stay: they may be thousands."""
    written = text.endswith("0") and re.search(r"[.,][0-9]{4,}$", text)
    return re.sub(r"([.,][0-9]*?)0+$", r"\1", text) if written else text


@lru_cache(maxsize=20_000)
def _amount(text: str, currency: str) -> Decimal:
    return parse_amount(_plain_zeros(text), currency)


@lru_cache(maxsize=20_000)
def _phone(text: str, country: str) -> str:
    try:
        return phones.parse(text, country)
    except phones.InvalidPhone as error:
        raise BadField(_("“%(phone)s” is no phone number.") % {"phone": text[:40]}, "phone") from error


@lru_cache(maxsize=20_000)
def _parse_date(text: str, date_format: str | None) -> date:
    """A `datetime` only where the text has a time."""
    if date_format:
        return _by_format(text, date_format)
    if re.match(r"\d\d?\.\d\d?\.\d{4}", text):
        days, _space, rest = text.partition(" ")
        on = datetime.strptime(days, "%d.%m.%Y").date()
        return datetime.combine(on, time.fromisoformat(rest)) if rest else on
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


def _by_format(text: str, date_format: str) -> date:
    """A format without a time also reads a day that a time follows."""
    if "%H" in date_format or "%I" in date_format:
        return datetime.strptime(text, date_format)
    try:
        return datetime.strptime(text, date_format).date()
    except ValueError:
        days, space, rest = text.partition(" ")
        if not space:
            raise
        return datetime.combine(datetime.strptime(days, date_format).date(), time.fromisoformat(rest))
