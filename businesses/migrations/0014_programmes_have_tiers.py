from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0013_pending_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='program',
            name='owners_invite',
            field=models.BooleanField(db_default=False, default=False, help_text='Else only the operator gives the tiers that are by invitation.', verbose_name='owners of its businesses invite to tiers'),
        ),
        migrations.AddField(
            model_name='program',
            name='tier_basis',
            field=models.CharField(blank=True, choices=[('', 'nothing: tiers are given by hand'), ('spend', 'money spent'), ('points', 'points earned'), ('visits', 'visits')], db_default='', default='', max_length=6, verbose_name='tiers count'),
        ),
        migrations.AddField(
            model_name='program',
            name='tier_notice_days',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, help_text='So long a tier is kept that is no longer earned.', verbose_name='notice before a lower tier, days'),
        ),
        migrations.AddField(
            model_name='program',
            name='tier_window',
            field=models.CharField(choices=[('year', 'in the last 12 months'), ('ever', 'ever')], db_default='year', default='year', max_length=4, verbose_name='tiers count it'),
        ),
        migrations.AddField(
            model_name='program',
            name='tiers_version',
            field=models.BigIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
