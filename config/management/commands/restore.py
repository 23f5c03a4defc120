import sys
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config import backup


class Command(BaseCommand):
    help = (
        "Replaces the whole database by a backup, and proves its books. A backup that cannot be read changes nothing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        try:
            manifest = backup.read(file)
            backup.check(manifest)
            self._ask(manifest, yes)
            backup.restore(file=file, manifest=manifest, tell=self.stdout.write)
        except backup.CannotRestore as reason:
            raise CommandError(str(reason)) from reason
        call_command("migrate", verbosity=0)
        self.stdout.write(_("Restored. Proving the books ..."))
        call_command("audit_ledger", stdout=self.stdout)

    def _ask(self, manifest: backup.Manifest, yes: bool) -> None:
        self.stdout.write(
            _("This replaces all that is in the database by the backup of %(at)s.") % {"at": manifest.made_at}
        )
        if not yes and (not sys.stdin.isatty() or input(_("Really? Type yes: ")) != "yes"):
            raise CommandError(_("Nothing was changed. Without the question: --yes"))
