"""Bringing a file, and saying what its columns are."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import sheets
from loyalty.importing import files
from loyalty.importing.columns import KINDS, NEEDED, labels
from loyalty.models import Import, ImportKind

DATES = [
    ("", gettext_lazy("2026-03-31 or 31.03.2026")),
    ("%d/%m/%Y", gettext_lazy("31/03/2026: the day first")),
    ("%m/%d/%Y", gettext_lazy("03/31/2026: the month first")),
    ("%Y%m%d", "20260331"),
]
CHOICES = ("date_format", "encoding", "makes_branches", "earns")
HINTS = {
    ImportKind.PURCHASES: gettext_lazy("Sales of before. Rows with the same receipt number are one sale."),
    ImportKind.CUSTOMERS: gettext_lazy("Phone numbers and names. Consent to messages is the customer’s own to give."),
    ImportKind.PRODUCTS: gettext_lazy("Article numbers, names, categories and prices."),
    ImportKind.OPENINGS: gettext_lazy("Points that customers had collected with you before."),
}  # fmt: skip


class FileForm(forms.Form):
    """A file, and what is in it."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in the file"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or XLSX with names of columns in the first row, at most 10 MB. CSV may be gzipped."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.gz"}),
    )

    def __init__(self, *args: Any, owner: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [kind for kind in ImportKind if owner or kind != ImportKind.OPENINGS]
        field = cast(forms.ChoiceField, self.fields["kind"])
        field.choices = [(kind.value, f"{kind.label}: {HINTS[kind]}") for kind in offered]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > files.MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than %(most)s MB.") % {"most": files.MOST_BYTES >> 20})
        return file


class ColumnsForm(forms.Form):
    """Which column tells what, and how the rows are meant."""

    def __init__(self, data: Any, *, importing: Import, header: list[str], is_sheet: bool) -> None:
        super().__init__(data)
        self.importing = importing
        places = [("", "–"), *((str(place), label) for place, label in enumerate(labels(header)))]
        for field in KINDS[importing.kind]:
            place = importing.columns.get(field.name)
            self.fields[f"column_{field.name}"] = forms.ChoiceField(
                label=field.label,
                choices=places,
                required=field.name in NEEDED[importing.kind],
                initial="" if place is None else str(place),
            )
        if any(field.name in ("date", "birthday", "expires") for field in KINDS[importing.kind]):
            self.fields["date_format"] = forms.ChoiceField(
                label=gettext_lazy("How dates are written"),
                choices=DATES,
                required=False,
                initial=importing.date_format,
            )
        if not is_sheet:
            self.fields["encoding"] = forms.ChoiceField(
                label=gettext_lazy("Encoding"), choices=files.ENCODINGS, initial=importing.encoding
            )
        if importing.kind == ImportKind.PURCHASES:
            self.fields["makes_branches"] = forms.BooleanField(
                label=gettext_lazy("Open branches that are not there yet"),
                required=False,
                initial=importing.makes_branches,
            )
            self.fields["earns"] = forms.BooleanField(
                label=gettext_lazy("These purchases earn points, at today’s rate"),
                required=False,
                initial=importing.earns,
                help_text=gettext_lazy(
                    "Usually not: customers have had what they earned then, and what is left of it comes in as opening "
                    "balances. With both, points would count twice."
                ),
            )

    @property
    def columns(self) -> dict[str, int]:
        found = {name: self.cleaned_data.get(f"column_{name}", "") for name in self._names}
        return {name: int(place) for name, place in found.items() if place}

    @property
    def choices(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CHOICES if name in self.cleaned_data}

    def lacks(self, missing: list[str]) -> None:
        for name in missing:
            self.add_error(f"column_{name}", _("Choose the column that tells this."))

    @property
    def _names(self) -> list[str]:
        return [field.name for field in KINDS[self.importing.kind]]


def is_sheet(content: bytes) -> bool:
    return content.startswith(sheets.ZIP)


def by_name(header: list[str], said: Mapping[str, str]) -> dict[str, int]:
    """Columns as a program names them. Raises `KeyError` with a name that the file has not."""
    places = {label: place for place, label in enumerate(labels(header))}
    return {name: places[column] for name, column in said.items()}
