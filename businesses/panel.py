"""What the lists of the superadmin's panel share: they stay quick with millions of rows, show the words of our people
instead of columns, and what nobody may edit has no form."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import DecimalField as DecimalColumn
from django.db.models import Field, Model, QuerySet
from django.forms import CharField, DecimalField, Form, HiddenInput, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from businesses import shown

MOST_COUNTED = 10_000
PER_PAGE = 50
NO_BREAK = "\u00a0"
LATE = timedelta(hours=1)  # rows are numbered when they are begun and seen when they are committed


class Column:
    """What a list or a page shows of a record: the value at the end of a path (`wallet.customer.phone`), or what
    `show` makes of the record, under a heading of ours. A `figure` stands at the right of its column."""

    def __init__(
        self,
        label: Any,
        path: str = "",
        *,
        show: Callable[[Any], Any] | None = None,
        boolean: bool = False,
        figure: bool = False,
    ):
        self.path, self.show, self.short_description = path, show, shown.capital(label)
        # Not the name of a field: under that Django would print what the field says to whoever reads the code.
        self.__name__ = "_".join(["figure" if figure else "column", *path.split(".")])
        if boolean:
            self.boolean = True

    def __call__(self, record: Model) -> Any:
        value = self.show(record) if self.show else self.value(record)
        if isinstance(value, datetime):
            return shown.full_moment(timezone.localtime(value)).replace(" ", NO_BREAK)
        if isinstance(value, date):
            return shown.short_day(value).replace(" ", NO_BREAK)
        if isinstance(value, Decimal):
            return shown.decimal(value)
        return None if value == "" else value

    def value(self, record: Model) -> Any:
        value: Any = record
        for name in self.path.split("."):
            value = getattr(value, name)
            if value is None:
                return None
        display = f"get_{self.path}_display"
        return getattr(record, display)() if hasattr(record, display) else value


class Label(tuple[str, Any]):
    """A value and its words: a coloured label in a list, the words alone on a record's page."""

    def __new__(cls, value: str, words: Any) -> "Label":
        return super().__new__(cls, (value, words))

    def __str__(self) -> str:
        return str(self[1])


def number(label: Any, path: str, *, signed: bool = False, rare: bool = False) -> Column:
    """As the reader's language writes it: `1,240`, or `+37` and `−300`. Of a `rare` one a nought is not said."""
    plain = Column("", path)
    write = shown.signed if signed else shown.number

    def show(record: Any) -> str | None:
        value = plain.value(record)
        return None if value is None or (rare and not value) else write(value)

    return Column(label, path, show=show, figure=True)


points = number


class PlainDecimal(DecimalField):
    """`0.01` to edit where the column keeps `0.010000`."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class KeyedForm(Form):
    """A form whose press counts once, however often it is sent."""

    key = CharField(widget=HiddenInput, initial=lambda: uuid4().hex, max_length=64)

    def renew_key(self) -> None:
        """The refusal is stored under the old one."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["key"] = uuid4().hex  # type: ignore[index]


class Reason(Form):
    """Why something is done: the log and whoever asks later read it."""

    reason = CharField(label=gettext_lazy("Reason"), max_length=250, widget=UnfoldAdminTextInputWidget)


class CappedPaginator(Paginator):
    """Counts no further than anybody pages: an exact count of a million rows takes longer than the page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by()[: MOST_COUNTED + 1].count()
        return min(found, MOST_COUNTED)

    @cached_property
    def in_words(self) -> str:
        """How many there are; past the cap what the database's statistics say, or that there are more."""
        if self.count < MOST_COUNTED:
            return shown.number(self.count)
        rows: Any = self.object_list
        if rows.query.where or rows.query.distinct:
            return _("more than %(count)s") % {"count": shown.number(MOST_COUNTED)}
        with connection.cursor() as cursor:
            table = rows.model._meta.db_table
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
            estimate = max(MOST_COUNTED, cursor.fetchone()[0])
        return _("about %(count)s") % {"count": shown.number(estimate)}


