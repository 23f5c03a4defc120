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
                ('version', models.CharField(help_text='of the scorer', max_length=64)),
                ('parameters', models.JSONField()),
                ('prior', models.JSONField(help_text='what the parameters were drawn towards')),
                ('horizon', models.PositiveSmallIntegerField(help_text='days within which no visit counts as not coming back')),
                ('customers', models.IntegerField(help_text='of whom it was learnt, a sample at most')),
                ('log_likelihood', models.FloatField()),
                ('mean_gap', models.FloatField(help_text='days between two visits, over all who came back')),
                ('fitted_on', models.DateField(help_text="by the business's calendar")),
                ('fitted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('scored_on', models.DateField(help_text='the last day on which everybody was scored by it', null=True)),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='churn_models', to='businesses.business')),
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
