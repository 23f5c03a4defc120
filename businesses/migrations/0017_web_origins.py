from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0016_catalogue'),
    ]

    operations = [
        migrations.AddField(
            model_name='business',
            name='web_origins',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='web pages that may read'),
        ),
    ]
