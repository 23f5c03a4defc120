from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0008_operator_changes_settings'),
    ]

    operations = [
        migrations.AddField(
            model_name='business',
            name='points_cap_day',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per customer and day'),
        ),
    ]
