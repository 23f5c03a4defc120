import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0010_points_cap_day'),
        ('loyalty', '0012_answers_are_read'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EarningRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('series', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('kind', models.CharField(choices=[('extra', 'Extra points for each unit of the currency'), ('multiply', 'A multiple of the points'), ('bonus', 'A fixed bonus'), ('exclude', 'No points')], max_length=8, verbose_name='what it gives')),
                ('value', models.DecimalField(decimal_places=3, default=0, help_text='points per unit of the currency, factor, or points', max_digits=12, verbose_name='how much')),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None)),
                ('skus', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('discounted', models.BooleanField(default=False, verbose_name='only what is sold at a discount')),
                ('minimum_spend', models.DecimalField(decimal_places=3, default=0, max_digits=15, verbose_name='minimum spend')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='first day')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, help_text='0 = Monday', size=None)),
                ('from_time', models.TimeField(blank=True, null=True, verbose_name='from')),
                ('until_time', models.TimeField(blank=True, null=True, verbose_name='until')),
                ('tiers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                ('occasion', models.CharField(blank=True, choices=[('first_purchase', 'the customer’s first purchase here'), ('first_in_category', 'the customer’s first purchase in your line of business'), ('birthday', 'the customer’s birthday')], max_length=20, verbose_name='only for')),
                ('most_per_purchase', models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per purchase')),
                ('most_per_day', models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per customer and day')),
                ('most_per_customer', models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per customer, ever')),
                ('exclusive', models.BooleanField(default=False, verbose_name='alone')),
                ('priority', models.PositiveSmallIntegerField(default=0, verbose_name='priority')),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('business', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='earning_rules', to='businesses.business', verbose_name='business')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earning_rules', to='businesses.program', verbose_name='programme')),
            ],
            options={
                'verbose_name': 'earning rule',
                'verbose_name_plural': 'earning rules',
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['program', 'business'], name='rule_in_force')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('series',), name='one_rule_of_a_series'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'exclude'), ('value', 0)), models.Q(models.Q(('kind', 'exclude'), _negated=True), ('value__gt', 0)), _connector='OR'), name='rule_gives_something'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'multiply'), _negated=True), ('value__lte', 20), _connector='OR'), name='rule_factor_within_reason'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='rule_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('from_time', None), ('until_time', None)), models.Q(('from_time__isnull', False), ('until_time__isnull', False), models.Q(('from_time', models.F('until_time')), _negated=True)), _connector='OR'), name='rule_hours_are_two'), models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='rule_weekdays_are_days')],
            },
        ),
        *load("loyalty", "earning_rules", "kernel"),
    ]
