from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    """Points that come without a sale, such as a thank-you, are issued too."""

    dependencies = [("reports", "0002_segments"), ("loyalty", "0027_imports")]
    operations = [*load("reports", "fold")]