class PanelAdmin(ModelAdmin):
    """A list that is read by its primary key, searched through indexes and filtered by what is indexed."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count a whole table
    list_per_page = PER_PAGE
    list_max_show_all = 0
    ordering = ("-pk",)
    sortable_by: Any = ()
    list_filter_submit = True
    compressed_fields = True

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, DecimalColumn):
            kwargs.setdefault("form_class", PlainDecimal)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those that are meant by what was typed. Called where `search_help_text` says so without `search_fields`."""
        raise NotImplementedError

    def get_search_fields(self, request: HttpRequest) -> Any:
        # unfold shows the field where there are some.
        return self.search_fields or (("pk",) if self.search_help_text else ())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()[:255]
        if self.search_fields or not self.search_help_text:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, text)
            return found
        return (self.find(queryset, text) if text else queryset), False

    def press(
        self,
        request: HttpRequest,
        record_id: str,
        *,
        title: str,
        text: str = "",
        form_of: Callable[[Any, Any], Form] = lambda data, record: Form(data),
        does: Callable[[Any, dict[str, Any]], str],
    ) -> HttpResponse:
        """A page that asks once more, or for a reason, before something is done to a record; the press is a POST.

        `form_of` makes the form from what was posted and the record. `does` takes the record and the answers, and
        returns the sentence for the log. It raises `ValidationError` to refuse, which is shown beside the fields with
        what was typed.
        """
        if not request.user.is_superuser:  # type: ignore[union-attr]
            raise PermissionDenied
        record = self.get_object(request, unquote(record_id))
        if record is None:
            raise Http404
        form = form_of(request.POST if request.method == "POST" else None, record)
        if request.method == "POST" and form.is_valid():
            try:
                said = does(record, form.cleaned_data)
            except ValidationError as refusal:
                form.add_error(None, refusal)
                if isinstance(form, KeyedForm):
                    form.renew_key()
            else:
                self.log_change(request, record, said)
                self.message_user(request, said, messages.SUCCESS)
                return redirect(_page("change", self.opts, record))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "text": text,
            "form": form,
            "opts": self.opts,
            "original": record,
            "back": _page("change", self.opts, record),
        }
        return TemplateResponse(request, "admin/press.html", context, status=422 if form.errors else 200)


class NeverDeleted(PanelAdmin):
    """The ledger remembers what happened at it."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NeverDeleted):
    """History. What must change is changed by a press that does one thing, through the door of its app."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ByBusiness(AutocompleteSelectFilter):
    """One business, found by typing: there may be thousands."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = gettext_lazy("business")


def choices(field: str, title: Any) -> tuple[str, type[admin.ChoicesFieldListFilter]]:
    """A filter by the choices of a field, under a title of ours."""

    class Titled(admin.ChoicesFieldListFilter):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.title = title

    return field, Titled


class RecordedOn(admin.SimpleListFilter):
    """By the day of recording, through the primary key: rows are numbered as they come, and no index on the moment
    has to be kept for this."""

    title = gettext_lazy("recorded")
    parameter_name = "recorded"
    moment = "created_at"
    SPANS = {"today": (0, None), "yesterday": (1, 0), "week": (6, None), "month": (29, None)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        words = (_("Today"), _("Yesterday"), _("Last 7 days"), _("Last 30 days"))
        return list(zip(self.SPANS, words, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.SPANS.get(self.value() or "")
        if chosen is None:
            return queryset
        begins, ends = chosen
        midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        since, until = midnight - timedelta(days=begins), None if ends is None else midnight - timedelta(days=ends)
        queryset = queryset.filter(pk__gte=first_id(queryset.model, self.moment, since - LATE))
        queryset = queryset.filter(**{f"{self.moment}__gte": since})
        if until:
            bound = first_id(queryset.model, self.moment, until + LATE)
            queryset = queryset.filter(pk__lt=bound, **{f"{self.moment}__lt": until})
        return queryset


def first_id(model: type[Model], moment: str, at: datetime) -> int:
    """The first id at or after a moment, found as in a telephone book: some twenty looks into the primary key."""
    rows = model._default_manager.order_by("pk")
    last = rows.values_list("pk", flat=True).last()
    low, high = 0, (last or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle).values_list("pk", moment).first()
        if found is None or found[1] >= at:
            high = middle
        else:
            low = found[0] + 1
    return low


def _page(page: str, opts: Any, record: Model) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[record.pk])


def record_id(text: str) -> int:
    """The id in an address; what is none is the id of nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
