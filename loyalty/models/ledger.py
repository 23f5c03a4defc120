"""The ledger's tables. Only `loyalty/ledger.py` and the SQL it calls write them.

Foreign keys of the hot tables carry no database constraint (they cost a fifth to a third of the throughput):
the SQL functions verify what they store, and `audit_ledger` proves it.
"""

import uuid
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Least, Now
from django.utils.translation import gettext_lazy as _

from businesses.models import ApiKey, Branch, Business, Program, Staff
from customers.models import Customer
from loyalty.expiry import Expiry
from loyalty.models.columns import TransactionIdField, hot
from loyalty.models.tiers import Tier


class Wallet(models.Model):
    """A customer's points in one programme. `public_id` is the only name the customer has outside the code."""

    program = hot(Program, verbose_name=_("programme"))
    customer = hot(Customer)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    tier = hot(Tier, null=True)
    balance = models.BigIntegerField(db_default=0)
    lifetime = models.BigIntegerField(db_default=0, help_text="points ever earned, net of refunds and adjustments")
    owed = models.BigIntegerField(db_default=0, help_text="refunded points that were already spent")
    pending = models.BigIntegerField(db_default=0, help_text="points that wait to be theirs")
    active_at = models.DateTimeField(db_default=Now(), help_text="the last purchase or use of points")
    # What follows is the tiers' own, see loyalty/sql/tiers.sql.
    tier_gap = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, help_text="at least so much is lacking to the next tier"
    )
    tier_version = models.BigIntegerField(null=True, help_text="the tiers under which the gap was measured")
    tier_kept_until = models.DateTimeField(null=True, help_text="whatever is measured")
    tier_ends_at = models.DateTimeField(null=True, help_text="unless it is earned again by then, as was announced")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("wallet"), _("wallets")
        constraints = [
            models.UniqueConstraint(fields=["customer", "program"], name="one_wallet_per_programme"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="balance_not_negative"),
            models.CheckConstraint(condition=Q(owed__gte=0), name="owed_not_negative"),
            models.CheckConstraint(condition=Q(pending__gte=0), name="pending_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.program}"


class OperationKind(models.TextChoices):
    PURCHASE = "purchase", _("Purchase")
    REFUND = "refund", _("Refund")
    REDEMPTION = "redemption", _("Redemption")
    CANCELLATION = "cancellation", _("Cancelled redemption")
    CONFIRMATION = "confirmation", _("Collected reward")
    EXPIRY = "expiry", _("Expiry")
    MATURITY = "maturity", _("Points arrived")
    ADJUSTMENT = "adjustment", _("Adjustment")
    BONUS = "bonus", _("Bonus")
    OPENING = "opening", _("Opening balance")


FREQUENT = (OperationKind.PURCHASE, OperationKind.REDEMPTION)


class Operation(models.Model):
    """One accepted or refused write of the ledger, named for ever by (scope, key). Immutable.

    `points` is what the operation gave (+) or took (−); `owed_delta` what it added to the debt (a refund of
    spent points) or collected from it; the balance moved by points − spent, and by owed_delta where that is negative.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=32)
    key = models.CharField(max_length=255)
    input_hash = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=16, choices=OperationKind.choices)
    refusal = models.JSONField(null=True, help_text="null = accepted, else {code, …facts}")
    business = hot(Business, null=True)
    branch = hot(Branch, null=True)
    staff = hot(Staff, null=True)
    api_key = hot(ApiKey, null=True)
    wallet = hot(Wallet)
    customer = hot(Customer)
    points = models.BigIntegerField(db_default=0)
    balance_after = models.BigIntegerField()
    owed_delta = models.BigIntegerField(db_default=0)
    pending = models.BigIntegerField(
        null=True, help_text="points that a sale promised (+) or a refund took from those (−)"
    )
    spent = models.BigIntegerField(
        null=True, help_text="points that paid a part of a sale (+) or that its refund gave back (−)"
    )
    visits = models.IntegerField(null=True)
    tier = hot(Tier, null=True)
    enrolled = models.BooleanField(db_default=False)
    trail = models.JSONField(null=True)
    reverses = hot("self", null=True)
    reference = models.CharField(max_length=128, null=True)  # noqa: DJ001 - null keeps it out of the unique index
    local_on = models.DateField(help_text="the business's local day of occurred_at")
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    xid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("operation"), _("operations")
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="operation_key_once"),
            models.UniqueConstraint(
                fields=["branch", "kind", "local_on", "reference"],
                condition=Q(reference__isnull=False, refusal__isnull=True),
                name="operation_reference_once",
            ),
        ]
        indexes = [
            # The kind comes last: it is not looked for, but what is of another is passed by without reading the row.
            models.Index(fields=["business", "local_on", "id", "kind"], name="operation_day_kind"),
            models.Index(fields=["staff", "local_on", "id"], condition=Q(staff__isnull=False), name="operation_staff"),
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="operation_reverses"),
            # Lists of the rare kinds; the frequent ones are found along the primary key, and pay nothing for this.
            models.Index(fields=["kind", "id"], condition=~Q(kind__in=FREQUENT), name="operation_rare_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.public_id.hex[:8]}"

    @property
    def given(self) -> int:
        """The points that it gave or took, those that wait among them."""
        return self.points + (self.pending or 0)


class EntryKind(models.TextChoices):
    EARN = "earn", _("Earned")
    REDEEM = "redeem", _("Redeemed")
    EXPIRE = "expire", _("Expired")
    REVERSE = "reverse", _("Reversed")
    COLLECT = "collect", _("Collected")
    ADJUST = "adjust", _("Adjusted")
    BONUS = "bonus", _("Bonus")
    TRANSFER = "transfer", _("Transferred")


class Entry(models.Model):
    """One immutable signed line of the ledger. The database refuses to change or delete it."""

    operation = hot(Operation)
    wallet = hot(Wallet)
    customer = hot(Customer)
    business = hot(Business, null=True)
    kind = models.CharField(max_length=8, choices=EntryKind.choices)
    points = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    owed_delta = models.BigIntegerField(db_default=0)
    reverses = hot("self", null=True)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    xid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("entry"), _("entries")
        constraints = [models.CheckConstraint(condition=Q(balance_after__gte=0), name="balance_after_not_negative")]
        indexes = [models.Index(fields=["wallet", "id"], name="entry_wallet")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.points:+d}"


class LotQuerySet(models.QuerySet["Lot"]):
    def open_of(self, wallet: Wallet, *, discreetly: bool = False) -> "models.QuerySet[Any]":
        """Those with points left. `gone_at`: their own moment, or that at which the wallet was idle for too long; the
        latter tells when the customer last came to anybody, so it is left out `discreetly`."""
        idle_at = None if discreetly else Expiry.of(wallet.program).of_wallet(wallet.active_at)
        whole = Value(idle_at, output_field=models.DateTimeField())
        return self.filter(wallet=wallet, open=True).annotate(gone_at=Least(F("expires_at"), whole))


class Lot(models.Model):
    """Points earned together: who issued them, when they expire, how many remain. Only `remaining` ever moves."""

    entry = hot(Entry)
    wallet = hot(Wallet)
    customer = hot(Customer)
    issuer = hot(Business)
    credit = models.BigIntegerField()
    remaining = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)
    # An index on `remaining` itself would make every update of a lot a cold one.
    open = models.GeneratedField(
        expression=Q(remaining__gt=0),  # type: ignore[arg-type]  # a condition is an expression too
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = LotQuerySet.as_manager()
    gone_at: datetime | None  # as `open_of` reads it

    class Meta:
        verbose_name, verbose_name_plural = _("lot"), _("lots")
        constraints = [
            models.CheckConstraint(condition=Q(remaining__gte=0, remaining__lte=F("credit")), name="lot_within_credit")
        ]
        indexes = [
            models.Index(fields=["wallet", "expires_at", "id"], condition=Q(open=True), name="lot_open"),
            models.Index(fields=["expires_at"], condition=Q(open=True, expires_at__isnull=False), name="lot_due"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.remaining}/{self.credit}"


class Draw(models.Model):
    """The points an entry took from a lot (+) or returned to it (−). Immutable.

    `business` is where it happened: when that is not the lot's issuer, a redeem or clawback makes the issuer owe
    it points × `point_value` in the programme's currency.
    """

    entry = hot(Entry)
    lot = hot(Lot)
    wallet = hot(Wallet)
    customer = hot(Customer)
    business = hot(Business, null=True)
    issuer = hot(Business)
    points = models.BigIntegerField()
    point_value = models.DecimalField(max_digits=12, decimal_places=6)

    class Meta:
        verbose_name, verbose_name_plural = _("draw"), _("draws")
        indexes = [models.Index(fields=["entry"], name="draw_entry")]

    def __str__(self) -> str:
        return f"{self.issuer} {self.points}"


class Pending(models.Model):
    """Points of a purchase that are the customer's when their time has come. Named by its operation; settled once, by a
    maturity or by the refund that leaves nothing of them."""

    operation = models.OneToOneField(
        Operation, models.PROTECT, primary_key=True, db_constraint=False, related_name="promise"
    )
    wallet = hot(Wallet)
    customer = hot(Customer)
    issuer = hot(Business)
    points = models.BigIntegerField()
    refunded = models.BigIntegerField(db_default=0)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    settled_by = hot(Operation, null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("pending points"), _("pending points")
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="pending_points_above_zero"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("points")), name="pending_refunded_within_points"
            ),
        ]
        indexes = [
            models.Index(fields=["wallet", "due_at"], condition=Q(settled_by=None), name="pending_of_wallet"),
            models.Index(fields=["due_at"], condition=Q(settled_by=None), name="pending_due"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.points}"

    @property
    def left(self) -> int:
        """What of the points was not refunded."""
        return self.points - self.refunded

    @property
    def due_on(self) -> date:
        """By the calendar of the business that promised them."""
        return self.due_at.astimezone(ZoneInfo(self.issuer.time_zone)).date()
