import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0017_web_origins'),
    ]

    operations = [
        migrations.AddField(
            model_name='business',
            name='churn_days',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, help_text='The chance that a customer does not come back is told for so many days ahead: 7 to 365.', validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(365)], verbose_name='days without a visit that count as lost'),
        ),
    ]
