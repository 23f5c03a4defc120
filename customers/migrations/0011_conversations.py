import businesses.encryption
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0010_tiers_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='delivered_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='provider_id',
            field=models.CharField(blank=True, db_default='', help_text="the provider's name for it", max_length=64),
        ),
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('code', 'Code'), ('points_earned', 'Points earned'), ('points_redeemed', 'Points redeemed'), ('points_expiring', 'Points expire soon'), ('question_answered', 'Question answered'), ('tier_ending', 'Tier ends soon'), ('answer', 'Answer'), ('stop_confirmed', 'Stop confirmed')], max_length=24),
        ),
        migrations.CreateModel(
            name='Incoming',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('sms', 'SMS'), ('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('telegram', 'Telegram')], max_length=8)),
                ('provider_id', models.CharField(max_length=64)),
                ('sender', models.CharField(help_text="E.164, or the chat's number", max_length=64)),
                ('text', businesses.encryption.EncryptedTextField(blank=True, verbose_name='text')),
                ('command', models.CharField(blank=True, help_text='as it was understood', max_length=16, verbose_name='command')),
                ('answers', models.PositiveSmallIntegerField(default=0, verbose_name='answers')),
                ('at', models.DateTimeField()),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='customers.customer')),
            ],
            options={
                'verbose_name': 'incoming message',
                'verbose_name_plural': 'incoming messages',
                'indexes': [models.Index(fields=['channel', 'sender', '-at'], name='incoming_sender')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'provider_id'), name='incoming_once')],
            },
        ),
        migrations.CreateModel(
            name='OptOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('sms', 'SMS'), ('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('telegram', 'Telegram')], max_length=8)),
                ('address', models.CharField(help_text="E.164, or the chat's number", max_length=64)),
                ('stopped_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='opt_outs', to='customers.customer')),
            ],
            options={
                'verbose_name': 'STOP of a customer',
                'verbose_name_plural': 'STOPs of customers',
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('channel', 'address'), name='one_opt_out')],
            },
        ),
    ]
