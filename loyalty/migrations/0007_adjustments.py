import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_blocked_customers'),
        ('loyalty', '0006_debts_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('purchase', 'Purchase'), ('refund', 'Refund'), ('redemption', 'Redemption'), ('cancellation', 'Cancelled redemption'), ('expiry', 'Expiry'), ('adjustment', 'Adjustment')], max_length=16),
        ),
        migrations.AlterField(
            model_name='wallet',
            name='lifetime',
            field=models.BigIntegerField(db_default=0, help_text='points ever earned, net of refunds and adjustments'),
        ),
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('operation', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='loyalty.operation')),
                ('reason', models.CharField(max_length=250, verbose_name='reason')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        *load("loyalty", "adjustments", "kernel", "post_many"),
    ]
