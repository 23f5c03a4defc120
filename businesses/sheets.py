"""Small tables as CSV and XLSX: read without trusting the file, written so that no spreadsheet runs a cell."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from zipfile import BadZipFile, ZipFile

import openpyxl
import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats

from businesses import shown

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024  # of an XLSX, which is a ZIP
MOST_ROWS = 2_000  # what can be checked and taken in while somebody waits for the page
MOST_COLUMNS = 40
LONGEST_CELL = 1_000
DELIMITERS = ",;\t"
ZIP = b"PK\x03\x04"
BYTE_ORDER_MARK = "\ufeff"  # begins a CSV of ours: else Excel takes UTF-8 for something older
LINE = "#"  # the column that holds the number of the row in its file
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no XLSX may hold these


class Unreadable(ValueError):
    """Not a table that we take; the message is for the person who chose it."""


class Csv(base_formats.CSV):
    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        text = in_stream if isinstance(in_stream, str) else _decoded(in_stream)
        if "\0" in text:
            raise Unreadable(_("This is no CSV in UTF-8."))
        first = text.partition("\n")[0]
        delimiter = max(DELIMITERS, key=first.count)
        try:
            return _dataset(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise Unreadable(_("The file cannot be read as CSV: a quotation mark has no partner.")) from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        """With a mark at the beginning: else a spreadsheet takes it for the country's old encoding."""
        return ("\ufeff" + super().export_data(neutralised(dataset), **kwargs)).encode()

    def is_binary(self) -> bool:
        return True  # decoded here, so that a file in another encoding gets a sentence


class Xlsx(base_formats.XLSX):
    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        check_size(in_stream)
        try:
            book = openpyxl.load_workbook(io.BytesIO(in_stream), read_only=True, data_only=True)
            rows = book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS)
            return _dataset(rows)
        except Unreadable:
            raise
        except Exception as error:  # openpyxl trusts files, and fails in any way at all
            raise Unreadable(_("The file cannot be read as XLSX.")) from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        return super().export_data(neutralised(dataset), **kwargs)


FORMATS = [Csv, Xlsx]


def format_of(first_bytes: bytes) -> int:
    """Which of FORMATS a file is: by its content, not by its name."""
    return int(first_bytes.startswith(ZIP))


def check_size(packed: bytes) -> None:
    """Refuses what would grow beyond reason. Python's reader of ZIPs never unpacks more than a file says of itself."""
    try:
        with ZipFile(io.BytesIO(packed)) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except BadZipFile as error:
        raise Unreadable(_("The file cannot be read as XLSX.")) from error
    if unpacked > MOST_UNPACKED:
        raise Unreadable(_("Unpacked, the file is larger than %(most)s MB.") % {"most": MOST_UNPACKED >> 20})


def neutralised(dataset: tablib.Dataset) -> tablib.Dataset:
    rows = [[shown.neutral(UNSHOWABLE.sub("", str(cell))) for cell in row] for row in dataset]
    return tablib.Dataset(*rows, headers=dataset.headers)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(_("This is no CSV in UTF-8.")) from error


def _dataset(rows: Iterable[Iterable[Any]]) -> tablib.Dataset:
    """Every cell as text; a first column more with the number of the row. Rows without a word are left out."""
    numbered = _texts(rows)
    _line, first = next(numbered, (0, []))
    header = [re.sub(r"\W+", "_", name.lower()).strip("_") for name in first]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise Unreadable(_("The file is empty."))
    if len(set(header)) < len(header):
        raise Unreadable(_("Two columns have the same name."))
    dataset = tablib.Dataset(headers=[LINE, *header])
    for line, cells in numbered:
        if any(cells[len(header) :]):
            said = {"line": line, "expected": len(header)}
            raise Unreadable(_("Row %(line)s has more than the %(expected)s columns of the header.") % said)
        if any(cells):
            dataset.append([str(line), *cells[: len(header)], *[""] * (len(header) - len(cells))])
    return dataset


def _texts(rows: Iterable[Iterable[Any]]) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(rows, 1):
        if line > MOST_ROWS + 1:
            most = shown.number(MOST_ROWS)
            raise Unreadable(_("The file has more than %(most)s rows. Import it in parts.") % {"most": most})
        yield line, [_text(cell) for cell in islice(row, MOST_COLUMNS)]


def _text(cell: Any) -> str:
    """Spreadsheets make numbers of phones and moments of days; what we neutralised on the way out is as it was."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime):
        cell = cell.date()
    text = cell.isoformat() if isinstance(cell, date) else "" if cell is None else str(cell).strip()
    if len(text) > LONGEST_CELL:
        raise Unreadable(_("A cell holds more than %(most)s characters.") % {"most": shown.number(LONGEST_CELL)})
    return text[1:] if text[:1] == "'" and shown.neutral(text[1:]) == text else text
