"""What points were spent on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from customers.models import Customer
from loyalty.models.columns import hot
from loyalty.models.ledger import Operation


class RedemptionStatus(models.TextChoices):
    HELD = "held", _("Held")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")


class Redemption(models.Model):
    """One use of points for something described. Shares the id of its operation."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    business = hot(Business)
    customer = hot(Customer)
    points = models.BigIntegerField()
    description = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=RedemptionStatus.choices, default=RedemptionStatus.CONFIRMED)

    class Meta:
        verbose_name, verbose_name_plural = _("redemption"), _("redemptions")

    def __str__(self) -> str:
        return self.description
