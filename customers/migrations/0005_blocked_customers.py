from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_code_client_message_kinds'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='blocked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='customer',
            name='blocked_reason',
            field=models.CharField(blank=True, db_default='', max_length=250, verbose_name='reason'),
        ),
    ]
