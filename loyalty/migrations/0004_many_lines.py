from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0003_lock_timeout")]
    operations = load("loyalty", "kernel", "post_many")
