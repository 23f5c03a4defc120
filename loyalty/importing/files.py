"""A file as a table, whatever it is: CSV in some encoding, plain or gzipped, or XLSX. Nothing in it is believed."""

import io
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from itertools import pairwise
from typing import Any, Protocol

import openpyxl
from django.utils.translation import gettext as _

from businesses import sheets, shown
from loyalty.tables import Row, Table, UnreadableFile

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_ROWS = 500_000
MOST_COLUMNS = 100
LONGEST_CELL = 1_000
GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
ENCODINGS = (("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("cp1251", "Windows-1251"), ("cp1254", "Windows-1254"))


class AnyTable(Protocol):
    """A header, and rows by the numbers of their first lines."""

    header: list[str]

    def __iter__(self) -> Iterator[Row]: ...


def open_table(content: bytes, encoding: str) -> AnyTable:
    """Raises `UnreadableFile`, whose message is for the person who chose it."""
    if content.startswith(sheets.ZIP):
        table: AnyTable = Spreadsheet(content)
    else:
        text = unpacked(content)
        if encoding == "utf-16":
            text, encoding = text.decode("utf-16", errors="replace").encode(), "utf-8"
        table = Table(io.BytesIO(text), encoding)
    if not any(name.strip() for name in table.header):
        raise UnreadableFile(_("The file is empty."))
    if len(table.header) > MOST_COLUMNS:
        raise UnreadableFile(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    return table


def detect(content: bytes) -> str:
    """The encoding of a CSV: UTF-8 where it can be that, else the country's old one that it looks like."""
    if content.startswith(sheets.ZIP):
        return "utf-8"
    text = unpacked(content)
    if text[:2] in UTF_16:
        return "utf-16"
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        # Cyrillic words are of such letters alone; in Latin ones they stand by themselves.
        high = [place for place, byte in enumerate(text[:200_000]) if byte >= 0xC0]
        together = sum(after - before == 1 for before, after in pairwise(high))
        return "cp1251" if together * 2 > len(high) else "cp1254"
    return "utf-8"


def unpacked(content: bytes) -> bytes:
    """What a gzipped file holds, or the file as it is; never more than `MOST_UNPACKED`."""
    if not content.startswith(GZIP):
        return content
    try:
        unzip = zlib.decompressobj(wbits=31)
        text = unzip.decompress(content, MOST_UNPACKED)
    except zlib.error as error:
        raise UnreadableFile(_("The file is damaged: it cannot be unpacked.")) from error
    if unzip.unconsumed_tail:
        raise UnreadableFile(_("Unpacked, the file is larger than %(most)s MB.") % {"most": MOST_UNPACKED >> 20})
    if not unzip.eof:
        raise UnreadableFile(_("The file is damaged: it cannot be unpacked."))
    return text


class Spreadsheet:
    """The first sheet of an XLSX, row by row."""

    def __init__(self, content: bytes) -> None:
        try:
            sheets.check_size(content)
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheet: Any = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its own size is not believed
            self.rows: Iterator[tuple[int, Any]] = enumerate(sheet.iter_rows(values_only=True), 1)
            _line, first = next(self.rows, (0, ()))
        except sheets.Unreadable as error:
            raise UnreadableFile(str(error)) from error
        except Exception as error:  # openpyxl trusts files, and fails in any way at all
            raise UnreadableFile(_("The file cannot be read as XLSX.")) from error
        self.header = _texts(first)
        while self.header and not self.header[-1]:
            self.header.pop()

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        while True:
            try:
                line, cells = next(self.rows)
            except StopIteration:
                return
            except Exception:
                yield Row(0, "", [], _("The file breaks off here: it is cut short or damaged."))
                return
            texts = _texts(cells)
            if not any(texts):
                continue
            shown_row = ",".join(texts)[:LONGEST_CELL]
            if any(texts[width:]):
                said = {"found": len(texts), "expected": width}
                yield Row(line, shown_row, [], _("The row has %(found)s columns, the header has %(expected)s.") % said)
            else:
                yield Row(line, shown_row, [*texts[:width], *[""] * (width - len(texts))])


def too_many_rows() -> UnreadableFile:
    most = {"most": shown.number(MOST_ROWS)}
    return UnreadableFile(_("The file has more than %(most)s rows. Import it in parts.") % most)


def _texts(cells: Iterable[Any]) -> list[str]:
    return [_text(cell) for cell in cells][:16_384]


def _text(cell: Any) -> str:
    """Spreadsheets make numbers of phones and moments of days."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    return str(cell).strip()[:LONGEST_CELL].replace("\0", "")
