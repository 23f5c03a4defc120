"""The levels of a programme, and how customers came to theirs."""

import uuid
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, Program, User
from loyalty.models.columns import hot

MOST_TIER_FACTOR = 20


class Tier(models.Model):
    """A level of a programme; its multiplier applies to what its customers earn.

    Who has reached its `threshold` (money, points or visits, as the programme says) and bought in so many kinds of
    business has it, unless it is by invitation only.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="tiers", verbose_name=_("programme"))
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("The lowest tier is 1."))
    multiplier = models.DecimalField(_("multiplier"), max_digits=6, decimal_places=3, default=1)
    threshold = models.DecimalField(
        _("from"),
        max_digits=15,
        decimal_places=3,
        default=0,
        db_default=0,
        help_text=_("money spent, points earned or visits, as the programme counts"),
    )
    categories = models.PositiveSmallIntegerField(
        _("kinds of business"), default=0, db_default=0, help_text=_("in so many different ones they have bought")
    )
    invitation_only = models.BooleanField(_("by invitation only"), default=False, db_default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("tier"), _("tiers")
        constraints = [
            models.UniqueConstraint(fields=["program", "position"], name="tier_position_once"),
            models.CheckConstraint(condition=Q(threshold__gte=0), name="tier_threshold_not_negative"),
            models.CheckConstraint(
                condition=Q(multiplier__gt=0, multiplier__lte=MOST_TIER_FACTOR), name="tier_factor_within_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TierCause(models.TextChoices):
    PURCHASE = "purchase", _("a purchase")
    NIGHT = "night", _("the nightly look")
    HAND = "hand", _("by hand")
    INVITATION = "invitation", _("an invitation")
    BEFORE = "before", _("had it before changes were written down")


class TierChange(models.Model):
    """A customer came from one tier (or none) to another (or none). Immutable: the newest says the wallet's tier.

    By a purchase: its `operation`. By hand or by invitation: who, for which business (none: the operator), and why.
    """

    wallet: Any = hot("loyalty.Wallet")
    before = hot(Tier, null=True)
    after = hot(Tier, null=True)
    cause = models.CharField(_("cause"), max_length=10, choices=TierCause.choices)
    operation: Any = hot("loyalty.Operation", null=True)
    business = hot(Business, null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=250, blank=True, default="", db_default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("change of tier"), _("changes of tier")
        constraints = [
            models.CheckConstraint(
                condition=Q(cause="purchase", operation__isnull=False) | (~Q(cause="purchase") & Q(operation=None)),
                name="tier_change_has_its_purchase",
            ),
            models.CheckConstraint(
                condition=(Q(cause__in=["hand", "invitation"], by__isnull=False) & ~Q(reason=""))
                | (~Q(cause__in=["hand", "invitation"]) & Q(by=None, reason="")),
                name="tier_change_has_its_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["wallet", "-id"], name="tier_change_wallet"),
            models.Index(fields=["operation"], condition=Q(operation__isnull=False), name="tier_change_operation"),
        ]

    def __str__(self) -> str:
        return f"{self.before or '–'} → {self.after or '–'}"
