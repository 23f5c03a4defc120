"""Sales from a file: a CSV of any size, read as a stream and posted in chunks with a commit each.

A row is named by the hash of its content and by how often that content came before in the file, so that the same
file, or a longer export that begins with it, may be imported again and nothing is counted twice. The keys live in
a scope of their own, away from those that tills choose. A row that cannot be read is refused with a sentence and
never stops the rest.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from businesses.money import InvalidAmount, parse_amount
from customers import phones
from customers.registry import Named, enrol_many
from loyalty import bulk, ledger
from loyalty.earning import Earned, earn
from loyalty.purchases import MOST_AMOUNT, REPEATS
from loyalty.rules import Rules
from loyalty.tables import Row, Table, UnreadableFile

LONGEST_ID = 128
FIRST_YEAR = 1970
NOON = time(12)

# What shops call these columns, the most telling name first.
SYNONYMS = {
    "customer": "customer_id customer external_id client_id client member_id member loyalty_id card_number user_id"
    " buyer_id account_id cust_id household_id клиент müştəri",
    "phone": "phone phone_number mobile mobile_phone mobile_number customer_phone msisdn telephone tel cell"
    " телефон telefon",
    "date": "date datetime purchased_at purchase_date transaction_date transaction_timestamp sale_date order_date"
    " timestamp occurred_at created_at дата tarix",
    "amount": "amount total total_amount amount_paid order_total grand_total sale_amount sales_value sum revenue value"
    " сумма məbləğ",
}


TIERS = """
SELECT customer_id, tier_id FROM loyalty_wallet WHERE program_id = %s::bigint AND customer_id = ANY (%s::bigint[])"""


class BadRow(ValueError):
    """A row that is refused; the message is the sentence about it."""


@dataclass
class Tally:
    """What an import has done so far."""

    rows: int = 0
    posted: int = 0
    already_there: int = 0
    refused: int = 0
    new_customers: int = 0
    points: int = 0


class Sale(NamedTuple):
    """What a row says. Without a time (`at`) the moment is a convention. `key` names the row."""

    row: Row
    key: str
    person: Named
    amount: Decimal
    on: date
    at: datetime | None


class Chunk(NamedTuple):
    """The next rows of the file: those that are sales, and those that are not, each with its problem."""

    sales: list[Sale]
    refused: list[tuple[Row, str]]


Refuse = Callable[[Row, str], None]


def purchases(
    *,
    rules: Rules,
    source: BinaryIO,
    chosen: dict[str, str],
    refuse: Refuse,
    at: datetime,
    date_format: str | None = None,
) -> Iterator[Tally]:
    """Imports the sales of a CSV, plain or gzipped, and yields the tally as it grows, the last one at the end.

    `chosen` names columns (`customer`, `phone`, `date`, `amount`) where the header does not tell. Dates are ISO 8601
    or DD.MM.YYYY unless `date_format` (strptime) says otherwise; one without a time is noon in the business's zone.
    `refuse` is told every row that is not posted. Raises `UnreadableFile`.
    """
    table = Table(source)
    reader = _Reader(rules, table, match_columns(table.header, chosen), at, date_format)
    poster = _Poster(rules, at, refuse)
    # The next chunk is read, in the reader's language, while the database posts this one.
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(copy_context().run, reader.chunk)
        while (chunk := following.result()).sales or chunk.refused:
            following = ahead.submit(copy_context().run, reader.chunk)
            poster.post(chunk)
            yield poster.tally
    yield poster.tally


def match_columns(header: list[str], chosen: dict[str, str]) -> dict[str, int]:
    """Where `customer`, `phone`, `date` and `amount` stand: where chosen, else where a usual name stands."""
    names = [_plain_name(name) for name in header]
    columns = {}
    for kind, synonyms in SYNONYMS.items():
        wanted = [_plain_name(chosen[kind])] if kind in chosen else synonyms.split()
        found = next((names.index(name) for name in wanted if name in names), None)
        if found is not None:
            columns[kind] = found
        elif kind in chosen:
            raise UnreadableFile(_no_column(chosen[kind], header))
    for kind in ("date", "amount"):
        if kind not in columns:
            raise UnreadableFile(_no_column(kind, header))
    if "customer" not in columns and "phone" not in columns:
        raise UnreadableFile(_no_column("customer_id / phone", header))
    return columns


def _plain_name(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def _no_column(wanted: str, header: list[str]) -> str:
    return _("There is no column “%(wanted)s”. The file's columns are: %(columns)s. Name the right ones.") % {
        "wanted": wanted,
        "columns": ", ".join(name[:40] for name in header[:40]),
    }


class _Reader:
    """Reads rows as sales; every doubt is a `BadRow`."""

    def __init__(
        self, rules: Rules, table: Table, columns: dict[str, int], at: datetime, date_format: str | None
    ) -> None:
        self.rules, self.rows, self.columns, self.date_format = rules, iter(table), columns, date_format
        self.zone = ZoneInfo(rules.time_zone)
        self.today, self.latest = at.astimezone(self.zone).date(), at + timedelta(minutes=5)
        # 56 bits of each content's hash: about 80 bytes of memory a row, the only thing that grows with the file.
        self.seen: dict[int, int] = {}

    def chunk(self) -> Chunk:
        chunk = Chunk([], [])
        for row in islice(self.rows, bulk.CHUNK_ROWS):
            try:
                chunk.sales.append(self._sale(row))
            except BadRow as problem:
                chunk.refused.append((row, str(problem)))
        return chunk

    def _sale(self, row: Row) -> Sale:
        if row.problem:
            raise BadRow(row.problem)
        person, amount, written = self._person(row), self._amount(row), self._field(row, "date")
        return Sale(row, self._key(row, written[:10]), person, amount, *self._moment(written))

    def _key(self, row: Row, written_on: str) -> str:
        content = blake2b("\x1f".join(row.fields).encode(), digest_size=16).digest()
        mark = int.from_bytes(content[:7], "big")
        self.seen[mark] = self.seen.get(mark, 0) + 1
        # The day as written leads: files come in the order of time, so that the index of keys grows at its end.
        return f"{written_on}:{content.hex()}:{self.seen[mark]}"

    def _field(self, row: Row, kind: str) -> str:
        return row.fields[self.columns[kind]].strip() if kind in self.columns else ""

    def _person(self, row: Row) -> Named:
        phone, external_id = self._field(row, "phone"), self._field(row, "customer")
        if not phone and not external_id:
            raise BadRow(_("The row names no customer."))
        if len(external_id) > LONGEST_ID:
            raise BadRow(_("The customer's id is longer than %(most)s characters.") % {"most": LONGEST_ID})
        return Named(_phone(phone, self.rules.country) if phone else None, external_id or None)

    def _amount(self, row: Row) -> Decimal:
        text = self._field(row, "amount")
        if text[:1] in ("-", "\u2212", "("):
            raise BadRow(_("The amount is negative. Refunds are recorded on the purchase they belong to."))
        try:
            amount = parse_amount(text, self.rules.currency)
        except InvalidAmount as error:
            raise BadRow(str(error)) from error
        if amount >= MOST_AMOUNT:
            raise BadRow(_("The amount has to be below %(most)s.") % {"most": f"{MOST_AMOUNT:f}"})
        return amount

    def _moment(self, text: str) -> tuple[date, datetime | None]:
        try:
            moment = _parse_date(text, self.date_format)
        except ValueError as error:
            sentence = _("The date “%(date)s” cannot be read. Write it as 2026-03-31, or say how it is written.")
            raise BadRow(sentence % {"date": text[:40]}) from error
        if moment.year < FIRST_YEAR:
            raise BadRow(_("The date lies before %(year)s.") % {"year": FIRST_YEAR})
        if moment.year > self.today.year + 1:  # year 9999 has moments that no zone can hold
            raise BadRow(_("The date lies in the future."))
        if not isinstance(moment, datetime):
            on, at = moment, None
        else:
            at = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            on = at.astimezone(self.zone).date()
        if on > self.today or (at and at > self.latest):
            raise BadRow(_("The date lies in the future."))
        return on, at


@lru_cache(maxsize=20_000)
def _phone(text: str, country: str) -> str:
    try:
        return phones.parse(text, country)
    except phones.InvalidPhone as error:
        raise BadRow(_("“%(phone)s” is no phone number.") % {"phone": text[:40]}) from error


@lru_cache(maxsize=20_000)
def _parse_date(text: str, date_format: str | None) -> date:
    """A `datetime` only where the text has a time."""
    if date_format:
        moment = datetime.strptime(text, date_format)
        return moment if "%H" in date_format or "%I" in date_format else moment.date()
    if re.match(r"\d\d?\.\d\d?\.\d{4}", text):
        days, _space, rest = text.partition(" ")
        on = datetime.strptime(days, "%d.%m.%Y").date()
        return datetime.combine(on, time.fromisoformat(rest)) if rest else on
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


class _Poster:
    """Enrols the customers of a chunk and posts its sales."""

    def __init__(self, rules: Rules, at: datetime, refuse: Refuse) -> None:
        self.rules, self.at, self.tell = rules, at, refuse
        self.zone = ZoneInfo(rules.time_zone)
        self.tally = Tally()
        self.earned: dict[tuple[Decimal, int | None], Earned] = {}

    def post(self, chunk: Chunk) -> None:
        """Whose tier moved between the reading of it and the posting is computed and sent again."""
        self.tally.rows += len(chunk.sales) + len(chunk.refused)
        for row, sentence in chunk.refused:
            self._refuse(row, sentence)
        customers = enrol_many(business_id=self.rules.business_id, people=[sale.person for sale in chunk.sales])
        waiting = list(zip(chunk.sales, customers, strict=True))
        known = tiers = self._tiers(customers)
        joined: set[int] = set()
        for _attempt in range(REPEATS):
            rows = [self._row(sale, customer, tiers.get(customer)) for sale, customer in waiting]
            outcomes = list(zip(waiting, self._outcomes(rows), strict=True))
            joined.update(customer for (_sale, customer), outcome in outcomes if outcome == "posted")
            for (sale, _customer), posting, (_sent, outcome) in zip(waiting, rows, outcomes, strict=True):
                self._count(sale.row, posting.earned.points, outcome)
            waiting = [sent for sent, outcome in outcomes if outcome == "stale"]
            if not waiting:
                break
            tiers = self._tiers(customers)
        for sale, _customer in waiting:
            self._refuse(sale.row, _("The customer's tier kept changing. Import the file again."))
        self.tally.new_customers += len(joined - known.keys())

    def _refuse(self, row: Row, sentence: str) -> None:
        self.tally.refused += 1
        self.tell(row, sentence)

    def _tiers(self, customers: list[int]) -> dict[int, int | None]:
        with connection.cursor() as cursor:
            cursor.execute(TIERS, [self.rules.program_id, customers])
            return dict(cursor.fetchall())

    def _row(self, sale: Sale, customer_id: int, tier_id: int | None) -> bulk.Row:
        # Noon of today may not have come yet; what names the sale must not depend on when it is imported.
        occurred_at = sale.at or min(datetime.combine(sale.on, NOON, self.zone), self.at)
        content = {"customer": customer_id, "amount": sale.amount, "on": sale.on, "at": sale.at}
        return bulk.Row(
            key=sale.key,
            customer_id=customer_id,
            branch_id=self.rules.first_branch_id,
            amount=sale.amount,
            earned=self._earn(sale.amount, tier_id),
            occurred_at=occurred_at,
            expires_at=self.rules.expires_at(occurred_at),
            tier_id=tier_id,
            input_hash=ledger.input_hash("purchase", content),
        )

    def _earn(self, amount: Decimal, tier_id: int | None) -> Earned:
        """Prices repeat, and the trail costs more than the arithmetic."""
        found = self.earned.get((amount, tier_id))
        if found is None:
            found = earn(amount=amount, terms=self.rules.terms, multipliers=self.rules.multipliers(tier_id))
            if len(self.earned) < 20_000:
                self.earned[amount, tier_id] = found
        return found

    def _outcomes(self, rows: list[bulk.Row]) -> list[str]:
        scope = f"business:{self.rules.business_id}:import"
        return [each for chunk in bulk.post_many(rules=self.rules, scope=scope, rows=rows) for each in chunk]

    def _count(self, row: Row, points: int, outcome: str) -> None:
        if outcome == "posted":
            self.tally.posted += 1
            self.tally.points += points
        elif outcome == "replayed":
            self.tally.already_there += 1
        elif outcome == "blocked":
            self._refuse(row, _("The operator has blocked this customer: no points are given or spent."))
        elif outcome != "stale":
            self._refuse(row, _("This row was imported before, then with another customer, date or amount."))
