import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.models import Business
from loyalty.churn import evaluating, histories, scoring

LONGEST = 3_650


class Command(BaseCommand):
    help = "How well the model of churn would have predicted who stays away, learnt from what was known on a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--business", required=True, metavar="SLUG")
        parser.add_argument("--as-of", required=True, type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--horizon", type=_days, default=scoring.HORIZON, metavar="DAYS")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        business = Business.objects.filter(slug=options["business"]).first()
        if business is None:
            raise CommandError(_("There is no business “%(slug)s”.") % {"slug": options["business"]})
        as_of, horizon = options["as_of"], options["horizon"]
        if as_of + timedelta(days=horizon) > timezone.now().astimezone(ZoneInfo(business.time_zone)).date():
            raise CommandError(_("These days are not over yet: what happened in them is not known."))
        try:
            found = evaluating.evaluate(business=business, as_of=as_of, horizon=horizon)
        except evaluating.TooFewCustomers as error:
            raise CommandError(
                _("Too few customers had come by then: %(customers)s are needed, of whom %(returned)s came back.")
                % {"customers": histories.FEWEST, "returned": histories.FEWEST_RETURNED}
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps(found.figures()))
            return
        for name, value in found.figures().items():
            self.stdout.write(f"{name:<12}{value:.4f}" if isinstance(value, float) else f"{name:<12}{value}")


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= LONGEST:
        raise ArgumentTypeError(f"1 to {LONGEST} days")
    return int(text)
