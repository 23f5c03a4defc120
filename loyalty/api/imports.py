"""`POST imports` and `GET imports/{id}`: files as programs bring them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.paging import only, page
from businesses.api.problems import Problem, not_found
from businesses.api.view import Answer, ApiCall
from businesses.models import Business
from loyalty.api import import_schema as schema
from loyalty.api.acting import LedgerView
from loyalty.importing import files, work
from loyalty.importing.columns import KINDS
from loyalty.importing.forms import DATES, by_name
from loyalty.models import Import, ImportKind, ImportRow
from loyalty.tables import UnreadableFile

YES_OR_NO = {"true": True, "false": False}
CHOICES = ("dry_run", "makes_branches", "earns")
ENVELOPE = 64 * 1024  # of a multipart body around its file


class ImportsView(LedgerView):
    scopes = {"post": "admin"}
    idempotent = frozenset({"post"})

    @extend_schema(**schema.BRING)
    def post(self) -> None: ...

    def read_body(self, request: HttpRequest) -> dict[str, Any]:
        """A form with a file, and not JSON."""
        if int(request.headers.get("Content-Length") or 0) > files.MOST_BYTES + ENVELOPE:
            raise Problem(413, "too_large", f"A file may have {files.MOST_BYTES >> 20} MB.")
        try:
            return {**request.POST.dict(), **request.FILES.dict()}
        except MultiPartParserError as error:
            raise Problem(400, "unreadable", "The body is no form of parts.") from error

    def handle_post(self, call: ApiCall) -> Answer:
        body = dict(call.body)
        file = body.pop("file", None)
        said = _said(body)
        if not isinstance(file, UploadedFile):
            raise _wrong("file", "Send the file as a part of a multipart form.")
        content = file.read()
        hashed = work.body_hash(kind=said["kind"], content=content, choices=said)
        if (known := _known(call)) is not None:
            return _again(known, hashed)
        try:
            brought = _brought(call, said, file.name or "", content, hashed)
        except UnreadableFile as problem:
            raise _wrong("file", str(problem)) from None
        except work.TooManyOpen:
            detail = f"{work.MOST_OPEN} files of this business are not done with."
            raise Problem(409, "too_many_imports", detail) from None
        except IntegrityError:  # the same call came twice at once
            if (known := _known(call)) is None:
                raise
            return _again(known, hashed)
        return Answer(import_body(brought), 201)


class ImportView(LedgerView):
    scopes = {"get": "admin"}

    @extend_schema(**schema.SHOW)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, importing: UUID) -> Answer:
        only(call.query)
        rows = Import.objects.select_related("business__program")
        found = rows.filter(business_id=call.access.business_id, public_id=importing).first()
        if found is None:
            raise not_found()
        refused = ImportRow.objects.filter(importing=found).order_by("-pk")
        return Answer(import_body(found) | {"errors": page(refused, call.query, lambda rows: list(map(_row, rows)))})


def import_body(importing: Import) -> dict[str, Any]:
    tally = importing.tally
    currency = importing.business.program.currency
    return {
        "id": str(importing.public_id),
        "kind": importing.kind,
        "file": importing.file_name,
        "state": importing.state,
        "dry_run": not importing.goes_on,
        "problem": importing.problem or None,
        "rows": importing.rows or None,
        "totals": {name: tally.get(name, 0) for name in schema.TOTALS}
        | {"amount": money.plain(Decimal(tally.get("amount", 0)), currency)},
        "created_at": importing.created_at,
        "finished_at": importing.finished_at,
    }


def _row(refused: ImportRow) -> dict[str, Any]:
    return {
        "row": refused.line,
        "field": refused.column or None,
        "text": refused.text,
        "reason": refused.reason,
    }


def _said(body: dict[str, Any]) -> dict[str, Any]:
    """The choices, all wrong ones named at once."""
    errors: dict[str, list[str]] = {}
    said: dict[str, Any] = {"kind": body.pop("kind", None), "columns": {}, "date_format": body.pop("date_format", "")}
    if said["kind"] not in ImportKind.values:
        errors["kind"] = [f"Has to be one of {', '.join(ImportKind.values)}."]
    if said["date_format"] not in dict(DATES):
        errors["date_format"] = [f"Has to be one of {', '.join(filter(None, dict(DATES)))}, or left out."]
    for name in CHOICES:
        value = body.pop(name, "false")
        said[name] = YES_OR_NO.get(value) if isinstance(value, str) else None
        if said[name] is None:
            errors[name] = ["Has to be true or false."]
    if "columns" in body:
        try:
            said["columns"] = _named_columns(said["kind"], body.pop("columns"))
        except (ValueError, TypeError) as error:
            errors["columns"] = [str(error)]
    for name in body:
        errors[str(name)[:64]] = ["No such field."]
    if errors:
        raise Problem(422, "invalid", "Some fields are wrong.", errors=errors)
    return said


def _named_columns(kind: str, text: Any) -> dict[str, str]:
    columns = orjson.loads(text)
    names = [field.name for field in KINDS.get(kind, ())]
    if not isinstance(columns, dict) or not all(isinstance(each, str) for each in columns.values()):
        raise ValueError("Has to be a JSON object: which column of the file tells which field.")
    if unknown := columns.keys() - set(names):
        raise ValueError(f"No such field: {', '.join(map(str, unknown))[:100]}. There are: {', '.join(names)}.")
    return columns


def _brought(call: ApiCall, said: dict[str, Any], name: str, content: bytes, hashed: bytes) -> Import:
    at = timezone.now()
    business = Business.objects.select_related("program").get(pk=call.access.business_id)
    columns = _columns(said, content)
    brought = work.bring(
        business=business,
        kind=said["kind"],
        file_name=name,
        content=content,
        at=at,
        api_key_id=call.access.key_id,
        key=call.key,
        input_hash=hashed,
        goes_on=not said["dry_run"],
        state="checking",
        columns=columns,
        date_format=said["date_format"],
        makes_branches=said["makes_branches"],
        earns=said["earns"],
    )
    work.wake(brought.pk)
    return brought


def _columns(said: dict[str, Any], content: bytes) -> dict[str, int]:
    """Where the call names none, as far as the file's own names tell."""
    header = files.open_table(content, files.detect(content)).header
    try:
        columns = work.guess(said["kind"], header) | by_name(header, said["columns"])
    except KeyError as missing:
        raise _wrong("columns", f"The file has no column “{str(missing.args[0])[:60]}”.") from None
    if lacking := work.lacking(said["kind"], columns):
        raise _wrong("columns", f"Name the columns of: {', '.join(lacking)}.")
    return columns


def _known(call: ApiCall) -> Import | None:
    rows = Import.objects.select_related("business__program")
    return rows.filter(business_id=call.access.business_id, key=call.key).first()


def _again(known: Import, hashed: bytes) -> Answer:
    """The same call again: the import as it stands now."""
    if bytes(known.input_hash) != hashed:
        raise Problem(422, "key_reused", "This Idempotency-Key already names another request. Use a new key.")
    return Answer(import_body(known), 201, replayed=True)


def _wrong(name: str, why: str) -> Problem:
    return Problem(422, "invalid", "Some fields are wrong.", errors={name: [why]})
