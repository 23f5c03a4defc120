import django.db.models.deletion
import loyalty.models.columns
import uuid
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('customers', '0014_nudge_messages'),
        ('promotions', '0003_chains'),
    ]

    operations = [
        migrations.AddField(
            model_name='coupon',
            name='because',
            field=models.JSONField(help_text='of a nudge: the chance of not returning, and by which model', null=True),
        ),
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('key', models.CharField(help_text='by which customers are drawn', max_length=64, unique=True)),
                ('threshold_percent', models.PositiveSmallIntegerField(verbose_name='from which chance of not returning, in percent')),
                ('texts', models.JSONField(help_text='by language; that of the business stands for those that are missing')),
                ('control_percent', models.PositiveSmallIntegerField(default=10, verbose_name='how many of 100 hear nothing')),
                ('horizon_days', models.PositiveSmallIntegerField(default=30, verbose_name='within how many days they have to come')),
                ('most_a_day', models.PositiveIntegerField(default=100, verbose_name='most customers a day')),
                ('begun_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('nudged_on', models.DateField(help_text='the last day on which everybody was looked at', null=True)),
                ('begun_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='experiments', to='businesses.business', verbose_name='business')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('offer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='promotions.offer', verbose_name='offer')),
            ],
            options={
                'verbose_name': 'experiment',
                'verbose_name_plural': 'experiments',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('business',), name='one_experiment'),
                    models.CheckConstraint(condition=models.Q(('threshold_percent__gte', 1), ('threshold_percent__lte', 99)), name='threshold_within_reason'),
                    models.CheckConstraint(condition=models.Q(('control_percent__gte', 1), ('control_percent__lte', 50)), name='control_is_a_group'),
                    models.CheckConstraint(condition=models.Q(('horizon_days__gte', 7), ('horizon_days__lte', 90)), name='horizon_is_fixed'),
                    models.CheckConstraint(condition=models.Q(('most_a_day__gte', 1)), name='somebody_a_day'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('arm', models.CharField(choices=[('treatment', 'Written to'), ('control', 'Hears nothing')], max_length=9)),
                ('bucket', models.PositiveSmallIntegerField()),
                ('trigger', models.CharField(choices=[('night', 'At night'), ('sign_in', 'At sign-in')], max_length=7)),
                ('churn', loyalty.models.columns.RealField(help_text='the chance of not returning')),
                ('model', models.CharField(help_text='by which it was estimated', max_length=96)),
                ('assigned_at', models.DateTimeField()),
                ('until_at', models.DateTimeField(help_text='the end of the horizon')),
                ('returned', models.BooleanField(null=True)),
                ('revenue', models.DecimalField(decimal_places=3, max_digits=15, null=True)),
                ('measured_at', models.DateTimeField(null=True)),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('experiment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='promotions.experiment')),
            ],
            options={
                'verbose_name': 'drawn customer',
                'verbose_name_plural': 'drawn customers',
                'indexes': [
                    models.Index(fields=['experiment', '-assigned_at'], name='assignment_newest'),
                    models.Index(condition=models.Q(('measured_at', None)), fields=['until_at'], name='assignment_to_measure'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('experiment', 'customer'), name='drawn_once'),
                    models.CheckConstraint(condition=models.Q(('bucket__lt', 10000)), name='bucket_is_one_of_all'),
                    models.CheckConstraint(condition=models.Q(models.Q(('measured_at', None), ('returned', None), ('revenue', None)), models.Q(('measured_at__gte', models.F('until_at')), ('returned__isnull', False), ('revenue__gte', 0)), _connector='OR'), name='measured_when_it_is_over'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Nudge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('shown', models.CharField(choices=[('sms', 'SMS'), ('screen', 'On screen')], max_length=6)),
                ('made_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(help_text='when the customer sees it, at the earliest')),
                ('expires_at', models.DateTimeField(help_text='with its coupon, or with the horizon')),
                ('viewed_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(help_text='as the shop told it', null=True)),
                ('dismissed_at', models.DateTimeField(null=True)),
                ('assignment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='nudge', to='promotions.assignment')),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('coupon', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nudge', to='promotions.coupon')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='customers.message')),
            ],
            options={
                'verbose_name': 'nudge',
                'verbose_name_plural': 'nudges',
                'indexes': [
                    models.Index(fields=['customer', '-due_at'], name='nudge_customer'),
                    models.Index(fields=['business', '-id'], name='nudge_business'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='nudge_lasts'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('answer', models.TextField(help_text='JSON')),
                ('at', models.DateTimeField()),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
            ],
            options={
                'verbose_name': 'sign-in',
                'verbose_name_plural': 'sign-ins',
                'indexes': [
                    models.Index(fields=['at'], name='sign_in_age'),
                    models.Index(fields=['customer'], name='sign_in_customer'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('business', 'key'), name='sign_in_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BehaviourEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('login', 'Login'), ('page_view', 'Page view'), ('search', 'Search'), ('cart_add', 'Into the cart'), ('cart_remove', 'Out of the cart'), ('checkout', 'Checkout'), ('session_begin', 'Session begins'), ('session_end', 'Session ends')], max_length=13)),
                ('occurred_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('event_id', models.CharField(help_text="the shop's name for it", max_length=64, null=True)),
                ('session', models.CharField(blank=True, max_length=64)),
                ('path', models.CharField(blank=True, max_length=200)),
                ('sku', models.CharField(blank=True, max_length=64)),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
            ],
            options={
                'verbose_name': 'behaviour',
                'verbose_name_plural': 'behaviour',
                'indexes': [models.Index(fields=['customer', 'business', '-occurred_at'], name='behaviour_customer'), models.Index(fields=['received_at'], name='behaviour_age')],
                'constraints': [models.UniqueConstraint(fields=('business', 'event_id'), name='behaviour_once')],
            },
        ),
        *load("promotions", "nudges"),
    ]
