"""What customers were told before their points expired."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Message
from loyalty.models.ledger import Wallet


class ExpiryWarning(models.Model):
    """A customer was told, so many days ahead, that points expire. Keeps the same from being said twice."""

    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    days = models.PositiveSmallIntegerField(help_text="how far ahead: 30 or 7")
    points = models.BigIntegerField()
    first_at = models.DateTimeField(help_text="when the first of them go")
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("expiry warning"), _("expiry warnings")
        indexes = [models.Index(fields=["wallet", "days", "-made_at"], name="warning_wallet")]

    def __str__(self) -> str:
        return f"{self.points} · {self.first_at:%Y-%m-%d}"
