"""The end of a phone and the last word of a name are looked for too. Built while people go on enrolling."""

from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower, Reverse

LAST_WORD = models.Func("name", models.Value("\\S+\\Z"), function="substring", output_field=models.TextField())


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0005_blocked_customers")]
    operations = [
        AddIndexConcurrently(
            "customer", models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), name="customer_phone_end")
        ),
        AddIndexConcurrently(
            "profile",
            models.Index("program", OpClass(Lower(LAST_WORD), "text_pattern_ops"), name="profile_last_word"),
        ),
    ]
