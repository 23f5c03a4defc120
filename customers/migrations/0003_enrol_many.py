from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_sql")]
    operations = load("customers", "enrol_many")
