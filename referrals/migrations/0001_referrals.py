import django.db.models.deletion
import referrals.models
import uuid
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('customers', '0013_invitation'),
        ('loyalty', '0026_bonuses'),
        ('promotions', '0002_recommending'),
    ]

    operations = [
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('source', models.CharField(choices=[('link', 'Link'), ('sms', 'SMS'), ('counter', 'Counter'), ('api', 'API')], max_length=8, verbose_name='by way of')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('completed', 'Completed'), ('rejected', 'Rejected')], default='pending', max_length=9, verbose_name='state')),
                ('reason', models.CharField(blank=True, choices=[('staff', 'Rejected by staff'), ('expired', 'No purchase in time'), ('existing_customer', 'Already a customer'), ('already_referred', 'Invited by somebody else before')], max_length=20, verbose_name='why rejected')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('made_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('texted_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('business', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='businesses.business')),
                ('friend', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('inviter', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='businesses.program', verbose_name='programme')),
                ('sale', models.ForeignKey(db_constraint=False, db_index=False, help_text='the purchase that completed it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('staff', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('won_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': 'referral',
                'verbose_name_plural': 'referrals',
                'indexes': [
                    models.Index(fields=['inviter', 'program', '-id'], name='referral_inviter'),
                    models.Index(fields=['program', '-id'], name='referral_program'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state__in', ['pending', 'completed'])), fields=('friend', 'program'), name='referral_of_a_friend_once'),
                    models.UniqueConstraint(condition=models.Q(('texted_at__isnull', False)), fields=('friend', 'program'), name='referral_texted_once'),
                    models.CheckConstraint(condition=models.Q(('inviter', models.F('friend')), _negated=True), name='referral_of_two'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'rejected'), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('state', 'rejected'), _negated=True), ('reason', '')), _connector='OR'), name='referral_rejected_for_a_reason'),
                    models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', False), ('state', 'completed'), ('won_by__isnull', False)), models.Q(models.Q(('state', 'completed'), _negated=True), ('sale', None), ('won_by', None)), _connector='OR'), name='referral_completed_somewhere'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Award',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('inviter', 'Who invites'), ('friend', 'Friend')], max_length=7, verbose_name='for')),
                ('points', models.PositiveIntegerField(default=0, verbose_name='points')),
                ('state', models.CharField(choices=[('due', 'On its way'), ('given', 'Given'), ('withheld', 'Not given'), ('recalled', 'To be taken back'), ('taken_back', 'Taken back')], default='due', max_length=10, verbose_name='state')),
                ('why', models.CharField(blank=True, max_length=20, verbose_name='why not')),
                ('made_at', models.DateTimeField()),
                ('business', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('coupon', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='promotions.coupon')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('given_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('offer', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='promotions.offer')),
                ('recalled_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('sale', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('taken_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation')),
                ('referral', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='referrals.referral')),
            ],
            options={
                'verbose_name': 'thanks for a friend',
                'verbose_name_plural': 'thanks for friends',
                'indexes': [
                    models.Index(condition=models.Q(('state__in', ['due', 'recalled'])), fields=['id'], name='award_to_settle'),
                    models.Index(fields=['customer', 'made_at'], name='award_customer'),
                    models.Index(condition=models.Q(('sale__isnull', False)), fields=['sale'], name='award_sale'),
                    models.Index(condition=models.Q(('recalled_by__isnull', False)), fields=['recalled_by'], name='award_recalled'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('offer', None), ('points__gt', 0)), models.Q(('offer__isnull', False), ('points', 0)), _connector='OR'), name='award_of_one_thing'),
                    models.UniqueConstraint(condition=models.Q(('points__gt', 0), ('state__in', ['due', 'given', 'withheld'])), fields=('referral', 'side'), name='award_of_points_once'),
                    models.UniqueConstraint(condition=models.Q(('points', 0), ('state__in', ['due', 'given', 'withheld'])), fields=('referral', 'side'), name='award_of_coupon_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReferralCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('input_hash', models.BinaryField(max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('answer', models.JSONField()),
                ('at', models.DateTimeField()),
                ('business', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
            ],
            options={
                'verbose_name': 'answered call',
                'verbose_name_plural': 'answered calls',
                'constraints': [
                    models.UniqueConstraint(fields=('business', 'key'), name='referral_call_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReferralCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(default=referrals.models.new_code, max_length=8, unique=True, verbose_name='code')),
                ('made_at', models.DateTimeField()),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.program')),
            ],
            options={
                'verbose_name': 'code for friends',
                'verbose_name_plural': 'codes for friends',
                'constraints': [
                    models.UniqueConstraint(fields=('customer', 'program'), name='one_referral_code'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReferralPause',
            fields=[
                ('business', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='referral_pause', serialize=False, to='businesses.business')),
                ('at', models.DateTimeField()),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
            ],
            options={
                'verbose_name': 'business that takes no part',
                'verbose_name_plural': 'businesses that take no part',
            },
        ),
        migrations.CreateModel(
            name='ReferralTerms',
            fields=[
                ('program', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='referral_terms', serialize=False, to='businesses.program', verbose_name='programme')),
                ('is_on', models.BooleanField(default=True, verbose_name='customers can bring friends')),
                ('inviter_points', models.PositiveIntegerField(default=50, verbose_name='points for who invites')),
                ('friend_points', models.PositiveIntegerField(default=50, verbose_name='points for the friend')),
                ('minimum_purchase', models.DecimalField(decimal_places=3, default=0, help_text='in the currency', max_digits=15, verbose_name='first purchase of at least')),
                ('window_days', models.PositiveSmallIntegerField(default=60, verbose_name='within days')),
                ('most_per_month', models.PositiveSmallIntegerField(default=10, help_text='Further friends get theirs, who invites does not.', verbose_name='thanks per customer and month')),
                ('most_points_by_staff', models.PositiveIntegerField(default=100, help_text='for each of the two', verbose_name='most points when staff complete it')),
                ('invitations_per_day', models.PositiveSmallIntegerField(default=5, verbose_name='invitations by SMS per customer and day')),
                ('friend_offer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='promotions.offer', verbose_name='coupon for the friend')),
                ('inviter_offer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='promotions.offer', verbose_name='coupon for who invites')),
            ],
            options={
                'verbose_name': 'terms of bringing friends',
                'verbose_name_plural': 'terms of bringing friends',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('minimum_purchase__gte', 0)), name='referral_minimum_not_negative'),
                    models.CheckConstraint(condition=models.Q(('window_days__gt', 0)), name='referral_window_above_zero'),
                    models.CheckConstraint(condition=models.Q(('inviter_points__gt', 0), ('friend_points__gt', 0), ('inviter_offer__isnull', False), ('friend_offer__isnull', False), ('is_on', False), _connector='OR'), name='referral_gives_something'),
                ],
            },
        ),
        *load("referrals", "referrals"),
    ]
