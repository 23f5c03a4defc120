from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    """Points that come without a sale are an operation of their own."""

    dependencies = [("loyalty", "0025_shared_costs")]
    operations = [
        migrations.AlterField(
            model_name="operation",
            name="kind",
            field=models.CharField(
                choices=[
                    ("purchase", "Purchase"),
                    ("refund", "Refund"),
                    ("redemption", "Redemption"),
                    ("cancellation", "Cancelled redemption"),
                    ("confirmation", "Collected reward"),
                    ("expiry", "Expiry"),
                    ("maturity", "Points arrived"),
                    ("adjustment", "Adjustment"),
                    ("bonus", "Bonus"),
                ],
                max_length=16,
            ),
        ),
        *load("loyalty", "bonuses"),
    ]
