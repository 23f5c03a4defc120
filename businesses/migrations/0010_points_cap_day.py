from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0009_words_of_the_panel'),
    ]

    operations = [
        migrations.AddField(
            model_name='business',
            name='points_cap_day',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='most points per customer and day'),
        ),
    ]
