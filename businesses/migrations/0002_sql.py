from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("businesses", "0001_initial")]
    operations = load("businesses", "rules_version")
