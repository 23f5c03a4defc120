from django.db import migrations

TABLE = """
CREATE TABLE django_cache (
  cache_key varchar(255) PRIMARY KEY,
  value text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX django_cache_expires ON django_cache (expires);
"""


class Migration(migrations.Migration):
    """What `createcachetable` would make: limits of sign-in live there, for all workers together."""

    dependencies = [("config", "0001_demo_progress")]
    operations = [migrations.RunSQL(TABLE, "DROP TABLE django_cache")]
