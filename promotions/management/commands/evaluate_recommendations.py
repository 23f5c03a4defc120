import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from businesses.models import Program
from promotions.recommending import evaluating


class Command(BaseCommand):
    help = "How often the place that a customer visited last would have been among three that were recommended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programme", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        program = Program.objects.filter(slug=options["programme"]).first()
        if program is None:
            raise CommandError(_("There is no programme “%(slug)s”.") % {"slug": options["programme"]})
        try:
            found = evaluating.evaluate(program=program)
        except evaluating.NobodyKnowsTwo as error:
            raise CommandError(_("Nobody has been to two businesses of this programme.")) from error
        if options["json"]:
            self.stdout.write(json.dumps(found.figures()))
            return
        for name, value in found.figures().items():
            self.stdout.write(f"{name:<12}{value:.4f}" if isinstance(value, float) else f"{name:<12}{value}")
