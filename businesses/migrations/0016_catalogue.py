import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    """What a business sells."""

    dependencies = [
        ('businesses', '0001_squashed_0015_consent_above'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductCategory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='product_categories', to='businesses.business', verbose_name='business')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='businesses.productcategory', verbose_name='inside')),
            ],
            options={
                'verbose_name': 'product category',
                'verbose_name_plural': 'product categories',
                'constraints': [
                    models.UniqueConstraint(models.F('business'), models.F('parent'), django.db.models.functions.text.Lower('name'), name='product_category_once', nulls_distinct=False),
                    models.CheckConstraint(condition=models.Q(('parent', None), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='product_category_not_inside_itself'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('sku', models.CharField(max_length=64, verbose_name='article number')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('price', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='price')),
                ('image_url', models.URLField(blank=True, max_length=500, verbose_name='picture')),
                ('featured', models.BooleanField(default=False, verbose_name='featured')),
                ('active', models.BooleanField(default=True, verbose_name='on sale')),
                ('words', models.TextField(editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='businesses.business', verbose_name='business')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='businesses.productcategory', verbose_name='category')),
            ],
            options={
                'verbose_name': 'product',
                'verbose_name_plural': 'products',
                'indexes': [
                    django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('words', config='simple'), name='product_words'),
                    models.Index(models.F('business'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower('sku'), 'text_pattern_ops'), name='product_sku_start'),
                    models.Index(models.F('business'), django.db.models.functions.text.Lower('name'), name='product_name'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('business', 'sku'), name='sku_once'),
                    models.CheckConstraint(condition=models.Q(('price', None), ('price__gte', 0), _connector='OR'), name='price_not_negative'),
                ],
            },
        ),
    ]
