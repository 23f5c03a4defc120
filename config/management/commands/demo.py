import json
from argparse import ArgumentParser
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from config.demo import PRESETS
from config.demo.loading import begin, load, loaded, make_superadmin, open_shops
from config.demo.logins import logins
from config.demo.preset import Preset


class Command(BaseCommand):
    help = "Loads the demo programmes, where DEMO is set. Safe to repeat: it goes on where it was cut short."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--logins", action="store_true", help="print who may sign in, as JSON, and load nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Set DEMO=1 first. Demo logins are known to everybody and have no place elsewhere."))
        if options["logins"]:
            self.stdout.write(json.dumps({"logins": logins()}))
            return
        make_superadmin()
        # Everybody may sign in before any history is there, and the small ones have theirs first.
        presets = sorted(PRESETS, key=lambda preset: preset.people)
        for preset in presets:
            begin(preset=preset, today=_today(preset))
        for preset in presets:
            open_shops(preset=preset)
        for preset in presets:
            self._load(preset)

    def _load(self, preset: Preset) -> None:
        if loaded(preset):
            self.stdout.write(_("%(name)s is loaded already.") % {"name": preset.name})
            return
        said = -10

        def tell(percent: int) -> None:
            nonlocal said
            if percent >= said + 10 or percent == 100:
                said = percent
                self.stdout.write(_("%(name)s: %(percent)s %%") % {"name": preset.name, "percent": percent})
                self.stdout.flush()

        load(preset=preset, today=_today(preset), tell=tell)


def _today(preset: Preset) -> date:
    return timezone.now().astimezone(ZoneInfo(preset.time_zone)).date()
