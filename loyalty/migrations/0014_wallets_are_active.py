"""Wallets that are there count as active on the day of the upgrade: nobody's points expire by a rule that is new."""

import django.db.models.functions.datetime
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0011_expiry_policy'),
        ('loyalty', '0013_earning_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='wallet',
            name='active_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='the last purchase or use of points'),
        ),
        *load("loyalty", "kernel", "post_many"),
    ]
