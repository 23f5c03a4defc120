"""What businesses owe each other for points that were given at one and spent at another."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from customers.models import Customer
from loyalty.models.columns import hot
from loyalty.models.ledger import Draw, Operation


class ClearingLine(models.Model):
    """A draw at a business from a lot that another one issued, as a sum of money: who owes whom how much, and since
    which day. Written by the database with the draw (loyalty/sql/clearing.sql), immutable like it."""

    draw = models.OneToOneField(Draw, models.PROTECT, primary_key=True, db_constraint=False, related_name="+")
    customer = hot(Customer)
    owes = hot(Business)
    is_owed = hot(Business)
    local_on = models.DateField(help_text="by the calendar of the business where it happened")
    points = models.BigIntegerField(help_text="spent or taken back (+), given back (−)")
    amount = models.DecimalField(max_digits=24, decimal_places=6, help_text="points × their value then")

    class Meta:
        verbose_name, verbose_name_plural = _("clearing line"), _("clearing lines")
        constraints = [
            models.CheckConstraint(condition=~models.Q(owes=models.F("is_owed")), name="nobody_owes_themselves")
        ]
        # A month of a business is read from the index alone.
        indexes = [
            models.Index(
                fields=[side, "local_on"], include=[other, "customer", "points", "amount"], name=f"clearing_{side}"
            )
            for side, other in (("owes", "is_owed"), ("is_owed", "owes"))
        ]

    def __str__(self) -> str:
        return f"{self.owes} → {self.is_owed} {self.points}"


class SharedCost(models.Model):
    """What one business pays another of the discount that a coupon gave there, as both have agreed. A sale that comes
    back whole takes it back with a row of its own. Immutable."""

    operation = hot(Operation)
    customer = hot(Customer)
    owes = hot(Business)
    is_owed = hot(Business)
    local_on = models.DateField(help_text="by the calendar of the business where it happened")
    amount = models.DecimalField(max_digits=24, decimal_places=6, help_text="in the currency; below 0: taken back")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        verbose_name, verbose_name_plural = _("shared cost"), _("shared costs")
        constraints = [
            models.CheckConstraint(condition=~models.Q(owes=models.F("is_owed")), name="nobody_shares_with_themselves"),
            models.CheckConstraint(
                condition=models.Q(reverses=None, amount__gt=0) | models.Q(reverses__isnull=False, amount__lt=0),
                name="shared_cost_or_its_return",
            ),
        ]
        indexes = [
            models.Index(fields=["operation"], name="shared_cost_operation"),
            *(
                models.Index(
                    fields=[side, "local_on"], include=[other, "customer", "amount"], name=f"shared_cost_{side}"
                )
                for side, other in (("owes", "is_owed"), ("is_owed", "owes"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owes} → {self.is_owed} {self.amount}"
