"""The rows of a CSV, plain or gzipped: of any size, because it is read as a stream, and of any quality, because what
is no row is handed out as one with a problem."""

import csv
import zlib
from collections import deque
from collections.abc import Iterator
from gzip import GzipFile
from itertools import count
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

LONGEST_LINE = 8 * 1024
MOST_LINES_OF_A_ROW = 20  # a quotation mark that nobody closed must not swallow the file
DELIMITERS = ",;\t|"


class UnreadableFile(Exception):
    """Nothing in the file can be read. The message is for the person who chose it."""


class Row(NamedTuple):
    """One row of the file, by the number of its first line; without `fields` it has a `problem`."""

    line: int
    text: str
    fields: list[str]
    problem: str = ""


class Table:
    """The header and the rows of a CSV. Holds a few lines at a time, whatever the file's size."""

    def __init__(self, source: BinaryIO, encoding: str = "utf-8") -> None:
        self.lines = _lines(source, encoding)
        self.waiting: deque[Row] = deque()
        first = self._next()
        if first is None or first.problem:
            raise UnreadableFile(first.problem if first else _("The file is empty."))
        text = first.text.removeprefix("\ufeff")
        self.delimiter = max(DELIMITERS, key=text.count)
        self.header = self._split([text]) or []

    def __iter__(self) -> Iterator[Row]:
        while row := self._next():
            if row.problem:
                yield row
            elif '"' in row.text:
                yield self._quoted(row)
            elif row.text.strip():
                yield self._checked(row, row.text.rstrip("\r\n").split(self.delimiter))

    def _next(self) -> Row | None:
        return self.waiting.popleft() if self.waiting else next(self.lines, None)

    def _quoted(self, first: Row) -> Row:
        """A row with quotes may go on over the next lines; when that leads nowhere, they are rows of their own."""
        taken = [first]
        while (fields := self._split([row.text for row in taken])) is None and len(taken) < MOST_LINES_OF_A_ROW:
            line = self._next()
            if line is None:
                break
            taken.append(line)
            if line.problem:
                break
        if fields is None or (len(taken) > 1 and len(fields) != len(self.header)):
            self.waiting.extendleft(reversed(taken[1:]))
            return first._replace(problem=_("A quotation mark in this row has no partner."))
        return self._checked(first._replace(text="".join(row.text for row in taken)), fields)

    def _split(self, lines: list[str]) -> list[str] | None:
        try:
            rows = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        return rows[0] if rows else []

    def _checked(self, row: Row, fields: list[str]) -> Row:
        if len(fields) == len(self.header):
            return Row(row.line, row.text, fields)
        sentence = _("The row has %(found)s columns, the header has %(expected)s.")
        return row._replace(problem=sentence % {"found": len(fields), "expected": len(self.header)})


def _lines(source: BinaryIO, encoding: str) -> Iterator[Row]:
    """The file's lines as text, with a problem where they are none. No line is ever held whole if it is too long."""
    number = 0
    try:
        stream = _unpacked(source)
        for number in count(1):
            raw = stream.readline(LONGEST_LINE + 1)
            if not raw:
                return
            cut = len(raw) > LONGEST_LINE
            while cut and not raw.endswith(b"\n") and (more := stream.readline(LONGEST_LINE)):
                raw = raw[:LONGEST_LINE] + more[-1:]
            yield _line(number, raw, cut, encoding)
    except (EOFError, OSError, zlib.error) as error:
        yield Row(number, "", [], _("The file breaks off here: it is cut short or damaged (%(why)s).") % {"why": error})


def _unpacked(source: BinaryIO) -> BinaryIO:
    """By its first bytes, not by its name."""
    packed = source.read(2) == b"\x1f\x8b"
    source.seek(0)
    return GzipFile(fileobj=source) if packed else source  # type: ignore[return-value]


def _line(number: int, raw: bytes, cut: bool, encoding: str) -> Row:
    text = raw.decode(encoding, errors="replace")
    if cut:
        problem = _("The row is longer than %(bytes)s bytes.") % {"bytes": LONGEST_LINE}
    elif "\0" in text:
        problem = _("The row holds a NUL byte. If all rows do, save the file as CSV in UTF-8.")
    elif "\ufffd" in text:  # what unreadable bytes became
        problem = _("The row is not UTF-8. If all rows are not, save the file as CSV in UTF-8.")
    else:
        problem = ""
    return Row(number, text, [], problem)
