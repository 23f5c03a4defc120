import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0015_consent_above'),
        ('customers', '0009_points_expire_soon'),
        ('loyalty', '0019_tiers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=200, verbose_name='description')),
                ('points', models.BigIntegerField(verbose_name='points')),
                ('stock', models.PositiveIntegerField(blank=True, null=True, verbose_name='how many there are')),
                ('claimed', models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name='claimed')),
                ('limit_per_customer', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='most per customer')),
                ('limit_period', models.CharField(choices=[('day', 'a day'), ('week', 'a week'), ('month', 'a month'), ('ever', 'ever')], db_default='ever', default='ever', max_length=5, verbose_name='counted')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='first day')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('icon', models.CharField(choices=[('gift', 'Gift'), ('coffee', 'Cup'), ('cake', 'Cake'), ('shopping-bag', 'Shopping bag'), ('tag', 'Price tag'), ('ticket', 'Ticket'), ('star', 'Star'), ('sparkles', 'Sparkles'), ('coins', 'Coins'), ('store', 'Shop')], default='gift', max_length=16, verbose_name='sign')),
                ('picture_digest', models.CharField(blank=True, db_default='', default='', editable=False, max_length=32)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('archived_at', models.DateTimeField(editable=False, null=True)),
                ('business', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='businesses.business', verbose_name='business')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='businesses.program', verbose_name='programme')),
                ('tier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.tier', verbose_name='from this tier on')),
            ],
            options={
                'verbose_name': 'reward',
                'verbose_name_plural': 'rewards',
            },
        ),
        migrations.CreateModel(
            name='RewardChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=32)),
                ('before', models.TextField()),
                ('after', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'change of a reward',
                'verbose_name_plural': 'changes of rewards',
            },
        ),
        migrations.CreateModel(
            name='ShownCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.BigIntegerField(help_text='half minutes since 1970')),
                ('used_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='SpendingCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.BigIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='redemption',
            name='code',
            field=models.CharField(max_length=6, null=True),
        ),
        migrations.AddField(
            model_name='redemption',
            name='confirmed_by',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.operation'),
        ),
        migrations.AddField(
            model_name='redemption',
            name='held_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('purchase', 'Purchase'), ('refund', 'Refund'), ('redemption', 'Redemption'), ('cancellation', 'Cancelled redemption'), ('confirmation', 'Collected reward'), ('expiry', 'Expiry'), ('maturity', 'Points arrived'), ('adjustment', 'Adjustment')], max_length=16),
        ),
        migrations.CreateModel(
            name='RewardPicture',
            fields=[
                ('reward', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='picture', serialize=False, to='loyalty.reward')),
                ('digest', models.CharField(db_index=True, max_length=32)),
                ('picture', models.BinaryField(help_text='WebP')),
            ],
        ),
        migrations.AddField(
            model_name='redemption',
            name='reward',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.reward'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['held_until'], name='hold_due'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(condition=models.Q(('reward__isnull', False)), fields=['reward', 'customer'], name='claims_of_reward'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(fields=['business', '-operation'], name='redemption_of_business'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'held')), fields=('business', 'code'), name='held_code_once'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', None), ('held_until', None)), models.Q(('code__isnull', False), ('held_until__isnull', False)), _connector='OR'), name='hold_has_code_and_end'),
        ),
        migrations.AddField(
            model_name='rewardchange',
            name='operator',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rewardchange',
            name='reward',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='loyalty.reward', verbose_name='reward'),
        ),
        migrations.AddField(
            model_name='rewardchange',
            name='staff',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff'),
        ),
        migrations.AddField(
            model_name='showncode',
            name='card',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.card'),
        ),
        migrations.AddField(
            model_name='spendingcode',
            name='business',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business'),
        ),
        migrations.AddField(
            model_name='spendingcode',
            name='wallet',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.wallet'),
        ),
        migrations.AddIndex(
            model_name='reward',
            index=models.Index(condition=models.Q(('archived_at', None)), fields=['program', 'business'], name='reward_offered'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='reward_costs_points'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('stock', None), ('claimed__lte', models.F('stock')), _connector='OR'), name='reward_claimed_within_stock'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('limit_per_customer__gt', 0)), name='reward_limit_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='reward_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='showncode',
            constraint=models.UniqueConstraint(fields=('card', 'step'), name='shown_code_once'),
        ),
        migrations.AddIndex(
            model_name='spendingcode',
            index=models.Index(fields=['wallet', 'business', 'id'], name='spending_code_wallet'),
        ),
        migrations.AddIndex(
            model_name='spendingcode',
            index=models.Index(fields=['business', 'created_at'], name='spending_code_business'),
        ),
        *load("loyalty", "rewards", "kernel"),
    ]
