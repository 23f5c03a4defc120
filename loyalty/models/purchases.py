"""What belongs to an operation that is a sale, and what customers come to at a business."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Branch, Business, Staff
from customers.models import Customer
from loyalty.models.columns import hot
from loyalty.models.ledger import Operation


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
    paid_with_points = models.DecimalField(max_digits=15, decimal_places=3, db_default=0, help_text="of the amount")
    refunded = models.DecimalField(max_digits=15, decimal_places=3, db_default=0)
    share_refunded = models.DecimalField(
        max_digits=21, decimal_places=20, db_default=0, help_text="of the points that it gave, 0 to 1"
    )
    local_on = models.DateField()
    occurred_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("purchase"), _("purchases")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="amount_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="refunded_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(share_refunded__gte=0, share_refunded__lte=1), name="share_refunded_within_one"
            ),
            models.CheckConstraint(
                condition=Q(paid_with_points__gte=0, paid_with_points__lte=F("amount")),
                name="paid_with_points_within_amount",
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
    share = models.DecimalField(
        max_digits=21, decimal_places=20, null=True, help_text="of the points of the sale; null: that of its amount"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("line"), _("lines")
        indexes = [models.Index(fields=["purchase", "position"], name="line_purchase")]

    def __str__(self) -> str:
        return self.name or self.sku


class Refund(models.Model):
    """The part of a purchase that was refunded: of its amount, and of the points that it gave (0 to 1). Shares the id
    of its operation, which names the purchase. Immutable."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    share = models.DecimalField(max_digits=21, decimal_places=20)

    class Meta:
        verbose_name, verbose_name_plural = _("refund"), _("refunds")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="refund_not_negative")]

    def __str__(self) -> str:
        return str(self.operation)


class RefundLine(models.Model):
    """How much of a line came back with a refund. Immutable."""

    refund = hot(Refund, related_name="lines")
    line = hot(PurchaseLine)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        verbose_name, verbose_name_plural = _("line"), _("lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_line_above_zero")]
        indexes = [models.Index(fields=["refund"], name="refund_line_refund")]

    def __str__(self) -> str:
        return f"{self.line} × {self.quantity}"


class Approval(models.Model):
    """The owner or manager whose PIN let a sale above the limit for cashiers through. Immutable."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, db_constraint=False)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("approval"), _("approvals")

    def __str__(self) -> str:
        return str(self.operation)
