"""The orders of two lists: customers by their last day, operations by their day. Built while tills go on selling."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("loyalty", "0007_adjustments")]
    operations = [
        AddIndexConcurrently(
            "membership",
            models.Index("business", F("last_on").desc(nulls_last=True), F("id").desc(), name="membership_came_last"),
        ),
        AddIndexConcurrently(
            "operation", models.Index(fields=["business", "local_on", "id"], name="operation_business_day")
        ),
        # The new one serves everything that this one did.
        RemoveIndexConcurrently("operation", "operation_business"),
    ]
