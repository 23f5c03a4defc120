from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0014_programmes_have_tiers'),
    ]

    operations = [
        migrations.AddField(
            model_name='business',
            name='consent_above',
            field=models.PositiveIntegerField(blank=True, db_default=500, default=500, help_text='More needs the customer’s own code: from their page, or by SMS. 0: always ask. Empty: never ask.', null=True, verbose_name='points that are spent without asking the customer'),
        ),
    ]
