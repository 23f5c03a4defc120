import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


def hot(to, **options):
    return models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=to, **options
    )


def number():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_bonuses_are_issued"), ("businesses", "0017_web_origins")]
    operations = [
        migrations.CreateModel(
            name='Economy',
            fields=[
                ('id', number()),
                ('issued', models.BigIntegerField()),
                ('redeemed', models.BigIntegerField(help_text='net of what came back')),
                ('expired', models.BigIntegerField()),
                ('reversed', models.BigIntegerField(help_text='taken back by refunds and adjustments')),
                ('outstanding', models.BigIntegerField(help_text='customers have them')),
                ('settled', models.BigIntegerField()),
                ('settled_redeemed', models.BigIntegerField()),
                ('settled_expired', models.BigIntegerField()),
                ('counted_at', models.DateTimeField()),
                ('business', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={'verbose_name': 'points given', 'verbose_name_plural': 'points given', 'ordering': ['business_id']},
        ),
        migrations.CreateModel(
            name='Outstanding',
            fields=[
                ('id', number()),
                ('month', models.DateField(help_text='its first day, by the calendar of the business', null=True)),
                ('points', models.BigIntegerField()),
                ('business', hot('businesses.business')),
            ],
            options={
                'verbose_name': 'points by month of expiry', 'verbose_name_plural': 'points by month of expiry',
                'constraints': [models.UniqueConstraint(fields=('business', 'month'), name='outstanding_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', number()),
                ('customers', models.IntegerField()),
                ('amount', models.DecimalField(decimal_places=3, max_digits=18)),
                ('counted_at', models.DateTimeField()),
                ('origin', hot('businesses.business')),
                ('business', hot('businesses.business')),
            ],
            options={
                'verbose_name': 'passage', 'verbose_name_plural': 'passages', 'ordering': ['-amount', 'id'],
                'indexes': [models.Index(fields=['origin'], name='passage_origin')],
                'constraints': [models.UniqueConstraint(fields=('business', 'origin'), name='passage_once')],
            },
        ),
        migrations.CreateModel(
            name='Breadth',
            fields=[
                ('id', number()),
                ('discreet', models.BooleanField(help_text='without the confidential businesses', verbose_name='without the confidential')),
                ('eligible', models.IntegerField()),
                ('broad', models.IntegerField()),
                ('active', models.IntegerField()),
                ('active_broad', models.IntegerField()),
                ('counted_at', models.DateTimeField()),
                ('program', hot('businesses.program', verbose_name='programme')),
            ],
            options={
                'verbose_name': 'several categories', 'verbose_name_plural': 'several categories', 'ordering': ['program_id'],
                'constraints': [models.UniqueConstraint(fields=('program', 'discreet'), name='breadth_once')],
            },
        ),
        *load("reports", "economy", "network"),
    ]
