"""The operator edits a business too, and its owner reads who it was."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("businesses", "0007_names_of_records")]
    operations = [
        migrations.AddField(
            "settingchange",
            "operator",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveConstraint("settingchange", "setting_changed_by_one"),
        migrations.AddConstraint(
            "settingchange",
            models.CheckConstraint(
                condition=Q(staff__isnull=False, api_key=None, operator=None)
                | Q(staff=None, api_key__isnull=False, operator=None)
                | Q(staff=None, api_key=None, operator__isnull=False),
                name="setting_changed_by_one",
            ),
        ),
    ]
