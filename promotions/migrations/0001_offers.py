import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('customers', '0001_squashed_0010_tiers_end'),
        ('loyalty', '0001_squashed_0021_caps_are_counted'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('code', models.CharField(max_length=10, null=True, unique=True, verbose_name='code')),
                ('source', models.CharField(choices=[('public', 'Public code'), ('promotion', 'Promotion'), ('chain', 'Chain'), ('nudge', 'Nudge'), ('referral', 'Referral'), ('badge', 'Badge')], max_length=9, verbose_name='where it comes from')),
                ('status', models.CharField(choices=[('issued', 'Ready'), ('redeemed', 'Used'), ('cancelled', 'Taken back')], default='issued', max_length=9, verbose_name='state')),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('issued_by', models.ForeignKey(db_constraint=False, db_index=False, help_text='the purchase that brought it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('staff', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
            ],
            options={
                'verbose_name': 'coupon',
                'verbose_name_plural': 'coupons',
                'indexes': [
                    models.Index(condition=models.Q(('issued_by__isnull', False)), fields=['issued_by'], name='coupon_issued_by'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('code', None), ('source', 'public')), models.Q(models.Q(('source', 'public'), _negated=True), ('code__isnull', False)), _connector='OR'), name='coupon_has_code'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(choices=[('percentage', 'A percentage off'), ('amount', 'An amount off'), ('free_shipping', 'Free shipping'), ('multiplier', 'A multiple of the points'), ('bonus', 'Extra points'), ('gift', 'A gift')], max_length=13, verbose_name='what it gives')),
                ('value', models.DecimalField(decimal_places=3, default=0, help_text='percent, amount, factor, or points', max_digits=12, verbose_name='how much')),
                ('gift', models.CharField(blank=True, max_length=120, verbose_name='gift')),
                ('most_discount', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='at most off')),
                ('businesses', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, help_text='of a programme’s offer', size=None)),
                ('branches', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None)),
                ('minimum_spend', models.DecimalField(decimal_places=3, default=0, max_digits=15, verbose_name='for orders from')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='first day')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, help_text='0 = Monday', size=None)),
                ('from_time', models.TimeField(blank=True, null=True, verbose_name='from')),
                ('until_time', models.TimeField(blank=True, null=True, verbose_name='until')),
                ('exclusive', models.BooleanField(default=False, verbose_name='not together with other coupons')),
                ('code', models.CharField(blank=True, max_length=32, verbose_name='code for everybody')),
                ('lasts_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='days that a coupon lasts')),
                ('given_from', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='given with purchases from')),
                ('total_limit', models.PositiveIntegerField(blank=True, null=True, verbose_name='how many in all')),
                ('limit_per_customer', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='most per customer')),
                ('budget', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='budget')),
                ('issued', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('uses', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('cost', models.DecimalField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15)),
                ('made_at', models.DateTimeField(editable=False)),
                ('paused_at', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('business', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='businesses.business', verbose_name='business')),
                ('made_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='businesses.program', verbose_name='programme')),
            ],
            options={
                'verbose_name': 'offer',
                'verbose_name_plural': 'offers',
                'indexes': [
                    models.Index(fields=['program', 'business'], name='offer_of_business'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at', None), models.Q(('code', ''), _negated=True)), fields=('business', 'code'), name='offer_code_once'),
                    models.UniqueConstraint(condition=models.Q(('business', None), ('ended_at', None), models.Q(('code', ''), _negated=True)), fields=('program', 'code'), name='programme_code_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['free_shipping', 'gift']), ('value', 0)), models.Q(models.Q(('kind__in', ['free_shipping', 'gift']), _negated=True), ('value__gt', 0)), _connector='OR'), name='offer_gives_something'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind', 'gift'), models.Q(('gift', ''), _negated=True)), models.Q(models.Q(('kind', 'gift'), _negated=True), ('gift', '')), _connector='OR'), name='offer_gift_is_named'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind', 'percentage'), _negated=True), ('value__lte', 100), _connector='OR'), name='offer_percent_within_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind', 'multiplier'), _negated=True), models.Q(('value__gt', 1), ('value__lte', 20)), _connector='OR'), name='offer_factor_within_reason'),
                    models.CheckConstraint(condition=models.Q(('most_discount__gt', 0)), name='offer_most_discount_above_zero'),
                    models.CheckConstraint(condition=models.Q(('minimum_spend__gte', 0)), name='offer_minimum_not_negative'),
                    models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='offer_ends_after_it_starts'),
                    models.CheckConstraint(condition=models.Q(models.Q(('from_time', None), ('until_time', None)), models.Q(('from_time__isnull', False), ('until_time__isnull', False), models.Q(('from_time', models.F('until_time')), _negated=True)), _connector='OR'), name='offer_hours_are_two'),
                    models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='offer_weekdays_are_days'),
                    models.CheckConstraint(condition=models.Q(('code', ''), models.Q(('given_from', None), ('lasts_days', None)), _connector='OR'), name='offer_code_or_coupons'),
                    models.CheckConstraint(condition=models.Q(('total_limit', None), models.Q(('issued__lte', models.F('total_limit')), ('uses__lte', models.F('total_limit'))), _connector='OR'), name='offer_within_total_limit'),
                    models.CheckConstraint(condition=models.Q(('limit_per_customer__gt', 0)), name='offer_limit_above_zero'),
                    models.CheckConstraint(condition=models.Q(('budget', None), ('cost__lte', models.F('budget')), _connector='OR'), name='offer_within_budget'),
                    models.CheckConstraint(condition=models.Q(('cost__gte', 0)), name='offer_cost_not_negative'),
                    models.CheckConstraint(condition=models.Q(('given_from', None), models.Q(('business__isnull', False), ('given_from__gt', 0)), _connector='OR'), name='offer_given_by_its_business'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CouponUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='as it was named', max_length=32)),
                ('discount', models.DecimalField(decimal_places=3, max_digits=15)),
                ('used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('coupon', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='used', to='promotions.coupon')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('operation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('returned_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('offer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='used', to='promotions.offer')),
            ],
            options={
                'verbose_name': 'use of a coupon',
                'verbose_name_plural': 'uses of coupons',
                'indexes': [
                    models.Index(fields=['offer', 'customer'], name='coupon_use_of_offer'),
                    models.Index(condition=models.Q(('returned_by__isnull', False)), fields=['returned_by'], name='coupon_returned_by'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('returned_by', None)), fields=('coupon',), name='coupon_used_once'),
                    models.UniqueConstraint(fields=('operation', 'coupon'), name='coupon_once_in_a_purchase'),
                    models.CheckConstraint(condition=models.Q(('discount__gte', 0)), name='coupon_discount_not_negative'),
                ],
            },
        ),
        migrations.AddField(
            model_name='coupon',
            name='offer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='promotions.offer', verbose_name='offer'),
        ),
        migrations.CreateModel(
            name='OfferChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=32)),
                ('before', models.TextField()),
                ('after', models.TextField()),
                ('at', models.DateTimeField()),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='promotions.offer')),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
            ],
            options={
                'verbose_name': 'change of an offer',
                'verbose_name_plural': 'changes of offers',
            },
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['customer', 'offer'], name='coupon_customer'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['offer', '-id'], name='coupon_offer'),
        ),
        *load("promotions", "offers"),
    ]
