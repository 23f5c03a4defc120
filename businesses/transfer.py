"""Files in and out of the panel's lists, by django-import-export with three changes.

A row goes through the function by which people do the same by hand, never into a table: ids, histories and letters are
as they always are. What a file would do is looked at first, and a file with one wrong row does nothing. Only a
superadmin does either, and the log says who did.
"""

from datetime import datetime
from typing import Any, ClassVar

import tablib
from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.results import Result, RowResult
from import_export.tmp_storages import CacheStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from businesses import sheets, shown
from businesses.models import User

MOST_EXPORTED = 50_000
MOST_SHOWN = 100
NEW, CHANGED, SAME = RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE, RowResult.IMPORT_TYPE_SKIP


class BadRow(ValueError):
    """A row that stops the import; the message is the sentence about it."""


class Expired(Exception):
    """The file that was looked at is no longer kept."""


class Named:
    """A column in the help above the form."""

    def __init__(self, name: str) -> None:
        self.column_name = name


class Columns(Resource):
    """What the library asks of every kind of file."""

    columns: ClassVar[Any] = ()

    @classmethod
    def get_display_name(cls) -> str:
        return cls.__name__

    def get_user_visible_fields(self) -> list[Named]:
        return [Named(name) for name in self.columns]


class Import(Columns):
    """What a kind of file brings. `columns` names all, `required` those that must be there."""

    required: ClassVar[tuple[str, ...]] = ()

    class Meta:
        report_skipped = True
        instance_loader_class = BaseInstanceLoader  # rows are found by whoever reads them

    def __init__(self, by: User, at: datetime) -> None:
        super().__init__()
        self.by, self.at = by, at
        self.seen: dict[Any, str] = {}

    def read(self, row: dict[str, str]) -> Any:
        """What the row says. Raises `BadRow`."""
        raise NotImplementedError

    def name_of(self, record: Any) -> Any:
        """By which it is the same as another of the file."""
        raise NotImplementedError

    def news(self, record: Any) -> Any:
        """NEW, CHANGED or SAME: what writing it would do."""
        raise NotImplementedError

    def write(self, record: Any) -> None:
        raise NotImplementedError

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        missing = [name for name in self.required if name not in dataset.headers]
        unknown = [name for name in dataset.headers if name not in (*self.columns, sheets.LINE)]
        if missing:
            raise sheets.Unreadable(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
        if unknown:
            raise sheets.Unreadable(_("Nobody knows these columns: %(names)s.") % {"names": ", ".join(unknown)[:200]})

    def import_row(self, row: dict[str, str], instance_loader: Any, **kwargs: Any) -> RowResult:
        found = RowResult()
        found.row_values, found.diff = row, [row[sheets.LINE], *(row.get(name, "") for name in self.columns)]
        try:
            record = self._read(row)
        except BadRow as error:
            found.import_type, found.validation_error = RowResult.IMPORT_TYPE_INVALID, ValidationError(str(error))
            return found
        found.import_type = self.news(record)
        if found.import_type != SAME and not kwargs["dry_run"]:
            self.write(record)
        return found

    def _read(self, row: dict[str, str]) -> Any:
        for name in self.required:
            if not row.get(name):
                raise BadRow(_("“%(column)s” is empty.") % {"column": name})
        record = self.read({name: row.get(name, "") for name in self.columns})
        first = self.seen.setdefault(self.name_of(record), row[sheets.LINE])
        if first != row[sheets.LINE]:
            raise BadRow(_("This is in row %(line)s already.") % {"line": first})
        return record

    def get_diff_headers(self) -> list[str]:
        return [sheets.LINE, *self.columns]


class Export(Columns):
    """`columns`: the name of each, and what it shows of a record."""

    def get_export_headers(self, **kwargs: Any) -> list[str]:
        return list(self.columns)

    def export_resource(self, instance: Model, **kwargs: Any) -> list[str]:
        return [_cell(show(instance)) for show in self.columns.values()]


class FileForm(ImportForm):
    """One file; which format it is tells its content."""

    import_file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV in UTF-8, or XLSX"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].required, self.fields["format"].widget = False, forms.HiddenInput()
        self.fields["import_file"].widget.attrs["accept"] = ".csv,.xlsx"

    @property
    def media(self) -> forms.Media:
        return forms.Media()  # the library's guesses the format from the name

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > sheets.MOST_BYTES:
            raise ValidationError(_("The file is larger than %(most)s MB.") % {"most": sheets.MOST_BYTES >> 20})
        return file

    def clean(self) -> dict[str, Any]:
        super().clean()
        if file := self.cleaned_data.get("import_file"):
            self.cleaned_data["format"] = str(sheets.format_of(file.read(8)))
            file.seek(0)
        found: dict[str, Any] = self.cleaned_data
        return found


class FormatForm(ExportForm):
    """A format is chosen already, the plainest one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["format"]
        field.widget.choices = field.choices = [choice for choice in field.choices if choice[0] != ""]
        field.initial = field.choices[0][0]


class Kept(CacheStorage):
    """The file between the look and the press: in the database, for any web server to find, and not for long."""

    CACHE_LIFETIME = 15 * 60

    def read(self) -> Any:
        found = super().read()
        if found is None:
            raise Expired
        return found


class Transfers(ImportExportMixin):
    """An admin whose list goes out to a file (`exports`), and into which files come (`imports`)."""

    imports: type[Import]
    exports: type[Export]
    formats = sheets.FORMATS
    import_formats = export_formats = sheets.FORMATS
    import_form_class = FileForm
    export_form_class = FormatForm
    tmp_storage_class = Kept

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)  # type: ignore[union-attr]

    has_export_permission = has_import_permission

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[Import]]:
        return [self.imports]

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[Export]]:
        return [self.exports]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"by": request.user, "at": timezone.now()}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        page: Any = super().import_action(request, **kwargs)
        result, form = page.context_data.get("result"), page.context_data["form"]
        if form.errors or (result and (result.has_errors() or result.has_validation_errors())):
            page.status_code = 422
        page.context_data |= {"required": self.imports.required, "most_rows": shown.number(sheets.MOST_ROWS)}
        page.context_data |= {"more": result and max(0, len(result.rows) - MOST_SHOWN), "title": _("Import")}
        answer: HttpResponse = page
        return answer

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            done: HttpResponse = super().process_import(request, **kwargs)
            return done
        except Expired:
            self.message_user(request, _("This took too long: choose the file again."), messages.WARNING)
            return redirect("admin:{}_{}_import".format(*self.get_model_info()))

    def process_dataset(self, dataset: Any, form: Any, request: HttpRequest, **kwargs: Any) -> Result:
        """All of it, or nothing where something changed since it was looked at."""
        return super().process_dataset(dataset, form, request, rollback_on_validation_errors=True, **kwargs)

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():
            text = _("Something changed since you looked at the file. Nothing was imported: choose it again.")
            self.message_user(request, text, messages.ERROR)
            return redirect("admin:{}_{}_import".format(*self.get_model_info()))
        said = _("Imported: %(new)s new, %(changed)s changed, %(same)s were there.") % {
            "new": result.totals[NEW],
            "changed": result.totals[CHANGED],
            "same": result.totals[SAME],
        }
        self._log(request, ADDITION, said)
        self.message_user(request, said, messages.SUCCESS)
        return redirect("admin:{}_{}_changelist".format(*self.get_model_info()))

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if not isinstance(e, sheets.Unreadable):
            raise e
        form.add_error("import_file", str(e))

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any) -> Any:
        if queryset.order_by()[: MOST_EXPORTED + 1].count() > MOST_EXPORTED:
            most = shown.number(MOST_EXPORTED)
            raise ValueError(_("These are more than %(most)s rows. Choose fewer by a filter first.") % {"most": most})
        data = super().get_export_data(file_format, request, queryset, **kwargs)
        self._log(request, CHANGE, _("Exported as %(format)s") % {"format": file_format.get_title().upper()})
        return data

    def _log(self, request: HttpRequest, action: int, said: str) -> None:
        """Of the list as a whole, not of each row."""
        model: Any = self.model  # type: ignore[attr-defined]
        LogEntry.objects.create(
            user_id=request.user.pk,  # type: ignore[misc]  # somebody is signed in
            content_type=ContentType.objects.get_for_model(model),
            object_repr=str(model._meta.verbose_name_plural),
            action_flag=action,
            change_message=said,
        )


def _cell(value: Any) -> str:
    return "" if value is None else value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)
