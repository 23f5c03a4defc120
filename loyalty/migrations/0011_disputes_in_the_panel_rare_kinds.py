"""What the panel lists: questions by name, and operations of rare kinds. Built while tills go on selling."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

FREQUENT = ("purchase", "redemption")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("loyalty", "0010_disputes")]
    operations = [
        migrations.AlterModelOptions("dispute", {"verbose_name": "question", "verbose_name_plural": "questions"}),
        AddIndexConcurrently(
            "operation",
            models.Index(
                fields=["kind", "id"], condition=~models.Q(kind__in=FREQUENT), name="operation_rare_kind"
            ),
        ),
    ]
