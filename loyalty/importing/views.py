"""Files that a business brings: the list, a new one, its columns, what it would do, and what it did."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from businesses import paging, sheets, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.models import BusinessStatus, Role
from loyalty.importing import screen, work
from loyalty.importing.columns import KINDS
from loyalty.importing.files import ENCODINGS
from loyalty.importing.forms import ColumnsForm, FileForm, is_sheet
from loyalty.models import AT_WORK, Import, ImportFile, ImportKind, ImportRow, ImportState
from loyalty.tables import UnreadableFile


class Echo:
    """Gives every written line back at once, so that a file is never held whole."""

    def write(self, line: str) -> str:
        return line


@require_safe
@role_required(*MANAGERS)
def import_list(request: StaffRequest) -> HttpResponse:
    found = work.of(request.staff).select_related("business").order_by("-pk")
    page = paging.page(found, request.GET.get("page"))
    return _page(request, "imports/list.html", **page | {"rows": [screen.row(each) for each in page["rows"]]})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_import(request: StaffRequest) -> HttpResponse:
    posted = request.method == "POST"
    kind = request.GET.get("kind", ImportKind.PURCHASES)
    form = FileForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        owner=request.staff.role == Role.OWNER,
        initial={"kind": kind},
    )
    if posted and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            brought = work.bring(
                business=request.business,
                kind=form.cleaned_data["kind"],
                file_name=file.name,
                content=file.read(),
                staff=request.staff,
                at=timezone.now(),
            )
        except UnreadableFile as problem:
            form.add_error("file", str(problem))
        except work.TooManyOpen:
            form.add_error(None, _("Some files wait already. Finish or drop one of them first."))
        else:
            return redirect("import", brought.public_id)
    return _page(request, "imports/new.html", form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def importing(request: StaffRequest, importing: UUID) -> HttpResponse:
    """By its state: the columns to say, the progress, what it would do, what it did."""
    found = _own(request, importing)
    if found.state == ImportState.WAITING:
        return _columns(request, found)
    return _page(request, "imports/import.html", **screen.facts(found))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def columns(request: StaffRequest, importing: UUID) -> HttpResponse:
    """Its columns said anew, while nothing has come in."""
    found = _own(request, importing)
    if found.state not in (ImportState.WAITING, ImportState.CHECKED):
        return redirect("import", found.public_id)
    return _columns(request, found)


@require_safe
@role_required(*MANAGERS)
def progress(request: StaffRequest, importing: UUID) -> HttpResponse:
    """How far it is, asked for again and again by htmx until it is over."""
    found = _own(request, importing)
    answer = _page(request, "imports/state.html", **screen.facts(found))
    if found.state not in AT_WORK and request.htmx:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@role_required(*MANAGERS)
def run(request: StaffRequest, importing: UUID) -> HttpResponse:
    found = _own(request, importing)
    with suppress(work.OtherState):  # somebody pressed first, or the press came twice
        work.come_in(importing=found, at=timezone.now())
    return redirect("import", found.public_id)


@require_POST
@role_required(*MANAGERS)
def drop(request: StaffRequest, importing: UUID) -> HttpResponse:
    found = _own(request, importing)
    try:
        work.drop(importing=found, at=timezone.now())
    except work.OtherState:
        pass
    else:
        messages.success(request, _("Dropped. What had come in stays; the file is forgotten."))
    return redirect("imports")


@require_safe
@role_required(*MANAGERS)
def refused_rows(request: StaffRequest, importing: UUID) -> Any:
    found = _own(request, importing)
    rows = ImportRow.objects.filter(importing=found).order_by("pk").iterator(2_000)
    labels = {field.name: str(field.label) for field in KINDS[found.kind]}
    head = [_("row"), _("column"), _("in the file"), _("problem")]

    def lines() -> Iterator[str]:
        writer = csv.writer(Echo())
        yield sheets.BYTE_ORDER_MARK + writer.writerow(head)
        for row in rows:
            cells = [str(row.line), labels.get(row.column, ""), row.text, row.reason]
            yield writer.writerow([shown.neutral(cell) for cell in cells])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="refused-{found.public_id}.csv"'
    return answer


def _columns(request: StaffRequest, found: Import) -> HttpResponse:
    reread = request.method == "POST" and "reread" in request.POST
    if reread and request.POST.get("encoding") in dict(ENCODINGS):
        found.encoding = request.POST["encoding"]
        Import.objects.filter(pk=found.pk, state__in=(ImportState.WAITING, ImportState.CHECKED)).update(
            encoding=found.encoding
        )
    content = bytes(ImportFile.objects.values_list("content", flat=True).get(importing=found))
    try:
        header, rows = work.preview(found)
    except UnreadableFile as problem:
        header, rows, unreadable = [], [], str(problem)
    else:
        unreadable = ""
    posted = request.method == "POST" and not reread
    form = ColumnsForm(request.POST if posted else None, importing=found, header=header, is_sheet=is_sheet(content))
    if posted and form.is_valid():
        try:
            work.look_through(importing=found, columns=form.columns, at=timezone.now(), **form.choices)
        except work.WrongColumns as wrong:
            form.lacks(wrong.missing)
        except work.OtherState:
            return redirect("import", found.public_id)
        else:
            return redirect("import", found.public_id)
    context = screen.facts(found) | {"form": form, "header": header, "preview": rows, "unreadable": unreadable}
    return _page(request, "imports/columns.html", **context)


def _own(request: StaffRequest, public_id: UUID) -> Import:
    rows = work.of(request.staff).select_related("business__program")
    return get_object_or_404(rows, public_id=public_id)


def _page(request: StaffRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    if template == "imports/state.html":
        return render(request, template, context)
    waiting = request.business.status == BusinessStatus.WAITING
    shared = {"active": "settings", "tab": "imports", "owner": request.staff.role == Role.OWNER, "waiting": waiting}
    return render(request, template, shared | context, status=status)
