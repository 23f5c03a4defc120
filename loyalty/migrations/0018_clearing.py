"""What businesses owe each other. Lines come with the draws from the moment of the trigger on; those of the past are then
written beside tills that go on selling."""

import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load

# A draw that was written meanwhile has its line already.
OF_THE_PAST = """
INSERT INTO loyalty_clearingline (draw_id, customer_id, owes_id, is_owed_id, local_on, points, amount)
SELECT d.id, d.customer_id, d.issuer_id, d.business_id, o.local_on, d.points, d.points * d.point_value
  FROM loyalty_draw d JOIN loyalty_entry e ON e.id = d.entry_id JOIN loyalty_operation o ON o.id = e.operation_id
 WHERE d.business_id <> d.issuer_id AND e.kind IN ('redeem', 'reverse', 'collect')
ON CONFLICT (draw_id) DO NOTHING;"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('businesses', '0013_pending_days'),
        ('customers', '0009_points_expire_soon'),
        ('loyalty', '0017_refunds_in_part'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClearingLine',
            fields=[
                ('draw', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='loyalty.draw')),
                ('local_on', models.DateField(help_text='by the calendar of the business where it happened')),
                ('points', models.BigIntegerField(help_text='spent or taken back (+), given back (−)')),
                ('amount', models.DecimalField(decimal_places=6, help_text='points × their value then', max_digits=24)),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('is_owed', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('owes', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': 'clearing line',
                'verbose_name_plural': 'clearing lines',
                'indexes': [models.Index(fields=['owes', 'local_on'], include=('is_owed', 'customer', 'points', 'amount'), name='clearing_owes'), models.Index(fields=['is_owed', 'local_on'], include=('owes', 'customer', 'points', 'amount'), name='clearing_is_owed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('owes', models.F('is_owed')), _negated=True), name='nobody_owes_themselves')],
            },
        ),
        *load("loyalty", "clearing"),
        migrations.RunSQL(OF_THE_PAST, migrations.RunSQL.noop),
    ]
