import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0009_points_expire_soon'),
        ('loyalty', '0014_wallets_are_active'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExpiryWarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days', models.PositiveSmallIntegerField(help_text='how far ahead: 30 or 7')),
                ('points', models.BigIntegerField()),
                ('first_at', models.DateTimeField(help_text='when the first of them go')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='customers.message')),
                ('wallet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.wallet')),
            ],
            options={
                'verbose_name': 'expiry warning',
                'verbose_name_plural': 'expiry warnings',
                'indexes': [models.Index(fields=['wallet', 'days', '-made_at'], name='warning_wallet')],
            },
        ),
    ]
