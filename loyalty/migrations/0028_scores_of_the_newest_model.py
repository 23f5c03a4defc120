from django.db import migrations


class Migration(migrations.Migration):
    """Scores are those of the business's newest model, so they need not name it. The column stays, empty, for the release
    before, which runs on while this one is put in its place; a later release may take it away."""

    dependencies = [
        ('loyalty', '0027_imports'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='churnscore', name='model')],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE loyalty_churnscore ALTER COLUMN model_id DROP NOT NULL;", migrations.RunSQL.noop
                ),
            ],
        ),
    ]
