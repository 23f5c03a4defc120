import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0013_pending_days'),
        ('customers', '0009_points_expire_soon'),
        ('loyalty', '0015_expiry_warnings'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pending',
            fields=[
                ('operation', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='promise', serialize=False, to='loyalty.operation')),
                ('points', models.BigIntegerField()),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'pending points',
                'verbose_name_plural': 'pending points',
            },
        ),
        migrations.AddField(
            model_name='operation',
            name='pending',
            field=models.BigIntegerField(help_text='points that a sale promised (+) or a refund took from those (−)', null=True),
        ),
        migrations.AddField(
            model_name='wallet',
            name='pending',
            field=models.BigIntegerField(db_default=0, help_text='points that wait to be theirs'),
        ),
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('purchase', 'Purchase'), ('refund', 'Refund'), ('redemption', 'Redemption'), ('cancellation', 'Cancelled redemption'), ('expiry', 'Expiry'), ('maturity', 'Points arrived'), ('adjustment', 'Adjustment')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='wallet',
            constraint=models.CheckConstraint(condition=models.Q(('pending__gte', 0)), name='pending_not_negative'),
        ),
        migrations.AddField(
            model_name='pending',
            name='customer',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='pending',
            name='issuer',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business'),
        ),
        migrations.AddField(
            model_name='pending',
            name='settled_by',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation'),
        ),
        migrations.AddField(
            model_name='pending',
            name='wallet',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.wallet'),
        ),
        migrations.AddIndex(
            model_name='pending',
            index=models.Index(condition=models.Q(('settled_by', None)), fields=['wallet', 'due_at'], name='pending_of_wallet'),
        ),
        migrations.AddIndex(
            model_name='pending',
            index=models.Index(condition=models.Q(('settled_by', None)), fields=['due_at'], name='pending_due'),
        ),
        migrations.AddConstraint(
            model_name='pending',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='pending_points_above_zero'),
        ),
        *load("loyalty", "pending", "kernel"),
    ]
