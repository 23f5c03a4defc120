"""What becomes of a file: brought, looked through, taken in. All of it is rows; a task is only a wake-up.

A worker takes an import up by moving its `turn`, and goes on chunk by chunk, each with one commit that holds the
chunk's records, its refusals and how far it came. So a worker that dies loses the chunk in its hands and nothing else,
and one that was thought dead finds that its turn is over. The keys of the ledger stand behind that.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

import orjson
from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from businesses.models import Business, Role, Staff
from loyalty import bulk, rules
from loyalty.importing import files
from loyalty.importing.columns import guess, lacking
from loyalty.importing.fields import Refusal, Source, Tally, Unit
from loyalty.importing.files import AnyTable, open_table
from loyalty.importing.records import Goods, Openings, People
from loyalty.importing.sales import Poster, Reader, Terms
from loyalty.models import AT_WORK, Import, ImportFile, ImportKind, ImportRow, ImportState
from loyalty.tables import Row, UnreadableFile

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=60)  # how long nothing moves before a worker is thought to be dead
MOST_TURNS = 50
MOST_REFUSED = 10_000  # kept one by one; all are counted
OPEN = (ImportState.WAITING, ImportState.CHECKING, ImportState.CHECKED, ImportState.RUNNING)
RECORDS = {ImportKind.CUSTOMERS: People, ImportKind.PRODUCTS: Goods, ImportKind.OPENINGS: Openings}
PREVIEW = 5
MOST_OPEN = 5


class TooManyOpen(Exception):
    """The business has so many files that are not done with."""


class WrongColumns(ValueError):
    """`missing`: names of fields that a file of this kind cannot do without."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class OtherState(Exception):
    """The import is not where the press thought it was: somebody else pressed first."""


def bring(*, business: Business, kind: str, file_name: str, content: bytes, at: datetime, **more: Any) -> Import:
    """Takes a file as it is, with a guess what its columns tell. Raises `UnreadableFile`, `TooManyOpen`."""
    if len(content) > files.MOST_BYTES:
        raise UnreadableFile(_("The file is larger than %(most)s MB.") % {"most": files.MOST_BYTES >> 20})
    encoding = files.detect(content)
    table = open_table(content, encoding)
    if next(iter(table), None) is None:
        raise UnreadableFile(_("The file has a header and no rows."))
    with transaction.atomic():
        Business.objects.select_for_update(no_key=True).get(pk=business.pk)
        if Import.objects.filter(business=business, state__in=OPEN).count() >= MOST_OPEN:
            raise TooManyOpen
        brought = Import.objects.create(
            business=business,
            kind=kind,
            file_name=(file_name or "file")[-120:].replace("\0", ""),
            digest=hashlib.sha256(content).hexdigest(),
            encoding=encoding,
            moved_at=at,
            **({"columns": guess(kind, table.header)} | more),
        )
        ImportFile.objects.create(importing=brought, content=content)
    return brought


def same_before(importing: Import) -> Import | None:
    """The newest import of the very same file that came in."""
    found = Import.objects.filter(business=importing.business_id, kind=importing.kind, digest=importing.digest)
    return found.filter(state=ImportState.DONE).exclude(pk=importing.pk).order_by("-pk").first()


def preview(importing: Import) -> tuple[list[str], list[Row]]:
    """The header and the first rows. Raises `UnreadableFile`."""
    table = _table(importing)
    return table.header, list(islice(table, PREVIEW))


def look_through(*, importing: Import, columns: Mapping[str, int], at: datetime, **choices: Any) -> None:
    """Says what the columns are and has the file looked through: a dry run. Raises `WrongColumns`, `OtherState`."""
    if missing := lacking(importing.kind, columns):
        raise WrongColumns(missing)
    _move(
        importing,
        (ImportState.WAITING, ImportState.CHECKED),
        ImportState.CHECKING,
        at,
        columns=dict(columns),
        done=0,
        tally={},
        **choices,
    )


def come_in(*, importing: Import, at: datetime) -> None:
    """Has the rows that can come in taken in. Raises `OtherState`."""
    _move(importing, (ImportState.CHECKED,), ImportState.RUNNING, at, done=0, tally={})


@transaction.atomic
def drop(*, importing: Import, at: datetime) -> None:
    """Ends it where it stands: what came in stays, and the file is forgotten. Raises `OtherState`."""
    held = Import.objects.select_for_update().get(pk=importing.pk)
    if held.state not in OPEN:
        raise OtherState
    _end(held, ImportState.DROPPED, at)


def waiting(*, at: datetime) -> list[int]:
    """Imports at which nobody has worked for a while."""
    still = Import.objects.filter(state__in=AT_WORK, moved_at__lt=at - PATIENCE)
    return list(still.order_by("pk").values_list("pk", flat=True))


def work(*, import_id: int, clock: Callable[[], datetime]) -> None:
    """Takes the import up and works until it is done, or until another worker takes it up."""
    importing = _taken_up(import_id, clock())
    if importing is None:
        return
    with translation.override(importing.business.language):
        try:
            goes_on = _through(importing, clock)
        except UnreadableFile as problem:
            with transaction.atomic():
                if held := _held(importing):
                    held.problem = str(problem)[:250]
                    _end(held, ImportState.FAILED, clock())
            return
    if goes_on:
        work(import_id=import_id, clock=clock)


