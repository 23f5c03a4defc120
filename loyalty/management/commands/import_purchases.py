import csv
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.models import Business
from loyalty import rules
from loyalty.importing import sales
from loyalty.importing.columns import KINDS
from loyalty.importing.fields import Tally
from loyalty.importing.sales import Refuse
from loyalty.models import ImportKind
from loyalty.tables import Row, UnreadableFile

COLUMNS = [field.name for field in KINDS[ImportKind.PURCHASES]]
ROWS_PER_LINE = 100_000  # of progress, where it is not watched on a terminal


class Command(BaseCommand):
    help = "Imports the sales of a business from a CSV file, plain or gzipped. Safe to repeat: nothing counts twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--business", required=True, metavar="SLUG")
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="rows that were refused; beside the input if absent"
        )
        for kind in COLUMNS:
            parser.add_argument(
                f"--{kind}", metavar="COLUMN", help=f"the column of the {kind}, if it is not recognised"
            )
        parser.add_argument(
            "--date-format", metavar="FORMAT", help="how dates are written, such as %%d/%%m/%%Y %%H:%%M"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        business = Business.objects.select_related("program").filter(slug=options["business"]).first()
        if business is None:
            raise CommandError(_("There is no business “%(slug)s”.") % {"slug": options["business"]})
        file: Path = options["file"]
        errors: Path = options["errors"] or file.with_name(
            file.name.removesuffix(".gz").removesuffix(".csv") + ".errors.csv"
        )
        try:
            with file.open("rb") as source, refusals(errors) as refuse:
                tally = self._watch(
                    sales.purchases(
                        rules=rules.of(business.pk, business.program.rules_version),
                        source=source,
                        chosen={kind: options[kind] for kind in COLUMNS if options[kind]},
                        refuse=refuse,
                        at=timezone.now(),
                        date_format=options["date_format"],
                    )
                )
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        self._report(tally, errors)

    def _watch(self, tallies: Iterator[Tally]) -> Tally:
        began, printed, tally = time.monotonic(), 0, Tally()
        for tally in tallies:
            rate = tally.rows / max(time.monotonic() - began, 0.001)
            line = _("%(rows)s rows, %(rate)s a second") % {"rows": f"{tally.rows:,}", "rate": f"{rate:,.0f}"}
            if self.stderr.isatty():
                self.stderr.write(f"\r{line}", str, ending="")
            elif tally.rows >= printed + ROWS_PER_LINE:
                printed = tally.rows
                self.stderr.write(line, str)
        if self.stderr.isatty():
            self.stderr.write("")
        return tally

    def _report(self, tally: Tally, errors: Path) -> None:
        refused = f"{tally.refused:,}" + (f"  ({errors})" if tally.refused else "")
        figures = {
            _("rows read"): f"{tally.rows:,}",
            _("posted"): f"{tally.posted:,}",
            _("already there"): f"{tally.already_there:,}",
            _("refused"): refused,
            _("customers new"): f"{tally.new_customers:,}",
            _("points"): f"{tally.points:,}",
        }
        width = max(map(len, figures))
        for name, figure in figures.items():
            self.stdout.write(f"{name:<{width}}  {figure}")
        if tally.rows and tally.refused == tally.rows:
            raise CommandError(_("Not one row could be read."))


@contextmanager
def refusals(path: Path) -> Iterator[Refuse]:
    """A CSV of what was refused and why; no file is left where nothing was. Opened first: it has to be writable."""
    some = False
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([_("line"), _("row"), _("problem")])

        def refuse(row: Row, sentence: str) -> None:
            nonlocal some
            some = True
            writer.writerow([row.line, _harmless(row.text), sentence])

        try:
            yield refuse
        finally:
            if not some:
                path.unlink()


def _harmless(text: str) -> str:
    """A spreadsheet must not run what a row begins with."""
    shown = text.rstrip("\r\n").replace("\0", "\ufffd")
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@", "\t") else shown
