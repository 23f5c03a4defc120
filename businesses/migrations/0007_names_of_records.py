from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0006_look_and_messages'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='apikey',
            options={'verbose_name': 'API key', 'verbose_name_plural': 'API keys'},
        ),
        migrations.AlterModelOptions(
            name='branch',
            options={'verbose_name': 'branch', 'verbose_name_plural': 'branches'},
        ),
        migrations.AlterModelOptions(
            name='business',
            options={'verbose_name': 'business', 'verbose_name_plural': 'businesses'},
        ),
        migrations.AlterModelOptions(
            name='program',
            options={'verbose_name': 'programme', 'verbose_name_plural': 'programmes'},
        ),
        migrations.AlterModelOptions(
            name='settingchange',
            options={'verbose_name': 'changed setting', 'verbose_name_plural': 'changed settings'},
        ),
        migrations.AlterModelOptions(
            name='staff',
            options={'verbose_name': 'staff', 'verbose_name_plural': 'staff'},
        ),
        migrations.AlterModelOptions(
            name='user',
            options={'verbose_name': 'person who signs in', 'verbose_name_plural': 'people who sign in'},
        ),
    ]
