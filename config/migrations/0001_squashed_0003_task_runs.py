import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What `createcachetable` would make: limits of sign-in live there, for all workers together.
TABLE = """
CREATE TABLE django_cache (
  cache_key varchar(255) PRIMARY KEY,
  value text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX django_cache_expires ON django_cache (expires);
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("config", "0001_demo_progress"),
        ("config", "0002_cache"),
        ("config", "0003_task_runs"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DemoProgress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('program', models.SlugField(unique=True)),
                ('until_on', models.DateField()),
                ('percent', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('percent__lte', 100)), name='demo_percent_to_100')],
            },
        ),
        migrations.CreateModel(
            name='TaskRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64)),
                ('task_id', models.UUIDField()),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('backend_pid', models.IntegerField(null=True)),
                ('backend_start', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'run',
                'verbose_name_plural': 'runs',
                'indexes': [models.Index(fields=['name', '-id'], name='task_run_newest'), models.Index(fields=['task_id'], name='task_run_task')],
                'constraints': [models.CheckConstraint(condition=models.Q(('started_at__isnull', False), ('asked_by__isnull', False), _connector='OR'), name='task_run_begun_or_asked_for')],
            },
        ),
        migrations.RunSQL(TABLE, "DROP TABLE django_cache"),
    ]
