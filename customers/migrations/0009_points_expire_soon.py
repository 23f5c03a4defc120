from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0008_answers_are_told'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('code', 'Code'), ('points_earned', 'Points earned'), ('points_redeemed', 'Points redeemed'), ('points_expiring', 'Points expire soon'), ('question_answered', 'Question answered')], max_length=24),
        ),
    ]
