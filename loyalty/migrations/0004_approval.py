import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0004_pins'),
        ('loyalty', '0003_lock_timeout'),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('operation', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='loyalty.operation')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
            ],
        ),
        *load("loyalty", "approvals"),
    ]
