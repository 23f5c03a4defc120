from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial"), ("businesses", "0002_sql"), ("customers", "0002_sql")]
    operations = load("loyalty", "kernel", "guards", "post_many")
