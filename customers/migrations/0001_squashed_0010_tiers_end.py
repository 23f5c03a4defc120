import businesses.encryption
import customers.models
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("customers", "0001_initial"),
        ("customers", "0002_sql"),
        ("customers", "0003_enrol_many"),
        ("customers", "0004_code_client_message_kinds"),
        ("customers", "0005_blocked_customers"),
        ("customers", "0006_people_are_found"),
        ("customers", "0007_names_of_records"),
        ("customers", "0008_answers_are_told"),
        ("customers", "0009_points_expire_soon"),
        ("customers", "0010_tiers_end"),
    ]

    dependencies = [
        ("businesses", "0001_squashed_0015_consent_above"),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(help_text='E.164', max_length=16, null=True, unique=True, verbose_name='phone')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('session_epoch', models.PositiveIntegerField(db_default=0)),
                ('blocked_at', models.DateTimeField(blank=True, null=True)),
                ('blocked_reason', models.CharField(blank=True, db_default='', max_length=250, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'customer',
                'verbose_name_plural': 'customers',
                'indexes': [models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('phone'), 'text_pattern_ops'), name='customer_phone_end')],
            },
        ),
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='external_ids', to='businesses.business')),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='external_ids', to='customers.customer')),
                ('external_id', models.CharField(max_length=128)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('business', 'external_id'), name='external_id_once')],
            },
        ),
        migrations.CreateModel(
            name='Profile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='profiles', to='businesses.program')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='profiles', to='customers.customer')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('birthday', businesses.encryption.EncryptedTextField(blank=True, help_text='ISO 8601', verbose_name='birthday')),
                ('email', businesses.encryption.EncryptedTextField(blank=True, verbose_name='e-mail')),
                ('language', models.CharField(blank=True, max_length=2, verbose_name='language')),
            ],
            options={
                'indexes': [models.Index(models.F('program'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower('name'), 'text_pattern_ops'), name='profile_name'), models.Index(models.F('program'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower(models.Func('name', models.Value('\\S+\\Z'), function='substring', output_field=models.TextField())), 'text_pattern_ops'), name='profile_last_word')],
                'constraints': [models.UniqueConstraint(fields=('program', 'customer'), name='profile_once')],
            },
        ),
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='businesses.program')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='customers.customer')),
                ('token', models.CharField(default=customers.models.new_card_token, max_length=32, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('program', 'customer'), name='one_live_card')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='businesses.business')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='customers.customer')),
                ('channel', models.CharField(choices=[('sms', 'SMS'), ('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('telegram', 'Telegram')], max_length=8)),
                ('granted', models.BooleanField()),
                ('text_version', models.CharField(max_length=16)),
                ('source', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'consent',
                'verbose_name_plural': 'consents',
                'indexes': [models.Index(fields=['customer', 'business', 'channel', '-id'], name='consent_newest')],
            },
        ),
        migrations.CreateModel(
            name='Code',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(max_length=16)),
                ('digest', models.BinaryField(max_length=32)),
                ('browser', models.BinaryField(help_text='HMAC of the cookie the code is bound to', max_length=32)),
                ('client', models.BinaryField(help_text='HMAC of the address that asked for it', max_length=32)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['phone', '-id'], name='code_newest'), models.Index(fields=['client', 'created_at'], name='code_client')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='customers.customer')),
                ('business', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='businesses.business')),
                ('channel', models.CharField(choices=[('sms', 'SMS'), ('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('telegram', 'Telegram')], max_length=8)),
                ('to', models.CharField(max_length=254)),
                ('kind', models.CharField(choices=[('code', 'Code'), ('points_earned', 'Points earned'), ('points_redeemed', 'Points redeemed'), ('points_expiring', 'Points expire soon'), ('question_answered', 'Question answered'), ('tier_ending', 'Tier ends soon')], max_length=24)),
                ('language', models.CharField(max_length=2)),
                ('text', businesses.encryption.EncryptedTextField()),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('failed', 'Failed'), ('withheld', 'Not to be sent')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=250)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('send_after', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('send_before', models.DateTimeField(help_text='after it the message would be of no use', null=True)),
                ('sent_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'indexes': [models.Index(condition=models.Q(('status', 'queued')), fields=['send_after'], name='message_queue'), models.Index(fields=['business', '-id'], name='message_business')],
            },
        ),
        *load("customers", "enrol", "enrol_many"),
    ]
