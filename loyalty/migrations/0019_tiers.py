import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from businesses.sqlfiles import load

# Who has a tier has it from before.
FIRST_CHANGES = """
INSERT INTO loyalty_tierchange (wallet_id, after_id, cause)
SELECT id, tier_id, 'before' FROM loyalty_wallet WHERE tier_id IS NOT NULL ORDER BY id"""


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0014_programmes_have_tiers'),
        ('loyalty', '0018_clearing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TierChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('purchase', 'a purchase'), ('night', 'the nightly look'), ('hand', 'by hand'), ('invitation', 'an invitation'), ('before', 'had it before changes were written down')], max_length=10, verbose_name='cause')),
                ('reason', models.CharField(blank=True, db_default='', default='', max_length=250, verbose_name='reason')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'change of tier',
                'verbose_name_plural': 'changes of tier',
            },
        ),
        migrations.AddField(
            model_name='tier',
            name='categories',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='in so many different ones they have bought', verbose_name='kinds of business'),
        ),
        migrations.AddField(
            model_name='tier',
            name='invitation_only',
            field=models.BooleanField(db_default=False, default=False, verbose_name='by invitation only'),
        ),
        migrations.AddField(
            model_name='tier',
            name='public_id',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddField(
            model_name='tier',
            name='threshold',
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, help_text='money spent, points earned or visits, as the programme counts', max_digits=15, verbose_name='from'),
        ),
        migrations.AddField(
            model_name='wallet',
            name='tier_ends_at',
            field=models.DateTimeField(help_text='unless it is earned again by then, as was announced', null=True),
        ),
        migrations.AddField(
            model_name='wallet',
            name='tier_gap',
            field=models.DecimalField(decimal_places=3, help_text='at least so much is lacking to the next tier', max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='wallet',
            name='tier_kept_until',
            field=models.DateTimeField(help_text='whatever is measured', null=True),
        ),
        migrations.AddField(
            model_name='wallet',
            name='tier_version',
            field=models.BigIntegerField(help_text='the tiers under which the gap was measured', null=True),
        ),
        migrations.AlterField(
            model_name='tier',
            name='position',
            field=models.PositiveSmallIntegerField(help_text='The lowest tier is 1.', verbose_name='position'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__gte', 0)), name='tier_threshold_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(('multiplier__gt', 0), ('multiplier__lte', 20)), name='tier_factor_within_reason'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='after',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.tier'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='before',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.tier'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='business',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='operation',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='wallet',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.wallet'),
        ),
        migrations.AddIndex(
            model_name='tierchange',
            index=models.Index(fields=['wallet', '-id'], name='tier_change_wallet'),
        ),
        migrations.AddIndex(
            model_name='tierchange',
            index=models.Index(condition=models.Q(('operation__isnull', False)), fields=['operation'], name='tier_change_operation'),
        ),
        migrations.AddConstraint(
            model_name='tierchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', 'purchase'), ('operation__isnull', False)), models.Q(models.Q(('cause', 'purchase'), _negated=True), ('operation', None)), _connector='OR'), name='tier_change_has_its_purchase'),
        ),
        migrations.AddConstraint(
            model_name='tierchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by__isnull', False), ('cause__in', ['hand', 'invitation']), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('cause__in', ['hand', 'invitation']), _negated=True), ('by', None), ('reason', '')), _connector='OR'), name='tier_change_has_its_reason'),
        ),
        migrations.RunSQL(FIRST_CHANGES, migrations.RunSQL.noop),
        *load("loyalty", "tiers", "kernel", "post_many"),
    ]
