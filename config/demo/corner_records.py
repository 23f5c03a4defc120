"""A record shop with a programme of its own that nobody has used yet: to begin from nothing, or from an import."""

from decimal import Decimal

from businesses.models import Category, Role
from config.demo.preset import Place, Preset, Shop, Worker

PRESET = Preset(
    slug="corner-records",
    name="Corner Records Club",
    currency="USD",
    join_code="CORNERRECORDS",
    country="US",
    city="Northampton, MA",
    time_zone="America/New_York",
    shops=(
        Shop(
            slug="corner-records",
            name="Corner Records",
            colour="#18181b",
            category=Category.MEDIA,
            earn_rate=Decimal(1),
            places=(Place("Corner Records", "114 Pleasant Street", "Mon–Sat 10:00–19:00, Sun 12:00–17:00"),),
            workers=(Worker(Role.OWNER, "Nora Whitfield", "owner@corner-records.example"),),
        ),
    ),
)
