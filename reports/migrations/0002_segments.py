import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('reports', '0001_sums_by_day'),
    ]

    operations = [
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(choices=[('champions', 'Champions'), ('loyal', 'Loyal'), ('potential_loyalist', 'May become loyal'), ('new', 'New'), ('promising', 'Promising'), ('need_attention', 'Need attention'), ('about_to_sleep', 'About to fall asleep'), ('cannot_lose', 'Must not be lost'), ('at_risk', 'At risk'), ('hibernating', 'Asleep'), ('lost', 'Lost')], max_length=20)),
                ('customers', models.IntegerField()),
                ('amount', models.DecimalField(decimal_places=3, max_digits=18)),
                ('counted_at', models.DateTimeField()),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': 'segment',
                'verbose_name_plural': 'segments',
                'constraints': [models.UniqueConstraint(fields=('business', 'name'), name='segment_once')],
            },
        ),
        *load("reports", "segments"),
    ]
