import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0015_consent_above'),
        ('customers', '0011_conversations'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='card',
            field=models.ForeignKey(help_text='goes along as a picture', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.card'),
        ),
        migrations.CreateModel(
            name='Chat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('telegram_id', models.BigIntegerField(unique=True)),
                ('begun_at', models.DateTimeField()),
                ('branch', models.ForeignKey(help_text='whose poster brought them', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.branch')),
                ('customer', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chat', to='customers.customer')),
            ],
            options={
                'verbose_name': 'chat',
                'verbose_name_plural': 'chats',
            },
        ),
    ]
