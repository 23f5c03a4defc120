from django.db import migrations, models


class Migration(migrations.Migration):
    """A page of sales passes by what else happened on a day without leaving the index."""

    dependencies = [("loyalty", "0029_quicker_imports")]
    operations = [
        migrations.AddIndex(
            "operation", models.Index(fields=["business", "local_on", "id", "kind"], name="operation_day_kind")
        ),
        migrations.RemoveIndex("operation", "operation_business_day"),
    ]
