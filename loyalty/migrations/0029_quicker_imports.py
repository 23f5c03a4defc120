from django.db import migrations

from businesses.sqlfiles import load


class Migration(migrations.Migration):
    """Sales posted in bulk make nothing for wallets that are there, and look for debts only where somebody owes."""

    dependencies = [("loyalty", "0028_scores_of_the_newest_model")]
    operations = load("loyalty", "post_many")
