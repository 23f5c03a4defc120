import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0003_setting_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('staff', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='pin', serialize=False, to='businesses.staff')),
                ('digest', models.CharField(max_length=128)),
                ('set_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='WrongPin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wrong_pins', to='businesses.business')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff')),
            ],
            options={
                'indexes': [models.Index(fields=['business', 'at'], name='wrong_pin_business')],
            },
        ),
    ]
