from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0004_approval")]
    operations = load("loyalty", "kernel", "post_many")
