from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0013_invitation'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('code', 'Code'), ('points_earned', 'Points earned'), ('points_redeemed', 'Points redeemed'), ('points_expiring', 'Points expire soon'), ('question_answered', 'Question answered'), ('tier_ending', 'Tier ends soon'), ('answer', 'Answer'), ('stop_confirmed', 'Stop confirmed'), ('invitation', 'Invitation by a friend'), ('nudge', 'Come back')], max_length=24),
        ),
    ]
