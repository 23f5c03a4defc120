from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0012_tells_points_expiring'),
    ]

    operations = [
        migrations.AddField(
            model_name='program',
            name='pending_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='So long after a purchase its points can be spent: as long as it may be given back. 0: at once.', verbose_name='points wait, days'),
        ),
    ]
