import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, OutputWrapper

from loyalty import audit

SHOWN = ("name", "promise", "breaches", "examples")  # of each promise, in the JSON


class Command(BaseCommand):
    help = "Proves every cached figure and invariant of the ledger. Exit status 1 on any breach."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in audit.run():
            findings.append(finding)
            self._say(finding, self.stderr if options["json"] else self.stdout)
        broken = [finding for finding in findings if finding.breaches]
        if options["json"]:
            checks = [{name: getattr(finding, name) for name in SHOWN} for finding in findings]
            self.stdout.write(json.dumps({"agree": not broken, "checks": checks}, indent=2))
        elif not broken:
            seconds = sum(finding.seconds for finding in findings)
            self.stdout.write(f"The books agree: {len(findings)} promises kept, in {seconds:.1f} s.")
        if broken:
            raise SystemExit(1)

    def _say(self, finding: audit.Finding, out: OutputWrapper) -> None:
        """As soon as it is known, also into a file: with millions of rows the next one takes a while."""
        if not finding.breaches:
            out.write(f"ok      {finding.promise} ({finding.rows} rows, {finding.seconds:.1f} s)", _plain)
        else:
            broken = f"{finding.breaches} rows of {finding.rows} ({finding.seconds:.1f} s), such as:"
            out.write(f"BROKEN  {finding.promise} {broken}", _plain)
            for example in finding.examples:
                out.write(f"        {example}", _plain)
        out.flush()


def _plain(text: str) -> str:
    """Lines beside the JSON are no errors, and not shown as such."""
    return text
