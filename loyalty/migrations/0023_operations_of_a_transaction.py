from django.db import migrations, models

import loyalty.models.columns


class Migration(migrations.Migration):
    """Which transaction wrote an operation. Those of before say 0, so that the table need not be written again."""

    dependencies = [("loyalty", "0022_churn")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="operation",
                    name="xid",
                    field=loyalty.models.columns.TransactionIdField(
                        db_default=models.Func(function="pg_current_xact_id"), editable=False
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    """
                    ALTER TABLE loyalty_operation ADD COLUMN xid xid8 NOT NULL DEFAULT '0';
                    ALTER TABLE loyalty_operation ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
                    """,
                    "ALTER TABLE loyalty_operation DROP COLUMN xid",
                ),
            ],
        ),
    ]
