from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0006_people_are_found'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='consent',
            options={'verbose_name': 'consent', 'verbose_name_plural': 'consents'},
        ),
        migrations.AlterModelOptions(
            name='customer',
            options={'verbose_name': 'customer', 'verbose_name_plural': 'customers'},
        ),
        migrations.AlterModelOptions(
            name='message',
            options={'verbose_name': 'message', 'verbose_name_plural': 'messages'},
        ),
    ]
