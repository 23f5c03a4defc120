from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0010_points_cap_day'),
    ]

    operations = [
        migrations.AddField(
            model_name='program',
            name='expires_in_month',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='month of the fixed day'),
        ),
        migrations.AddField(
            model_name='program',
            name='expires_on_day',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='fixed day'),
        ),
        migrations.AddField(
            model_name='program',
            name='expiry_kind',
            field=models.CharField(choices=[('months', 'so many months after they are earned, to the day'), ('month_end', 'at the end of the month, so many months after they are earned'), ('yearly', 'on a fixed day of the year'), ('inactivity', 'so many months after the customer’s last purchase or reward')], db_default='months', default='months', max_length=10, verbose_name='points expire'),
        ),
        migrations.AlterField(
            model_name='program',
            name='points_last_months',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: points never expire. With a fixed day: at least so long, 0 until the next such day.', null=True, verbose_name='points last, months'),
        ),
        migrations.AddConstraint(
            model_name='program',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expires_in_month__isnull', False), ('expires_in_month__range', (1, 12)), ('expires_on_day__isnull', False), ('expires_on_day__range', (1, 31)), ('expiry_kind', 'yearly')), models.Q(models.Q(('expiry_kind', 'yearly'), _negated=True), ('expires_in_month', None), ('expires_on_day', None)), _connector='OR'), name='programme_fixed_day_of_expiry'),
        ),
        migrations.AddConstraint(
            model_name='program',
            constraint=models.CheckConstraint(condition=models.Q(('points_last_months__gt', 0), ('points_last_months', None), ('expiry_kind', 'yearly'), _connector='OR'), name='programme_points_last_a_month'),
        ),
    ]
