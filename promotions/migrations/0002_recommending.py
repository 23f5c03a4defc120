import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promotions', '0001_offers'),
        ('businesses', '0001_squashed_0015_consent_above'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecommendationRules',
            fields=[
                ('business', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='recommendation_rules', serialize=False, to='businesses.business', verbose_name='business')),
                ('near_reward', models.BooleanField(default=True, verbose_name='a reward that is near')),
                ('near_percent', models.PositiveSmallIntegerField(default=80, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='near means so many percent of its points')),
                ('inactive', models.BooleanField(default=True, verbose_name='come back')),
                ('inactive_overdue', models.DecimalField(decimal_places=1, default=2, max_digits=4, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='away for so many times the usual gap')),
                ('inactive_percent', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='and a chance of not returning of so many percent')),
                ('elsewhere', models.BooleanField(default=True, verbose_name='new places')),
                ('elsewhere_customers', models.PositiveIntegerField(default=2, validators=[django.core.validators.MinValueValidator(2)], verbose_name='seen with at least so many customers')),
            ],
            options={
                'verbose_name': 'rules of recommending',
                'verbose_name_plural': 'rules of recommending',
            },
        ),
        migrations.CreateModel(
            name='RecommendationRulesChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=32)),
                ('before', models.CharField(max_length=16)),
                ('after', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recommendation_changes', to='businesses.business')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
            ],
            options={
                'verbose_name': 'changed rule of recommending',
                'verbose_name_plural': 'changed rules of recommending',
            },
        ),
        migrations.CreateModel(
            name='CoVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customers', models.PositiveIntegerField()),
                ('weight', models.FloatField()),
                ('other', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.program')),
                ('visited', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': 'places visited together',
                'verbose_name_plural': 'places visited together',
                'constraints': [models.UniqueConstraint(fields=('visited', 'other'), name='co_visit_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('visited', models.F('other')), _negated=True), ('visited', None), _connector='OR'), name='co_visit_of_two')],
            },
        ),
    ]
