"""What people put right: balances by hand, and what customers say is wrong."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from businesses.encryption import EncryptedTextField
from businesses.models import Business, Staff, User
from customers.models import Customer
from loyalty.models.columns import hot
from loyalty.models.ledger import Operation


class Adjustment(models.Model):
    """Why somebody corrected a balance by hand. Shares the id of its operation. Immutable."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=250)

    class Meta:
        verbose_name, verbose_name_plural = _("adjustment"), _("adjustments")

    def __str__(self) -> str:
        return self.reason


class DisputeReason(models.TextChoices):
    NOT_MINE = "not_mine", _("This was not me")
    AMOUNT = "amount", _("The amount is wrong")
    POINTS = "points", _("Points are missing")
    OTHER = "other", _("Something else")


class Dispute(models.Model):
    """A customer says that something is wrong with an operation; somebody at its business answers, once."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    operation = hot(Operation, db_index=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="disputes", db_index=False)
    reason = models.CharField(max_length=8, choices=DisputeReason.choices)
    text = EncryptedTextField(blank=True)
    made_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    answer = EncryptedTextField(blank=True)
    read_at = models.DateTimeField(null=True)  # when the customer first opened the answer

    class Meta:
        verbose_name, verbose_name_plural = _("question"), _("questions")
        constraints = [
            models.UniqueConstraint(fields=["operation"], condition=Q(answered_at=None), name="one_open_dispute"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="dispute_answered_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "answered_at"], name="dispute_business"),
            models.Index(fields=["customer", "made_at"], name="dispute_customer"),
        ]

    def __str__(self) -> str:
        return str(self.get_reason_display())
