import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('customers', '0001_squashed_0010_tiers_end'),
        ('loyalty', '0023_operations_of_a_transaction'),
    ]

    operations = [
        migrations.CreateModel(
            name='Fold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(help_text='the database that gave out the transaction ids', max_length=32)),
                ('snapshot', models.TextField(help_text='pg_snapshot: what it saw is folded', null=True)),
                ('base_id', models.BigIntegerField(help_text='operations up to here are folded, whatever their transaction')),
                ('probe_id', models.BigIntegerField()),
                ('probe_xmax', models.TextField(help_text='xid8: transactions from here on write operations above probe_id')),
                ('folded_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'fold',
                'verbose_name_plural': 'folds',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_fold')],
            },
        ),
        migrations.CreateModel(
            name='CustomerDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('sales', models.IntegerField()),
                ('amount', models.DecimalField(decimal_places=3, max_digits=15)),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
            ],
            options={
                'verbose_name': "customer's day",
                'verbose_name_plural': "customers' days",
                'constraints': [models.UniqueConstraint(fields=('business', 'on', 'customer'), include=('sales', 'amount'), name='customer_day_once')],
            },
        ),
        migrations.CreateModel(
            name='DayTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('sales', models.IntegerField(help_text='above zero')),
                ('amount', models.DecimalField(decimal_places=3, max_digits=15)),
                ('newcomers', models.IntegerField(help_text='customers who bought at the business for the first time')),
                ('issued', models.BigIntegerField(help_text='points that customers got')),
                ('spent', models.BigIntegerField(help_text='points that customers used here')),
                ('branch', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.branch')),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': 'day',
                'verbose_name_plural': 'days',
                'constraints': [models.UniqueConstraint(fields=('business', 'on', 'branch'), name='day_total_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='ProductDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('category', models.CharField(blank=True, max_length=120)),
                ('sku', models.CharField(blank=True, max_length=64)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=18)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=18)),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': "article's day",
                'verbose_name_plural': "articles' days",
                'constraints': [models.UniqueConstraint(fields=('business', 'on', 'category', 'sku', 'name'), name='product_day_once')],
            },
        ),
        *load("reports", "fold"),
    ]
