from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0005_many_lines")]
    operations = load("loyalty", "kernel")
