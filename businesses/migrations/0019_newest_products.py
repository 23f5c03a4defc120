import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A page of the newest products is read along an index; it takes the place of the one by business alone."""

    dependencies = [("businesses", "0018_churn_days")]
    operations = [
        migrations.AddIndex("product", models.Index(fields=["business", "-id"], name="product_newest")),
        migrations.AlterField(
            "product",
            "business",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="businesses.business",
                related_name="products",
                verbose_name="business",
                db_index=False,
            ),
        ),
    ]