def _through(importing: Import, clock: Callable[[], datetime]) -> bool:
    """Works through the file while it is this worker's; whether it is to come in now, of itself."""
    write = importing.state == ImportState.RUNNING
    units, take = _kind(importing, clock())
    for _unit in islice(units, importing.done):  # what came in before this worker's turn
        pass
    while chunk := list(islice(units, bulk.CHUNK_ROWS)):
        with transaction.atomic():
            held = _held(importing)
            if held is None:
                return False
            tally, refusals = take(chunk, write=write)
            _add(held, tally)
            _keep(held, refusals, importing)
            held.done, held.moved_at = held.done + len(chunk), clock()
            held.save(update_fields=["done", "tally", "moved_at"])
        if held.tally["rows"] > files.MOST_ROWS:
            raise files.too_many_rows()
    with transaction.atomic():
        held = _held(importing)
        if held is None:
            return False
        if write:
            _end(held, ImportState.DONE, clock())
            return False
        held.rows = held.tally.get("rows", 0)
        held.state, held.moved_at = ImportState.CHECKED, clock()
        if held.goes_on:
            held.state, held.done, held.tally = ImportState.RUNNING, 0, {}
        held.save(update_fields=["rows", "state", "done", "tally", "moved_at"])
    return held.goes_on


def _kind(importing: Import, at: datetime) -> tuple[Iterator[Unit], Any]:
    terms = Terms(importing.earns, importing.makes_branches, importing.staff_id)
    of = rules.of(importing.business_id, importing.business.program.rules_version)
    again = partial(_table, importing)
    source = Source(again(), importing.columns, again, importing.date_format)
    if importing.kind == ImportKind.PURCHASES:
        return Reader(of, source, at).units(), Poster(of, at, terms).take
    kind = RECORDS[ImportKind(importing.kind)](of, source, at, terms)
    return kind.units(), kind.take


def _table(importing: Import) -> AnyTable:
    content = ImportFile.objects.values_list("content", flat=True).get(importing=importing)
    return open_table(bytes(content), importing.encoding)


@transaction.atomic
def _taken_up(import_id: int, at: datetime) -> Import | None:
    """The import with a turn of its own; None where there is nothing to do. A look through begins anew, because whom it
    counted was in its worker's memory."""
    found = (
        Import.objects.select_for_update(of=("self",)).select_related("business__program").filter(pk=import_id).first()
    )
    if found is None or found.state not in AT_WORK:
        return None
    found.turn, found.moved_at = found.turn + 1, at
    if found.turn > MOST_TURNS:
        found.problem = _("It could not be finished. What came in stays; tell the operator.")
        _end(found, ImportState.FAILED, at)
        return None
    if found.state == ImportState.CHECKING or not found.done:
        found.done, found.tally = 0, {}
        ImportRow.objects.filter(importing=found).delete()
    found.save(update_fields=["turn", "moved_at", "done", "tally"])
    return found


def _held(importing: Import) -> Import | None:
    """The import under a lock, while it is still this worker's."""
    held = Import.objects.select_for_update().get(pk=importing.pk)
    return held if (held.turn, held.state) == (importing.turn, importing.state) else None


def _add(held: Import, tally: Tally) -> None:
    for name, value in vars(tally).items():
        before = held.tally.get(name, 0)
        held.tally[name] = str(Decimal(before) + value) if isinstance(value, Decimal) else before + value


def _keep(held: Import, refusals: Iterable[Refusal], importing: Import) -> None:
    room = MOST_REFUSED - ImportRow.objects.filter(importing=held).count()
    ImportRow.objects.bulk_create(
        ImportRow(importing=held, line=each.line, column=each.field, text=each.text, reason=each.reason)
        for each in islice(refusals, max(0, room))
    )


def _move(importing: Import, before: tuple[str, ...], state: str, at: datetime, **values: Any) -> None:
    moved = Import.objects.filter(pk=importing.pk, state__in=before)
    with transaction.atomic():
        if not moved.update(state=state, moved_at=at, **values):
            raise OtherState
        transaction.on_commit(partial(wake, importing.pk), robust=True)
    importing.refresh_from_db()


def wake(import_id: int) -> None:
    """Without a broker the sweep finds it."""
    try:
        current_app.send_task("loyalty.tasks.work_import", [import_id], retry=False)
    except OperationalError as error:
        log.warning("nobody was woken up for an import, which waits for the sweep: %s", error)


def _end(held: Import, state: str, at: datetime) -> None:
    held.state, held.finished_at, held.moved_at = state, at, at
    held.save(update_fields=["state", "finished_at", "moved_at", "problem", "turn"])
    ImportFile.objects.filter(importing=held).delete()


def of(staff: Staff) -> QuerySet[Import]:
    """What this person sees of the imports of their business: opening balances are an owner's."""
    found = Import.objects.filter(business=staff.business_id)
    return found if staff.role == Role.OWNER else found.exclude(kind=ImportKind.OPENINGS)


def body_hash(*, kind: str, content: bytes, choices: Mapping[str, Any]) -> bytes:
    """By which a repeat of a call is known."""
    said = orjson.dumps([kind, hashlib.sha256(content).hexdigest(), choices], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(said).digest()
