import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0013_pending_days'),
        ('customers', '0009_points_expire_soon'),
        ('loyalty', '0016_pending_points'),
    ]

    operations = [
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('operation', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='loyalty.operation')),
                ('amount', models.DecimalField(decimal_places=3, max_digits=15)),
                ('share', models.DecimalField(decimal_places=20, max_digits=21)),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
            },
        ),
        migrations.CreateModel(
            name='RefundLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
            ],
            options={
                'verbose_name': 'line',
                'verbose_name_plural': 'lines',
            },
        ),
        migrations.AddField(
            model_name='operation',
            name='spent',
            field=models.BigIntegerField(help_text='points that paid a part of a sale (+) or that its refund gave back (−)', null=True),
        ),
        migrations.AddField(
            model_name='pending',
            name='refunded',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='purchase',
            name='paid_with_points',
            field=models.DecimalField(db_default=0, decimal_places=3, help_text='of the amount', max_digits=15),
        ),
        migrations.AddField(
            model_name='purchase',
            name='share_refunded',
            field=models.DecimalField(db_default=0, decimal_places=20, help_text='of the points that it gave, 0 to 1', max_digits=21),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='share',
            field=models.DecimalField(decimal_places=20, help_text='of the points of the sale; null: that of its amount', max_digits=21, null=True),
        ),
        migrations.AddConstraint(
            model_name='pending',
            constraint=models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('refunded__lte', models.F('points'))), name='pending_refunded_within_points'),
        ),
        migrations.AddConstraint(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(('share_refunded__gte', 0), ('share_refunded__lte', 1)), name='share_refunded_within_one'),
        ),
        migrations.AddConstraint(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(('paid_with_points__gte', 0), ('paid_with_points__lte', models.F('amount'))), name='paid_with_points_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='refund_not_negative'),
        ),
        migrations.AddField(
            model_name='refundline',
            name='line',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.purchaseline'),
        ),
        migrations.AddField(
            model_name='refundline',
            name='refund',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='loyalty.refund'),
        ),
        migrations.AddIndex(
            model_name='refundline',
            index=models.Index(fields=['refund'], name='refund_line_refund'),
        ),
        migrations.AddConstraint(
            model_name='refundline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='refund_line_above_zero'),
        ),
        # Until now each refund was of a whole purchase.
        migrations.RunSQL(
            """
            INSERT INTO loyalty_refund (operation_id, amount, share)
            SELECT r.id, p.amount, 1 FROM loyalty_operation r JOIN loyalty_purchase p ON p.operation_id = r.reverses_id
             WHERE r.kind = 'refund' AND r.refusal IS NULL;
            UPDATE loyalty_purchase p SET share_refunded = 1 FROM loyalty_operation r
             WHERE r.reverses_id = p.operation_id AND r.kind = 'refund' AND r.refusal IS NULL;
            UPDATE loyalty_pending p SET refunded = p.points FROM loyalty_operation r
             WHERE r.id = p.settled_by_id AND r.kind = 'refund';
            """,
            migrations.RunSQL.noop,
        ),
        *load("loyalty", "refunds", "kernel", "post_many"),
    ]
