"""The ledger's tables. Only `loyalty/ledger.py` and the SQL it calls write them.

Foreign keys of the hot tables carry no database constraint (they cost a fifth to a third of the throughput):
the SQL functions verify what they store, and `audit_ledger` proves it.
"""

import uuid
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from businesses.encryption import EncryptedTextField
from businesses.models import ApiKey, Branch, Business, Program, Staff, User
from customers.models import Customer


def hot(to: type[models.Model] | str, **options: Any) -> models.ForeignKey:
    """A foreign key of a hot table: no constraint, no index of its own unless asked for."""
    return models.ForeignKey(
        to, models.PROTECT, **{"db_constraint": False, "db_index": False, "related_name": "+", **options}
    )


class TransactionIdField(models.Field):
    """PostgreSQL's 64-bit transaction id. Compare it in SQL only."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class Tier(models.Model):
    """A level of a programme; its multiplier applies to what its customers earn."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="tiers", verbose_name=_("programme"))
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"))
    multiplier = models.DecimalField(_("multiplier"), max_digits=6, decimal_places=3, default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("tier"), _("tiers")
        constraints = [models.UniqueConstraint(fields=["program", "position"], name="tier_position_once")]

    def __str__(self) -> str:
        return self.name


class Wallet(models.Model):
    """A customer's points in one programme. `public_id` is the only name the customer has outside the code."""

    program = hot(Program, verbose_name=_("programme"))
    customer = hot(Customer)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    tier = hot(Tier, null=True)
    balance = models.BigIntegerField(db_default=0)
    lifetime = models.BigIntegerField(db_default=0, help_text="points ever earned, net of refunds and adjustments")
    owed = models.BigIntegerField(db_default=0, help_text="refunded points that were already spent")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("wallet"), _("wallets")
        constraints = [
            models.UniqueConstraint(fields=["customer", "program"], name="one_wallet_per_programme"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="balance_not_negative"),
            models.CheckConstraint(condition=Q(owed__gte=0), name="owed_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.program}"


class OperationKind(models.TextChoices):
    PURCHASE = "purchase", _("Purchase")
    REFUND = "refund", _("Refund")
    REDEMPTION = "redemption", _("Redemption")
    CANCELLATION = "cancellation", _("Cancelled redemption")
    EXPIRY = "expiry", _("Expiry")
    ADJUSTMENT = "adjustment", _("Adjustment")


FREQUENT = (OperationKind.PURCHASE, OperationKind.REDEMPTION)


class Operation(models.Model):
    """One accepted or refused write of the ledger, named for ever by (scope, key). Immutable.

    `points` is what the operation gave (+) or took (−); `owed_delta` what it added to the debt (a refund of
    spent points) or collected from it; the balance moved by points + owed_delta where owed_delta is negative.
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
    visits = models.IntegerField(null=True)
    tier = hot(Tier, null=True)
    enrolled = models.BooleanField(db_default=False)
    trail = models.JSONField(null=True)
    reverses = hot("self", null=True)
    reference = models.CharField(max_length=128, null=True)  # noqa: DJ001 - null keeps it out of the unique index
    local_on = models.DateField(help_text="the business's local day of occurred_at")
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

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
            models.Index(fields=["business", "local_on", "id"], name="operation_business_day"),
            models.Index(fields=["staff", "local_on", "id"], condition=Q(staff__isnull=False), name="operation_staff"),
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="operation_reverses"),
            # Lists of the rare kinds; the frequent ones are found along the primary key, and pay nothing for this.
            models.Index(fields=["kind", "id"], condition=~Q(kind__in=FREQUENT), name="operation_rare_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.public_id.hex[:8]}"


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


class Membership(models.Model):
    """A customer at one business. Counted in the same statement as the purchase; fully refunded ones count nowhere."""

    business = hot(Business)
    customer = hot(Customer)
    visits = models.IntegerField(db_default=0, help_text="purchases above zero")
    visit_days = models.IntegerField(db_default=0, help_text="distinct local days")
    spend = models.DecimalField(max_digits=15, decimal_places=3, db_default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("membership"), _("memberships")
        constraints = [models.UniqueConstraint(fields=["business", "customer"], name="one_membership")]
        # Moves once a day at most: all that the list of customers costs a purchase. See docs/decisions/0006.
        indexes = [
            models.Index("business", F("last_on").desc(nulls_last=True), F("id").desc(), name="membership_came_last")
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.business}"


class Purchase(models.Model):
    """A recorded sale. Shares the id of its operation."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    business = hot(Business)
    branch = hot(Branch)
    customer = hot(Customer)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    refunded = models.DecimalField(max_digits=15, decimal_places=3, db_default=0)
    local_on = models.DateField()
    occurred_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("purchase"), _("purchases")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="amount_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="refunded_within_amount"
            ),
        ]
        indexes = [models.Index(fields=["customer", "business", "local_on"], name="purchase_customer")]

    def __str__(self) -> str:
        return str(self.operation)


class PurchaseLine(models.Model):
    """One line of a sale, as the till sent it."""

    purchase = hot(Purchase)
    customer = hot(Customer)
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=120, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    unit_price = models.DecimalField(max_digits=15, decimal_places=3)
    discount = models.DecimalField(max_digits=15, decimal_places=3, default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("line"), _("lines")
        indexes = [models.Index(fields=["purchase", "position"], name="line_purchase")]

    def __str__(self) -> str:
        return self.name or self.sku


class Approval(models.Model):
    """The owner or manager whose PIN let a sale above the limit for cashiers through. Immutable."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("approval"), _("approvals")

    def __str__(self) -> str:
        return str(self.operation)


class Adjustment(models.Model):
    """Why somebody corrected a balance by hand. Shares the id of its operation. Immutable."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=250)

    class Meta:
        verbose_name, verbose_name_plural = _("adjustment"), _("adjustments")

    def __str__(self) -> str:
        return self.reason


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
