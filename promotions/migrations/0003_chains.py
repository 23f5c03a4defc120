import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('loyalty', '0025_shared_costs'),
        ('promotions', '0002_recommending'),
    ]

    operations = [
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(choices=[('percentage', 'A percentage off'), ('amount', 'An amount off')], max_length=10, verbose_name='what it gives')),
                ('value', models.DecimalField(decimal_places=3, max_digits=12, verbose_name='how much')),
                ('most_discount', models.DecimalField(decimal_places=3, max_digits=15, verbose_name='at most off')),
                ('order_from', models.DecimalField(decimal_places=3, default=0, max_digits=15, verbose_name='for orders from')),
                ('lasts_days', models.PositiveSmallIntegerField(verbose_name='days that a coupon lasts')),
                ('minimum', models.DecimalField(decimal_places=3, max_digits=15, verbose_name='given with purchases from')),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None)),
                ('every_days', models.PositiveSmallIntegerField(verbose_name='days between two coupons of a customer')),
                ('share', models.PositiveSmallIntegerField(verbose_name='percent of the discounts that the giver pays')),
                ('budget', models.DecimalField(decimal_places=3, max_digits=15, verbose_name='budget')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='first day')),
                ('ends_on', models.DateField(verbose_name='last day')),
                ('promised', models.DecimalField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15)),
                ('settled_until', models.DateTimeField(editable=False)),
                ('proposed_at', models.DateTimeField(verbose_name='proposed')),
                ('accepted_at', models.DateTimeField(null=True, verbose_name='accepted')),
                ('declined_at', models.DateTimeField(null=True, verbose_name='declined')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('ended_for', models.CharField(blank=True, choices=[('date', 'Its last day is over'), ('withdrawn', 'One of the two has withdrawn'), ('left', 'One of the two has left the programme'), ('operator', 'The programme’s operator has ended it')], max_length=9)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('giver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chains_given', to='businesses.business', verbose_name='purchases at')),
                ('offer', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chain', to='promotions.offer')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chains', to='businesses.program', verbose_name='programme')),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('proposer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business', verbose_name='proposed by')),
                ('taker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chains_taken', to='businesses.business', verbose_name='bring coupons for')),
            ],
            options={
                'verbose_name': 'chain',
                'verbose_name_plural': 'chains',
                'constraints': [models.CheckConstraint(condition=models.Q(('giver', models.F('taker')), _negated=True), name='chain_of_two'), models.CheckConstraint(condition=models.Q(('proposer', models.F('giver')), ('proposer', models.F('taker')), _connector='OR'), name='chain_by_a_side'), models.CheckConstraint(condition=models.Q(('most_discount__gt', 0), ('value__gt', 0)), name='chain_gives_something'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'percentage'), ('value__lte', 100)), models.Q(('kind', 'amount'), ('most_discount', models.F('value'))), _connector='OR'), name='chain_costs_at_most'), models.CheckConstraint(condition=models.Q(('minimum__gt', 0), ('order_from__gte', 0)), name='chain_asks_for_a_purchase'), models.CheckConstraint(condition=models.Q(('every_days__gt', 0), ('lasts_days__gt', 0)), name='chain_days_above_zero'), models.CheckConstraint(condition=models.Q(('share__lte', 100)), name='chain_share_within_whole'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='chain_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('budget__gte', models.F('most_discount'))), name='chain_budget_for_a_coupon'), models.CheckConstraint(condition=models.Q(('promised__gte', 0), ('promised__lte', models.F('budget'))), name='chain_within_budget'), models.CheckConstraint(condition=models.Q(models.Q(('accepted_at', None), ('offer', None)), models.Q(('accepted_at__isnull', False), ('offer__isnull', False)), _connector='OR'), name='chain_accepted_has_its_offer'), models.CheckConstraint(condition=models.Q(('accepted_at', None), ('declined_at', None), _connector='OR'), name='chain_has_one_answer'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_for', '')), models.Q(('ended_at__isnull', False), models.Q(('ended_for', ''), _negated=True)), _connector='OR'), name='chain_ends_for_a_reason')],
            },
        ),
        *load("promotions", "chains"),
    ]
