"""Sales from a file of any size, posted in chunks with a commit each. A sale is a row, or all rows of a receipt.

A row is named by the hash of its content and by how often that content came before in the file, a receipt by its
branch, day and number: so the same file, or a longer export that begins with it, may come again and nothing counts
twice. The keys live in a scope of their own, away from those that tills choose. What cannot be read is refused with a
sentence and never stops the rest.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_CEILING, Decimal
from hashlib import blake2b
from itertools import islice
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from businesses import alphabet, branches
from businesses.models import Branch
from customers.registry import Named, enrol_many
from loyalty import bulk, ledger
from loyalty.earning import Earned, earn
from loyalty.importing.columns import guess, plain
from loyalty.importing.fields import BadField, Fields, Refusal, Source, Tally, Unit
from loyalty.models import ImportKind
from loyalty.purchases import REPEATS
from loyalty.rules import Rules
from loyalty.tables import Row, Table, UnreadableFile

NOON = time(12)
MOST_LINES = 1_000
GUESSED = ("customer", "phone", "date", "amount")
OF_LINES = ("sku", "name", "category", "quantity", "discount")
MILLS = Decimal("0.001")
NOTHING_EARNED = Earned(0, [{"rule": "import", "operation": "exclude", "value": "0"}])

TIERS = """
SELECT customer_id, tier_id FROM loyalty_wallet WHERE program_id = %s::bigint AND customer_id = ANY (%s::bigint[])"""
KNOWN = """
SELECT coalesce(x.customer_id, c.id)
  FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS s(phone, external_id, n)
  LEFT JOIN customers_externalid x ON x.business_id = %s::bigint AND x.external_id = s.external_id
  LEFT JOIN customers_customer c ON c.phone = s.phone
 ORDER BY s.n"""
POSTED = "SELECT key, input_hash FROM loyalty_operation WHERE scope = %s::text AND key = ANY (%s::text[])"


@dataclass(frozen=True)
class Terms:
    """How sales come in: whether they earn, and whether a branch that nobody knows is opened or refused."""

    earns: bool = True
    makes_branches: bool = False
    staff_id: int | None = None


class Sale(NamedTuple):
    """What a row or a receipt says. Without a time (`at`) the moment is a convention. `key` names it."""

    key: str
    person: Named
    amount: Decimal
    on: date
    at: datetime | None
    branch: str = ""
    lines: list[dict[str, Any]] | None = None


Refuse = Callable[[Row, str], None]


def purchases(
    *,
    rules: Rules,
    source: BinaryIO,
    chosen: dict[str, str],
    refuse: Refuse,
    at: datetime,
    date_format: str | None = None,
    terms: Terms | None = None,
) -> Iterator[Tally]:
    """Imports the sales of a CSV, plain or gzipped, and yields the tally as it grows, the last one at the end.

    `chosen` names columns where the header does not tell; what the lines of a receipt are is never guessed. Dates are
    ISO 8601 or DD.MM.YYYY unless `date_format` (strptime) says otherwise; one without a time is noon in the business's
    zone. `refuse` is told every row that is not posted. Raises `UnreadableFile`.
    """

    def opened() -> Table:
        source.seek(0)
        return Table(source)

    columns = match_columns(opened().header, chosen)
    reader = Reader(rules, Source(opened(), columns, opened, date_format), at)
    poster = Poster(rules, at, terms or Terms())
    units = reader.units()
    tally = Tally()
    # The next chunk is read, in the reader's language, while the database posts this one.
    with ThreadPoolExecutor(1) as ahead, seldom_collected():
        following = ahead.submit(copy_context().run, _chunk, units)
        while chunk := following.result():
            following = ahead.submit(copy_context().run, _chunk, units)
            added, refusals = poster.take(chunk)
            rows = {row.line: row for unit in chunk for row in unit.rows} if refusals else {}
            for refusal in refusals:
                refuse(rows[refusal.line], refusal.reason)
            add(tally, added)
            yield tally
    yield tally


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Rows are made by the million and point at nothing that points back: looking for such circles takes long."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _chunk(units: Iterator[Unit]) -> list[Unit]:
    return list(islice(units, bulk.CHUNK_ROWS))


def add(tally: Tally, more: Tally) -> None:
    for name, value in vars(more).items():
        setattr(tally, name, getattr(tally, name) + value)


def match_columns(header: list[str], chosen: dict[str, str]) -> dict[str, int]:
    """Where customer, phone, date and amount stand: where chosen, else where a usual name stands; the others where
    chosen alone."""
    names = [plain(name) for name in header]
    guessed = guess(ImportKind.PURCHASES, header)
    columns = {name: place for name, place in guessed.items() if name in GUESSED}
    for name, column in chosen.items():
        if plain(column) not in names:
            raise UnreadableFile(_no_column(column, header))
        columns[name] = names.index(plain(column))
    for name in ("date", "amount"):
        if name not in columns:
            raise UnreadableFile(_no_column(name, header))
    if "customer" not in columns and "phone" not in columns:
        raise UnreadableFile(_no_column("customer_id / phone", header))
    return columns


def _no_column(wanted: str, header: list[str]) -> str:
    return _("There is no column “%(wanted)s”. The file's columns are: %(columns)s. Name the right ones.") % {
        "wanted": wanted,
        "columns": ", ".join(name[:40] for name in header[:40]),
    }


class Reader(Fields):
    """Reads rows as sales, one by one or receipt by receipt."""

    def __init__(self, rules: Rules, source: Source, at: datetime) -> None:
        super().__init__(rules, source.columns, at, source.date_format)
        self.source = source
        # 56 bits of each content's hash: about 80 bytes of memory a row, the only thing that grows with the file.
        self.seen: dict[int, int] = {}

    def units(self) -> Iterator[Unit]:
        return self._receipts() if self.has("receipt") else self._rows()

    def _rows(self) -> Iterator[Unit]:
        for row in self.source.table:
            try:
                if row.problem:
                    raise BadField(row.problem)
                yield Unit([row], self._sale(row))
            except BadField as problem:
                yield Unit([row], None, (self.refusal(row, problem),))

    def _receipts(self) -> Iterator[Unit]:
        """The rows of a receipt may stand anywhere. They are counted first, so that a receipt is handed out with the
        last of them, and no more than the open ones are ever held."""
        left: dict[bytes, int] = {}
        for row in self.source.again():
            if not row.problem and self.text(row, "receipt"):
                name = self._receipt(row)
                left[name] = left.get(name, 0) + 1
        waiting: dict[bytes, list[Row]] = {}
        for row in self.source.table:
            if row.problem or not self.text(row, "receipt"):
                said = row.problem or _("The row has no receipt number.")
                yield Unit([row], None, (self.refusal(row, BadField(said, "" if row.problem else "receipt")),))
                continue
            name = self._receipt(row)
            rows = waiting.setdefault(name, [])
            rows.append(row)
            left[name] -= 1
            if not left[name]:
                yield self._basket(waiting.pop(name), name)

    def _receipt(self, row: Row) -> bytes:
        """Tills count receipts by branch and day."""
        parts = (self.text(row, "branch").lower(), self.text(row, "date")[:10], self.text(row, "receipt"))
        return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()

    def _basket(self, rows: list[Row], name: bytes) -> Unit:
        refusals: list[Refusal] = []
        lines: list[dict[str, Any]] = []
        amounts: list[Decimal] = []
        people: set[Named] = set()
        for row in rows:
            try:
                people.add(self.person(row))
                amounts.append(amount := self.amount(row))
                lines.append(self._line(row, amount))
                if len(people) > 1:
                    raise BadField(_("Another row of this receipt names another customer."), "customer")
            except BadField as problem:
                refusals.append(self.refusal(row, problem))
        try:
            on, at = self.moment(rows[0])
            if len(rows) > MOST_LINES:
                raise BadField(_("The receipt has more than %(most)s rows.") % {"most": MOST_LINES}, "receipt")
        except BadField as problem:
            refusals.append(self.refusal(rows[0], problem))
        if refusals:
            return Unit(rows, None, self._whole(rows, refusals))
        key = f"{self.text(rows[0], 'date')[:10]}:r:{name.hex()}"
        (person,) = people
        branch = self.text(rows[0], "branch")
        return Unit(rows, Sale(key, person, sum(amounts, Decimal(0)), on, at, branch, lines))

    def _whole(self, rows: list[Row], refusals: list[Refusal]) -> tuple[Refusal, ...]:
        """A receipt comes in whole or not at all."""
        found = {refusal.line: refusal for refusal in reversed(refusals)}
        said = _("Row %(line)s of the same receipt cannot come in.") % {"line": min(found)}
        return tuple(found.get(row.line) or self.refusal(row, BadField(said, "receipt")) for row in rows)

    def _sale(self, row: Row) -> Sale:
        person, amount, written = self.person(row), self.amount(row), self.text(row, "date")
        on, at = self.moment(row)
        lines = [self._line(row, amount)] if any(self.text(row, name) for name in ("sku", "name", "category")) else None
        return Sale(self._key(row, written[:10]), person, amount, on, at, self.text(row, "branch"), lines)

    def _key(self, row: Row, written_on: str) -> str:
        content = blake2b("\x1f".join(row.fields).encode(), digest_size=16).digest()
        mark = int.from_bytes(content[:7], "big")
        self.seen[mark] = self.seen.get(mark, 0) + 1
        # The day as written leads: files come in the order of time, so that the index of keys grows at its end.
        return f"{written_on}:{content.hex()}:{self.seen[mark]}"

    def _line(self, row: Row, amount: Decimal) -> dict[str, Any]:
        """As a till would have sent it: what was paid is price × quantity − discount."""
        quantity = self.quantity(row)
        taken_off = self.amount(row, "discount") if self.text(row, "discount") else Decimal(0)
        price = ((amount + taken_off) / quantity).quantize(MILLS, ROUND_CEILING)
        discount = max(Decimal(0), price * quantity - amount).quantize(MILLS)
        return {
            "sku": self.named(row, "sku", 64),
            "name": self.named(row, "name", 200),
            "category": self.named(row, "category", 120),
            "quantity": str(quantity),
            "unit_price": str(price),
            "discount": str(discount),
        }


class Poster:
    """Enrols the customers of a chunk and posts its sales; or only says what that would do."""

    def __init__(self, rules: Rules, at: datetime, terms: Terms) -> None:
        self.rules, self.at, self.terms = rules, at, terms
        self.zone = ZoneInfo(rules.time_zone)
        self.scope = f"business:{rules.business_id}:import"
        self.earned: dict[tuple[Decimal, int | None], Earned] = {}
        self.places = self._places()
        self.newcomers: set[Any] = set()  # whom a look through has counted
        self.opened: set[str] = set()

    def take(self, units: Sequence[Unit], *, write: bool = True) -> tuple[Tally, list[Refusal]]:
        """Whose tier moved between the reading of it and the posting is computed and sent again."""
        tally = Tally(rows=sum(len(unit.rows) for unit in units))
        refusals = [refusal for unit in units for refusal in unit.refusals]
        waiting: list[tuple[Unit, int]] = []
        for unit in units:
            if unit.value is not None:
                branch = self._branch(unit.value.branch, tally, write)
                if branch is None:
                    refusals += self._refused(unit, _("There is no branch of this name."), "branch")
                else:
                    waiting.append((unit, branch))
        people = [unit.value.person for unit, _branch in waiting]
        if write:
            self._post(waiting, enrol_many(business_id=self.rules.business_id, people=people), tally, refusals)
        else:
            self._look(waiting, known(self.rules.business_id, people), tally, refusals)
        tally.refused = len(refusals)
        return tally, refusals

    def _post(
        self, waiting: list[tuple[Unit, int]], customers: list[int], tally: Tally, refusals: list[Refusal]
    ) -> None:
        left = list(zip(waiting, customers, strict=True))
        before = tiers = self._tiers(customers)
        joined: set[int] = set()
        for _attempt in range(REPEATS):
            rows = [self._row(unit.value, customer, branch, tiers.get(customer)) for (unit, branch), customer in left]
            outcomes = list(zip(left, rows, self._outcomes(rows), strict=True))
            joined.update(customer for ((_unit, customer), _row, outcome) in outcomes if outcome == "posted")
            for ((unit, _branch), _customer), row, outcome in outcomes:
                self._count(unit, row.earned.points, outcome, tally, refusals)
            left = [sent for sent, _row, outcome in outcomes if outcome == "stale"]
            if not left:
                break
            tiers = self._tiers(customers)
        for (unit, _branch), _customer in left:
            refusals += self._refused(unit, _("The customer's tier kept changing. Import the file again."))
        tally.new_customers += len(joined - before.keys())

    def _look(
        self, waiting: list[tuple[Unit, int]], customers: list[int | None], tally: Tally, refusals: list[Refusal]
    ) -> None:
        """What `_post` would do, read and not written."""
        tiers = self._tiers([customer for customer in customers if customer])
        rows = [
            self._row(unit.value, customer or 0, branch, tiers.get(customer) if customer else None)
            for (unit, branch), customer in zip(waiting, customers, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(POSTED, [self.scope, [row.key for row in rows]])
            there = {key: bytes(digest) for key, digest in cursor.fetchall()}
        for (unit, _branch), customer, row in zip(waiting, customers, rows, strict=True):
            digest = there.get(row.key)
            outcome = "posted" if digest is None else "replayed" if digest == row.input_hash else "key_reused"
            self._count(unit, row.earned.points, outcome, tally, refusals)
            newcomer = customer or unit.value.person
            if outcome == "posted" and newcomer not in self.newcomers and (not customer or customer not in tiers):
                self.newcomers.add(newcomer)
                tally.new_customers += 1

    def _places(self) -> dict[str, int]:
        rows = Branch.objects.filter(business=self.rules.business_id).order_by("-closed_at", "-pk")
        return {alphabet.fold(row.name): row.pk for row in rows}

    def _branch(self, name: str, tally: Tally, write: bool) -> int | None:
        """The branch of that name, opened where that was chosen; the first one where none is named."""
        if not name:
            return self.rules.first_branch_id
        folded = alphabet.fold(name)
        if folded not in self.places and self.terms.makes_branches:
            if folded not in self.opened:
                self.opened.add(folded)
                tally.branches += 1
            if not write:
                return self.rules.first_branch_id
            opened = Branch(business_id=self.rules.business_id, name=name[:120])
            branches.add(opened)
            self.places[folded] = opened.pk
        return self.places.get(folded)

    def _refused(self, unit: Unit, sentence: str, name: str = "") -> list[Refusal]:
        text = unit.value.branch if name == "branch" else ""
        return [Refusal(row.line, name, text or row.text[:250], sentence) for row in unit.rows]

    def _tiers(self, customers: list[int]) -> dict[int, int | None]:
        with connection.cursor() as cursor:
            cursor.execute(TIERS, [self.rules.program_id, customers])
            return dict(cursor.fetchall())

    def _row(self, sale: Sale, customer_id: int, branch_id: int, tier_id: int | None) -> bulk.Row:
        # Noon of today may not have come yet; what names the sale must not depend on when it is imported.
        occurred_at = sale.at or min(datetime.combine(sale.on, NOON, self.zone), self.at)
        content: dict[str, Any] = {"customer": customer_id, "amount": sale.amount, "on": sale.on, "at": sale.at}
        content |= {"lines": orjson.dumps(sale.lines).decode()} if sale.lines else {}
        earned = self._earn(sale.amount, tier_id) if self.terms.earns else NOTHING_EARNED
        return bulk.Row(
            key=sale.key,
            customer_id=customer_id,
            branch_id=branch_id,
            amount=sale.amount,
            earned=earned,
            occurred_at=occurred_at,
            expires_at=self.rules.expires_at(occurred_at) if earned.points else None,
            tier_id=tier_id,
            input_hash=ledger.input_hash("purchase", content),
            lines=sale.lines,
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
        posted = bulk.post_many(rules=self.rules, scope=self.scope, rows=rows, staff_id=self.terms.staff_id)
        return [each for chunk in posted for each in chunk]

    def _count(self, unit: Unit, points: int, outcome: str, tally: Tally, refusals: list[Refusal]) -> None:
        if outcome == "posted":
            tally.posted += 1
            tally.points += points
            tally.amount += unit.value.amount
            tally.lines += len(unit.value.lines or ())
        elif outcome == "replayed":
            tally.already_there += 1
        elif outcome == "blocked":
            said = _("The operator has blocked this customer: no points are given or spent.")
            refusals += self._refused(unit, said)
        elif outcome != "stale":
            said = _("This row was imported before, then with another customer, date or amount.")
            refusals += self._refused(unit, said)


def known(business_id: int, people: Sequence[Named]) -> list[int | None]:
    """The customer ids of these people, in order, where the installation knows them; nobody is made."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [[one.phone for one in people], [one.external_id for one in people], business_id])
        return [found for (found,) in cursor.fetchall()]
