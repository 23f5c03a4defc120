from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0012_telegram'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('code', 'Code'), ('points_earned', 'Points earned'), ('points_redeemed', 'Points redeemed'), ('points_expiring', 'Points expire soon'), ('question_answered', 'Question answered'), ('tier_ending', 'Tier ends soon'), ('answer', 'Answer'), ('stop_confirmed', 'Stop confirmed'), ('nudge', 'Come back')], max_length=24),
        ),
    ]
