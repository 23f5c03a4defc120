from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0011_expiry_policy'),
    ]

    operations = [
        migrations.AddField(
            model_name='business',
            name='tells_points_expiring',
            field=models.BooleanField(db_default=True, default=True, verbose_name='writes before points expire'),
        ),
    ]
