from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0002_sql")]
    operations = load("loyalty", "kernel")
