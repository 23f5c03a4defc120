from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('loyalty', '0008_lists'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='adjustment',
            options={'verbose_name': 'adjustment', 'verbose_name_plural': 'adjustments'},
        ),
        migrations.AlterModelOptions(
            name='approval',
            options={'verbose_name': 'approval', 'verbose_name_plural': 'approvals'},
        ),
        migrations.AlterModelOptions(
            name='draw',
            options={'verbose_name': 'draw', 'verbose_name_plural': 'draws'},
        ),
        migrations.AlterModelOptions(
            name='entry',
            options={'verbose_name': 'entry', 'verbose_name_plural': 'entries'},
        ),
        migrations.AlterModelOptions(
            name='lot',
            options={'verbose_name': 'lot', 'verbose_name_plural': 'lots'},
        ),
        migrations.AlterModelOptions(
            name='membership',
            options={'verbose_name': 'membership', 'verbose_name_plural': 'memberships'},
        ),
        migrations.AlterModelOptions(
            name='operation',
            options={'verbose_name': 'operation', 'verbose_name_plural': 'operations'},
        ),
        migrations.AlterModelOptions(
            name='purchase',
            options={'verbose_name': 'purchase', 'verbose_name_plural': 'purchases'},
        ),
        migrations.AlterModelOptions(
            name='purchaseline',
            options={'verbose_name': 'line', 'verbose_name_plural': 'lines'},
        ),
        migrations.AlterModelOptions(
            name='redemption',
            options={'verbose_name': 'redemption', 'verbose_name_plural': 'redemptions'},
        ),
        migrations.AlterModelOptions(
            name='tier',
            options={'verbose_name': 'tier', 'verbose_name_plural': 'tiers'},
        ),
        migrations.AlterModelOptions(
            name='wallet',
            options={'verbose_name': 'wallet', 'verbose_name_plural': 'wallets'},
        ),
    ]
