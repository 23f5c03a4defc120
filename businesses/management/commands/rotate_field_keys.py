from typing import Any

from django.core.management.base import BaseCommand

from businesses import rotation


class Command(BaseCommand):
    help = "Encrypts every encrypted value with the first of FIELD_KEYS. Safe to stop and to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        rotated = lost = 0
        for place in rotation.places():
            total, done = place.rows().count(), 0
            for chunk in place.rotate():
                done, rotated, lost = done + chunk.looked_at, rotated + chunk.rotated, lost + chunk.lost
                self.stdout.write(f"{place}: {done:,} of {max(done, total):,}")
        self.stdout.write(f"{rotated:,} values rotated.")
        if lost:
            self.stderr.write(f"{lost:,} values name a key that is not in FIELD_KEYS. Put it back and run this again.")
            raise SystemExit(1)
        self.stdout.write("All are under the first key: the others may be taken out of FIELD_KEYS.")
