"""What points were spent on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from customers.models import Customer
from loyalty.models.columns import hot
from loyalty.models.ledger import Operation
from loyalty.models.rewards import Reward


class RedemptionStatus(models.TextChoices):
    HELD = "held", _("Held")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")


class Redemption(models.Model):
    """One use of points for a reward, or for something described. Shares the id of its operation.

    With a `code` it began as held: the points are drawn, and who has the code collects it until `held_until`.
    """

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    business = hot(Business)
    customer = hot(Customer)
    points = models.BigIntegerField()
    description = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=RedemptionStatus.choices, default=RedemptionStatus.CONFIRMED)
    reward = hot(Reward, null=True)
    code = models.CharField(max_length=6, null=True)  # noqa: DJ001 - null keeps it out of the unique index
    held_until = models.DateTimeField(null=True)
    confirmed_by = hot(Operation, null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("redemption"), _("redemptions")
        constraints = [
            models.UniqueConstraint(
                fields=["business", "code"], condition=Q(status=RedemptionStatus.HELD), name="held_code_once"
            ),
            models.CheckConstraint(
                condition=Q(code=None, held_until=None) | Q(code__isnull=False, held_until__isnull=False),
                name="hold_has_code_and_end",
            ),
        ]
        indexes = [
            models.Index(fields=["held_until"], condition=Q(status=RedemptionStatus.HELD), name="hold_due"),
            models.Index(fields=["reward", "customer"], condition=Q(reward__isnull=False), name="claims_of_reward"),
            models.Index(fields=["business", "-operation"], name="redemption_of_business"),
        ]

    def __str__(self) -> str:
        return self.description
