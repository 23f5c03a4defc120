import django.db.models.deletion
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('customers', '0012_telegram'),
        ('loyalty', '0024_rule_given_updated_in_place'),
    ]

    operations = [
        migrations.CreateModel(
            name='SharedCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('local_on', models.DateField(help_text='by the calendar of the business where it happened')),
                ('amount', models.DecimalField(decimal_places=6, help_text='in the currency; below 0: taken back', max_digits=24)),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('is_owed', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('operation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('owes', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='loyalty.sharedcost')),
            ],
            options={
                'verbose_name': 'shared cost',
                'verbose_name_plural': 'shared costs',
                'indexes': [models.Index(fields=['operation'], name='shared_cost_operation'), models.Index(fields=['owes', 'local_on'], include=('is_owed', 'customer', 'amount'), name='shared_cost_owes'), models.Index(fields=['is_owed', 'local_on'], include=('owes', 'customer', 'amount'), name='shared_cost_is_owed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('owes', models.F('is_owed')), _negated=True), name='nobody_shares_with_themselves'), models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('reverses', None)), models.Q(('amount__lt', 0), ('reverses__isnull', False)), _connector='OR'), name='shared_cost_or_its_return')],
            },
        ),
        *load("loyalty", "shared_costs"),
    ]
