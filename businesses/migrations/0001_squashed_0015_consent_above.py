import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("businesses", "0001_initial"),
        ("businesses", "0002_sql"),
        ("businesses", "0003_setting_change"),
        ("businesses", "0004_pins"),
        ("businesses", "0005_declined_business"),
        ("businesses", "0006_look_and_messages"),
        ("businesses", "0007_names_of_records"),
        ("businesses", "0008_operator_changes_settings"),
        ("businesses", "0009_words_of_the_panel"),
        ("businesses", "0010_points_cap_day"),
        ("businesses", "0011_expiry_policy"),
        ("businesses", "0012_tells_points_expiring"),
        ("businesses", "0013_pending_days"),
        ("businesses", "0014_programmes_have_tiers"),
        ("businesses", "0015_consent_above"),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'person who signs in',
                'verbose_name_plural': 'people who sign in',
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_once')],
            },
        ),
        migrations.CreateModel(
            name='Program',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='name in addresses')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('currency', models.CharField(help_text='three letters of ISO 4217, such as USD', max_length=3, verbose_name='currency')),
                ('rounding', models.CharField(choices=[('floor', 'down'), ('half_up', 'half up'), ('ceiling', 'up')], default='floor', max_length=8, verbose_name='rounding')),
                ('point_value', models.DecimalField(decimal_places=6, default='0.01', help_text='in the currency', max_digits=12, verbose_name='value of a point')),
                ('expiry_kind', models.CharField(choices=[('months', 'so many months after they are earned, to the day'), ('month_end', 'at the end of the month, so many months after they are earned'), ('yearly', 'on a fixed day of the year'), ('inactivity', 'so many months after the customer’s last purchase or reward')], db_default='months', default='months', max_length=10, verbose_name='points expire')),
                ('points_last_months', models.PositiveSmallIntegerField(blank=True, help_text='Empty: points never expire. With a fixed day: at least so long, 0 until the next such day.', null=True, verbose_name='points last, months')),
                ('expires_in_month', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='month of the fixed day')),
                ('expires_on_day', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='fixed day')),
                ('pending_days', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='So long after a purchase its points can be spent: as long as it may be given back. 0: at once.', verbose_name='points wait, days')),
                ('tier_basis', models.CharField(blank=True, choices=[('', 'nothing: tiers are given by hand'), ('spend', 'money spent'), ('points', 'points earned'), ('visits', 'visits')], db_default='', default='', max_length=6, verbose_name='tiers count')),
                ('tier_window', models.CharField(choices=[('year', 'in the last 12 months'), ('ever', 'ever')], db_default='year', default='year', max_length=4, verbose_name='tiers count it')),
                ('tier_notice_days', models.PositiveSmallIntegerField(db_default=30, default=30, help_text='So long a tier is kept that is no longer earned.', verbose_name='notice before a lower tier, days')),
                ('owners_invite', models.BooleanField(db_default=False, default=False, help_text='Else only the operator gives the tiers that are by invitation.', verbose_name='owners of its businesses invite to tiers')),
                ('tiers_version', models.BigIntegerField(db_default=1, default=1, editable=False)),
                ('join_code', models.CharField(max_length=16, unique=True, verbose_name='programme code')),
                ('rules_version', models.BigIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'programme',
                'verbose_name_plural': 'programmes',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('expires_in_month__isnull', False), ('expires_in_month__range', (1, 12)), ('expires_on_day__isnull', False), ('expires_on_day__range', (1, 31)), ('expiry_kind', 'yearly')), models.Q(models.Q(('expiry_kind', 'yearly'), _negated=True), ('expires_in_month', None), ('expires_on_day', None)), _connector='OR'), name='programme_fixed_day_of_expiry'), models.CheckConstraint(condition=models.Q(('points_last_months__gt', 0), ('points_last_months', None), ('expiry_kind', 'yearly'), _connector='OR'), name='programme_points_last_a_month')],
            },
        ),
        migrations.CreateModel(
            name='Business',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='businesses', to='businesses.program', verbose_name='programme')),
                ('slug', models.SlugField(unique=True, verbose_name='name in addresses')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('status', models.CharField(choices=[('waiting', "Waiting for the programme's operator"), ('active', 'Active'), ('closed', 'Closed'), ('declined', "Declined by the programme's operator")], default='active', max_length=8, verbose_name='status')),
                ('category', models.CharField(choices=[('cafe', 'Café'), ('restaurant', 'Restaurant'), ('bakery', 'Bakery'), ('grocery', 'Grocery'), ('fashion', 'Fashion'), ('beauty', 'Beauty'), ('wellness', 'Wellness'), ('medical', 'Medical'), ('pharmacy', 'Pharmacy'), ('hardware', 'Hardware'), ('media', 'Books and music'), ('online', 'Online shop'), ('services', 'Services'), ('other', 'Other')], max_length=16, verbose_name='category')),
                ('confidential', models.BooleanField(default=False, help_text='Its name and category never show outside it.', verbose_name='confidential')),
                ('country', models.CharField(help_text='ISO 3166', max_length=2, verbose_name='country')),
                ('time_zone', models.CharField(max_length=64, verbose_name='time zone')),
                ('language', models.CharField(default='en', max_length=2, verbose_name='language')),
                ('contact_person', models.CharField(blank=True, max_length=120, verbose_name='contact person')),
                ('support_email', models.EmailField(blank=True, max_length=254, verbose_name='support e-mail')),
                ('support_phone', models.CharField(blank=True, max_length=32, verbose_name='support phone')),
                ('earn_rate', models.DecimalField(decimal_places=4, default=1, help_text='points per unit of the currency', max_digits=10, verbose_name='earn rate')),
                ('minimum_spend', models.DecimalField(decimal_places=3, default=0, max_digits=15, verbose_name='minimum spend')),
                ('points_cap', models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per purchase')),
                ('points_cap_day', models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per customer and day')),
                ('purchase_limit', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='largest purchase without a manager')),
                ('consent_above', models.PositiveIntegerField(blank=True, db_default=500, default=500, help_text='More needs the customer’s own code: from their page, or by SMS. 0: always ask. Empty: never ask.', null=True, verbose_name='points that are spent without asking the customer')),
                ('brand_colour', models.CharField(blank=True, db_default='', default='', max_length=7, verbose_name='colour')),
                ('logo_digest', models.CharField(blank=True, db_default='', default='', editable=False, max_length=32)),
                ('tells_points_earned', models.BooleanField(db_default=True, default=True, verbose_name='writes when points are added')),
                ('tells_points_redeemed', models.BooleanField(db_default=True, default=True, verbose_name='writes when points are spent')),
                ('tells_points_expiring', models.BooleanField(db_default=True, default=True, verbose_name='writes before points expire')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'business',
                'verbose_name_plural': 'businesses',
                'constraints': [models.CheckConstraint(condition=models.Q(('earn_rate__gte', 0)), name='earn_rate_not_negative'), models.CheckConstraint(condition=models.Q(('minimum_spend__gte', 0)), name='minimum_spend_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Logo',
            fields=[
                ('business', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='logo', serialize=False, to='businesses.business')),
                ('digest', models.CharField(db_index=True, max_length=32)),
                ('picture', models.BinaryField(help_text='WebP')),
            ],
        ),
        migrations.CreateModel(
            name='Branch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='branches', to='businesses.business', verbose_name='business')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='city')),
                ('address', models.CharField(blank=True, max_length=250, verbose_name='address')),
                ('hours', models.CharField(blank=True, max_length=250, verbose_name='opening hours')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'branch',
                'verbose_name_plural': 'branches',
                'constraints': [models.UniqueConstraint(fields=('business', 'name'), name='branch_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Staff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff', to='businesses.business')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff', to=settings.AUTH_USER_MODEL)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('cashier', 'Cashier')], max_length=8, verbose_name='role')),
                ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='businesses.branch', verbose_name='usual branch')),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'staff',
                'verbose_name_plural': 'staff',
                'constraints': [models.UniqueConstraint(fields=('business', 'user'), name='staff_once_per_business')],
            },
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('staff', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='pin', serialize=False, to='businesses.staff')),
                ('digest', models.CharField(max_length=128)),
                ('set_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='WrongPin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wrong_pins', to='businesses.business')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['business', 'at'], name='wrong_pin_business')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='businesses.business')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('cashier', 'Cashier')], default='cashier', max_length=8, verbose_name='role')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='businesses.business')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('prefix', models.CharField(max_length=16, unique=True)),
                ('digest', models.BinaryField(max_length=32)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), size=None, verbose_name='scopes')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_on', models.DateField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'API key',
                'verbose_name_plural': 'API keys',
            },
        ),
        migrations.CreateModel(
            name='SettingChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='setting_changes', to='businesses.business')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
                ('api_key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.apikey')),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('field', models.CharField(max_length=32)),
                ('before', models.TextField()),
                ('after', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'changed setting',
                'verbose_name_plural': 'changed settings',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('api_key', None), ('operator', None), ('staff__isnull', False)), models.Q(('api_key__isnull', False), ('operator', None), ('staff', None)), models.Q(('api_key', None), ('operator__isnull', False), ('staff', None)), _connector='OR'), name='setting_changed_by_one')],
            },
        ),
        *load("businesses", "rules_version"),
    ]
