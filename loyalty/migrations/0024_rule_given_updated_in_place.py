from django.db import migrations, models


class Migration(migrations.Migration):
    """No index on the points, which every sale changes: rows are updated in place."""

    dependencies = [("loyalty", "0023_operations_of_a_transaction")]
    operations = [
        migrations.RemoveConstraint(model_name="rulegiven", name="rule_given_once"),
        migrations.AddConstraint(
            model_name="rulegiven",
            constraint=models.UniqueConstraint(
                fields=("customer", "series", "business", "local_on"), name="rule_given_once"
            ),
        ),
        migrations.RunSQL("ALTER TABLE loyalty_rulegiven SET (fillfactor = 80);", migrations.RunSQL.noop),
    ]
