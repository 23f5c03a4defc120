from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from config import backup


class Command(BaseCommand):
    help = "Writes the whole database to one file, of one moment, while the platform goes on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if not file.parent.is_dir():
            raise CommandError(_("There is no folder %(folder)s.") % {"folder": file.parent})
        if file.exists():
            raise CommandError(_("%(file)s is there already. Choose another name.") % {"file": file})
        try:
            backup.write(file=file, at=timezone.now(), tell=self.stdout.write)
        except backup.CannotRestore as reason:
            raise CommandError(str(reason)) from reason
        size = f"{file.stat().st_size / 1e6:.1f}"
        self.stdout.write(_("%(file)s: %(size)s MB.") % {"file": file, "size": size})
        self.stdout.write(
            _("Keep FIELD_KEYS and KEY_PEPPER too (.env or .data/secrets.env), elsewhere: it cannot be read without.")
        )
