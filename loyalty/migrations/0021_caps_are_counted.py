import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0015_consent_above'),
        ('customers', '0010_tiers_end'),
        ('loyalty', '0020_rewards'),
    ]

    operations = [
        migrations.CreateModel(
            name='RuleGiven',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.UUIDField()),
                ('local_on', models.DateField()),
                ('points', models.DecimalField(decimal_places=20, max_digits=32)),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
            ],
            options={
                'verbose_name': 'points of a rule',
                'verbose_name_plural': 'points of rules',
                'constraints': [models.UniqueConstraint(fields=('customer', 'series', 'business', 'local_on'), include=('points',), name='rule_given_once')],
            },
        ),
        migrations.RunSQL(
            """
            INSERT INTO loyalty_rulegiven (series, customer_id, business_id, local_on, points)
            SELECT r.series, p.customer_id, p.business_id, p.local_on, sum(s.points * (1 - p.share_refunded))
              FROM loyalty_earningrule r JOIN businesses_business b ON b.program_id = r.program_id
              JOIN loyalty_operation o ON o.business_id = b.id AND o.kind = 'purchase' AND o.refusal IS NULL
              JOIN loyalty_purchase p ON p.operation_id = o.id
             CROSS JOIN jsonb_to_recordset(o.trail) AS s(rule text, points numeric)
             WHERE (r.most_per_day IS NOT NULL OR r.most_per_customer IS NOT NULL)
               AND s.rule = 'rule:' || r.public_id AND s.points <> 0
             GROUP BY 1, 2, 3, 4;
            """,
            migrations.RunSQL.noop,
        ),
        *load("loyalty", "kernel"),
    ]
