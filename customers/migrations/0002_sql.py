from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = load("customers", "enrol")
