import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    """Files that businesses bring along, and opening balances as a kind of their own."""

    dependencies = [
        ('businesses', '0016_catalogue'),
        ('loyalty', '0026_bonuses'),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('purchases', 'Purchases'), ('customers', 'Customers'), ('products', 'Products'), ('openings', 'Opening balances')], max_length=12, verbose_name='kind')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for its columns'), ('checking', 'Being looked through'), ('checked', 'Ready to come in'), ('running', 'Coming in'), ('done', 'Done'), ('failed', 'Not readable'), ('dropped', 'Dropped')], default='waiting', max_length=8, verbose_name='state')),
                ('file_name', models.CharField(max_length=120, verbose_name='file')),
                ('digest', models.CharField(help_text='SHA-256 of the file', max_length=64)),
                ('encoding', models.CharField(default='utf-8', max_length=16)),
                ('columns', models.JSONField(default=dict, help_text='which column of the file, from 0, tells what')),
                ('date_format', models.CharField(blank=True, help_text='strptime; empty: ISO 8601 or DD.MM.YYYY', max_length=16)),
                ('earns', models.BooleanField(default=False, verbose_name='its purchases earn points')),
                ('makes_branches', models.BooleanField(default=False, verbose_name='unknown branches are opened')),
                ('goes_on', models.BooleanField(default=False, help_text='comes in without another word once it was looked through')),
                ('key', models.CharField(max_length=255, null=True)),
                ('input_hash', models.BinaryField(default=b'', max_length=32)),
                ('rows', models.IntegerField(default=0, help_text='of the file, once it was looked through', verbose_name='rows')),
                ('done', models.IntegerField(default=0, help_text="sales or records that are dealt with, in the file's order")),
                ('tally', models.JSONField(default=dict)),
                ('turn', models.IntegerField(default=0, help_text='moved by each worker that takes it up: the one before stops then')),
                ('problem', models.CharField(blank=True, max_length=250)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='brought')),
                ('moved_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('api_key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.apikey')),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='businesses.business', verbose_name='business')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.staff', verbose_name='by')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
                'indexes': [
                    models.Index(fields=['business', '-id'], name='import_business'),
                    models.Index(condition=models.Q(('state__in', ('checking', 'running'))), fields=['moved_at'], name='import_at_work'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('business', 'key'), name='import_key_once'),
                ],
            },
        ),
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('purchase', 'Purchase'), ('refund', 'Refund'), ('redemption', 'Redemption'), ('cancellation', 'Cancelled redemption'), ('confirmation', 'Collected reward'), ('expiry', 'Expiry'), ('maturity', 'Points arrived'), ('adjustment', 'Adjustment'), ('bonus', 'Bonus'), ('opening', 'Opening balance')], max_length=16),
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('importing', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='file', serialize=False, to='loyalty.import')),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.IntegerField(help_text="the row's number in the file")),
                ('column', models.CharField(blank=True, max_length=80)),
                ('text', models.CharField(blank=True, help_text='what the file says there', max_length=250)),
                ('reason', models.CharField(max_length=250)),
                ('importing', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refused', to='loyalty.import')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['importing', 'id'], name='import_row_import'),
                ],
            },
        ),
        *load("loyalty", "kernel", "openings"),
    ]
