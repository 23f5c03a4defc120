"""Customers, products and opening balances from a file: a row is a record. Each kind only says what a row means and
which function takes many of them in."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from businesses import shown
from businesses.catalogue import categories, products
from businesses.models import Business
from customers.profiles import Told
from customers.registry import Named, enrol_many
from loyalty import bulk, enrolment, ledger
from loyalty.importing.fields import BadField, Fields, Refusal, Source, Tally, Unit, one_by_one
from loyalty.importing.sales import Terms, known
from loyalty.models import Operation, Wallet
from loyalty.rules import Rules
from loyalty.tables import Row

MOST_POINTS = 10**9
OLDEST = 120 * 365


class Records(Fields):
    """What the three kinds share."""

    def __init__(self, rules: Rules, source: Source, at: datetime, terms: Terms) -> None:
        super().__init__(rules, source.columns, at, source.date_format)
        self.source, self.terms = source, terms
        self.newcomers: set[Any] = set()  # whom a look through has counted

    def units(self) -> Iterator[Unit]:
        return one_by_one(self.source.table, self.read, self)

    def read(self, row: Row) -> Any:
        raise NotImplementedError

    def take(self, units: Sequence[Unit], *, write: bool = True) -> tuple[Tally, list[Refusal]]:
        tally = Tally(rows=len(units))
        refusals = [refusal for unit in units for refusal in unit.refusals]
        good = [unit for unit in units if unit.value is not None]
        refusals += self.write(good, tally) if write else self.look(good, tally)
        tally.refused = len(refusals)
        return tally, refusals

    def write(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        raise NotImplementedError

    def look(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        """What `write` would do, read and not written."""
        raise NotImplementedError

    def _strangers(self, people: list[Named]) -> list[int | None]:
        """Counts those who have no wallet yet among `newcomers`; their ids where the installation knows them."""
        ids = known(self.rules.business_id, people)
        members = set(
            Wallet.objects.filter(program_id=self.rules.program_id, customer_id__in=[one for one in ids if one])
            .values_list("customer_id", flat=True)
            .iterator()
        )
        self.newcomers.update(
            found or person for found, person in zip(ids, people, strict=True) if found is None or found not in members
        )
        return ids


class Person(NamedTuple):
    named: Named
    told: Told


class People(Records):
    """Customers with what they told. Nothing that they or a cashier wrote is written over, and a file gives nobody's
    consent to messages: that is theirs to give."""

    def read(self, row: Row) -> Person:
        birthday = self.day(row, "birthday") if self.text(row, "birthday") else None
        if birthday and not self.today - timedelta(days=OLDEST) <= birthday <= self.today:
            raise BadField(_("This is nobody's birthday."), "birthday")
        language = self.text(row, "language").lower()[:2]
        if language and language not in dict(settings.LANGUAGES):
            raise BadField(_("Write az, ru or en."), "language")
        told = Told(self.named(row, "name", 120), birthday, self.email(row), language)
        return Person(self.person(row), told)

    def write(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        ids = enrol_many(business_id=self.rules.business_id, people=[unit.value.named for unit in units])
        told = [(found, unit.value.told) for found, unit in zip(ids, units, strict=True)]
        made = enrolment.enrol_many(program_id=self.rules.program_id, told=told)
        tally.new_customers = tally.posted = made
        tally.already_there = len(units) - made
        return []

    def look(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        before = len(self.newcomers)
        self._strangers([unit.value.named for unit in units])
        tally.new_customers = tally.posted = len(self.newcomers) - before
        tally.already_there = len(units) - tally.posted
        return []


class Goods(Records):
    """Products, put into the catalogue by their numbers. What a file has no column for stays as it is."""

    def __init__(self, rules: Rules, source: Source, at: datetime, terms: Terms) -> None:
        super().__init__(rules, source, at, terms)
        self.seen: dict[str, int] = {}
        self.business = Business.objects.get(pk=rules.business_id)

    def read(self, row: Row) -> tuple[str, dict[str, Any]]:
        sku = self.named(row, "sku", products.LONGEST_SKU)
        if not sku:
            raise BadField(_("The row has no article number."), "sku")
        path = categories.split(self.text(row, "category").replace("\0", ""))
        if len(path) > categories.DEEPEST:
            said = _("At most %(most)s categories one inside another.") % {"most": categories.DEEPEST}
            raise BadField(said, "category")
        address = self.text(row, "image_url")
        if address and not address.lower().startswith(("https://", "http://")):
            raise BadField(_("An address begins with https:// or http://."), "image_url")
        told = {
            "name": self.named(row, "name", products.LONGEST_NAME) or None,
            "category": categories.SEPARATOR.join(path) if self.has("category") else None,
            "price": self.amount(row, "price") if self.text(row, "price") else None,
            "image_url": address[:500] if self.has("image_url") else None,
            "featured": self.yes_or_no(row, "featured"),
            "active": self.yes_or_no(row, "active"),
        }
        first = self.seen.setdefault(sku, row.line)
        if first != row.line:
            raise BadField(_("This is in row %(line)s already.") % {"line": first}, "sku")
        return sku, told

    def write(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        try:
            done = products.put_many(business=self.business, told=dict(unit.value for unit in units))
        except categories.TooMany:
            said = _("You have %(most)s categories. Choose one that is there.")
            problem = BadField(said % {"most": shown.number(categories.MOST)}, "category")
            return [self.refusal(unit.rows[0], problem) for unit in units]
        tally.posted, tally.changed, tally.already_there = done.new, done.changed, done.same
        return []

    def look(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        skus = [unit.value[0] for unit in units]
        tally.posted = len(products.unknown_skus(business=self.business, skus=skus))
        tally.changed = len(units) - tally.posted
        return []


class Opening(NamedTuple):
    person: Named
    points: int
    expires_at: datetime | None
    nth: int  # of this person in the file


class Openings(Records):
    """What customers had collected before. A customer has their first opening balance once, whatever a later file says:
    with other points it is refused, and never added."""

    def __init__(self, rules: Rules, source: Source, at: datetime, terms: Terms) -> None:
        super().__init__(rules, source, at, terms)
        self.seen: dict[Named, int] = {}
        self.scope = f"business:{rules.business_id}:import"

    def read(self, row: Row) -> Opening:
        person, points = self.person(row), self.whole(row, "points", MOST_POINTS)
        expires_at = self.rules.expires_at(self.at)
        if self.text(row, "expires"):
            on = self.day(row, "expires")
            if on < self.today:
                raise BadField(_("These points have expired already."), "expires")
            if on.year > self.today.year + 100:
                raise BadField(_("This lies too far ahead."), "expires")
            expires_at = datetime.combine(on + timedelta(days=1), time(), self.zone)  # the day itself still counts
        self.seen[person] = self.seen.get(person, 0) + 1
        return Opening(person, points, expires_at, self.seen[person])

    def write(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        people = [unit.value.person for unit in units]
        ids = enrol_many(business_id=self.rules.business_id, people=people)
        members = set(
            Wallet.objects.filter(program_id=self.rules.program_id, customer_id__in=ids).values_list(
                "customer_id", flat=True
            )
        )
        rows = [self._row(unit.value, found) for unit, found in zip(units, ids, strict=True)]
        outcomes = bulk.open_many(rules=self.rules, scope=self.scope, rows=rows, staff_id=self.terms.staff_id)
        tally.new_customers = len({found for found in ids if found not in members})
        return self._counted(units, outcomes, tally)

    def look(self, units: list[Unit], tally: Tally) -> list[Refusal]:
        before = len(self.newcomers)
        ids = self._strangers([unit.value.person for unit in units])
        tally.new_customers = len(self.newcomers) - before
        rows = [self._row(unit.value, found or 0) for unit, found in zip(units, ids, strict=True)]
        there = Operation.objects.filter(scope=self.scope, key__in=[row.key for row in rows])
        hashes = {key: bytes(digest) for key, digest in there.values_list("key", "input_hash")}
        outcomes = [
            "posted" if row.key not in hashes else "replayed" if hashes[row.key] == row.input_hash else "key_reused"
            for row in rows
        ]
        return self._counted(units, outcomes, tally)

    def _row(self, opening: Opening, customer_id: int) -> bulk.OpeningRow:
        """Without a column of its own the end follows the programme from the day of the import on, so it is no part of
        what names the row: the same file is the same tomorrow."""
        said = opening.expires_at if self.has("expires") else None
        content = {"customer": customer_id, "points": opening.points, "expires": said}
        key = f"opening:{customer_id}:{opening.nth}"
        hashed = ledger.input_hash("opening", content)
        return bulk.OpeningRow(key, customer_id, opening.points, opening.expires_at, hashed)

    def _counted(self, units: list[Unit], outcomes: list[str], tally: Tally) -> list[Refusal]:
        refusals = []
        for unit, outcome in zip(units, outcomes, strict=True):
            if outcome == "posted":
                tally.posted += 1
                tally.points += unit.value.points
            elif outcome == "replayed":
                tally.already_there += 1
            else:
                said = (
                    _("The operator has blocked this customer: no points are given or spent.")
                    if outcome == "blocked"
                    else _("This customer has an opening balance already, and another one. Correct it on their page.")
                )
                refusals.append(self.refusal(unit.rows[0], BadField(said, "points")))
        return refusals
