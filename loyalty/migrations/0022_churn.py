import django.db.models.deletion
import django.db.models.functions.datetime
import loyalty.models.columns
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
        ('loyalty', '0001_squashed_0021_caps_are_counted'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChurnModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(help_text='The sort of model and its release.', max_length=64, verbose_name='version')),
                ('parameters', models.JSONField(verbose_name='parameters')),
                ('prior', models.JSONField(help_text='What the parameters were drawn towards.', verbose_name='prior')),
                ('horizon', models.PositiveSmallIntegerField(help_text='Days within which no visit counts as not coming back.', verbose_name='horizon')),
                ('customers', models.IntegerField(help_text='Of whom it was learnt, a sample at most.', verbose_name='customers')),
                ('log_likelihood', models.FloatField(verbose_name='log likelihood')),
                ('fitted_on', models.DateField(help_text='By the business’s calendar.', verbose_name='learnt on')),
                ('fitted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='learnt at')),
                ('mean_gap', models.FloatField(help_text='Days between two visits, over all who came back.', verbose_name='usual gap')),
                ('scored_on', models.DateField(null=True, verbose_name='last used on')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='churn_models', to='businesses.business', verbose_name='business')),
            ],
            options={
                'verbose_name': 'model of churn',
                'verbose_name_plural': 'models of churn',
            },
        ),
        migrations.CreateModel(
            name='ChurnScore',
            fields=[
                ('membership', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='churn', serialize=False, to='loyalty.membership')),
                ('alive', loyalty.models.columns.RealField(help_text='the chance that they have not gone for good')),
                ('churn', loyalty.models.columns.RealField(help_text="the chance of no visit within the model's horizon")),
                ('gap', loyalty.models.columns.RealField(help_text='days that usually pass between their visits')),
                ('last_on', models.DateField(help_text='their last visit then')),
                ('slipping', models.BooleanField(help_text='came more than once, is overdue, and will rather not come back')),
                ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('model', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.churnmodel')),
            ],
            options={
                'verbose_name': 'chance of churn',
                'verbose_name_plural': 'chances of churn',
            },
        ),
        migrations.AddIndex(
            model_name='churnmodel',
            index=models.Index(fields=['business', '-id'], name='churn_model_newest'),
        ),
        migrations.AddIndex(
            model_name='churnscore',
            index=models.Index(condition=models.Q(('slipping', True)), fields=['business', '-last_on', 'membership'], name='churn_slipping'),
        ),
        migrations.RunSQL("ALTER TABLE loyalty_churnscore SET (fillfactor = 50);", migrations.RunSQL.noop),
    ]
