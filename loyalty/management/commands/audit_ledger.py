import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loyalty import audit


class Command(BaseCommand):
    help = "Proves every cached figure and invariant of the ledger. Exit status 1 on any breach."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in audit.run():
            findings.append(finding)
            if not options["json"]:
                self._say(finding)
        broken = [finding for finding in findings if finding.breaches]
        if options["json"]:
            self.stdout.write(
                json.dumps({"agree": not broken, "checks": [asdict(finding) for finding in findings]}, indent=2)
            )
        elif not broken:
            self.stdout.write(f"The books agree: {len(findings)} promises kept.")
        if broken:
            raise SystemExit(1)

    def _say(self, finding: audit.Finding) -> None:
        if not finding.breaches:
            self.stdout.write(f"ok      {finding.promise}")
            return
        self.stdout.write(f"BROKEN  {finding.promise} {finding.breaches} rows, such as:")
        for example in finding.examples:
            self.stdout.write(f"        {example}")
