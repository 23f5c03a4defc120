"""Sums by day, made from the ledger by `folding` and never written by anything else. A day is the business's local one;
sums are net of refunds, which count on the day of the sale; what was refunded whole counts nowhere.
"""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import Branch, Business, Program
from customers.models import Customer
from loyalty.models.columns import hot


class DayTotal(models.Model):
    """What a branch did on a day. Without a branch: what was done for the business and not at one."""

    business = hot(Business)
    branch = hot(Branch, null=True)
    on = models.DateField()
    sales = models.IntegerField(help_text="above zero")
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    newcomers = models.IntegerField(help_text="customers who bought at the business for the first time")
    issued = models.BigIntegerField(help_text="points that customers got")
    spent = models.BigIntegerField(help_text="points that customers used here")

    class Meta:
        verbose_name, verbose_name_plural = _("day"), _("days")
        constraints = [
            models.UniqueConstraint(fields=["business", "on", "branch"], nulls_distinct=False, name="day_total_once")
        ]

    def __str__(self) -> str:
        return f"{self.business} · {self.on}"


class CustomerDay(models.Model):
    """What a customer bought at a business on a day."""

    business = hot(Business)
    customer = hot(Customer)
    on = models.DateField()
    sales = models.IntegerField()
    amount = models.DecimalField(max_digits=15, decimal_places=3)

    class Meta:
        verbose_name, verbose_name_plural = _("customer's day"), _("customers' days")
        constraints = [
            models.UniqueConstraint(
                fields=["business", "on", "customer"], include=["sales", "amount"], name="customer_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.on}"


class ProductDay(models.Model):
    """How much of an article was sold on a day: as the till names it."""

    business = hot(Business)
    on = models.DateField()
    category = models.CharField(max_length=120, blank=True)
    sku = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=3)
    amount = models.DecimalField(max_digits=18, decimal_places=3)

    class Meta:
        verbose_name, verbose_name_plural = _("article's day"), _("articles' days")
        constraints = [
            models.UniqueConstraint(fields=["business", "on", "category", "sku", "name"], name="product_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.name or self.sku} · {self.on}"


class SegmentName(models.TextChoices):
    CHAMPIONS = "champions", _("Champions")
    LOYAL = "loyal", _("Loyal")
    POTENTIAL_LOYALIST = "potential_loyalist", _("May become loyal")
    NEW = "new", _("New")
    PROMISING = "promising", _("Promising")
    NEED_ATTENTION = "need_attention", _("Need attention")
    ABOUT_TO_SLEEP = "about_to_sleep", _("About to fall asleep")
    CANNOT_LOSE = "cannot_lose", _("Must not be lost")
    AT_RISK = "at_risk", _("At risk")
    HIBERNATING = "hibernating", _("Asleep")
    LOST = "lost", _("Lost")


class Segment(models.Model):
    """How many customers of a business buy alike, and what they have spent: as it was counted last night."""

    business = hot(Business)
    name = models.CharField(max_length=20, choices=SegmentName.choices)
    customers = models.IntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=3)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("segment"), _("segments")
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="segment_once")]

    def __str__(self) -> str:
        return f"{self.business} · {self.get_name_display()}"


class Economy(models.Model):
    """What became of the points that a business gave: as it was counted last night. Settled are those of lots past
    their day; without a day, of lots of which nothing is left."""

    business = models.OneToOneField(Business, models.PROTECT, db_constraint=False, related_name="+")
    issued = models.BigIntegerField()
    redeemed = models.BigIntegerField(help_text="net of what came back")
    expired = models.BigIntegerField()
    reversed = models.BigIntegerField(help_text="taken back by refunds and adjustments")
    outstanding = models.BigIntegerField(help_text="customers have them")
    settled = models.BigIntegerField()
    settled_redeemed = models.BigIntegerField()
    settled_expired = models.BigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("points given"), _("points given")
        ordering = ["business_id"]

    def __str__(self) -> str:
        return str(self.business)

    @property
    def redemption_rate(self) -> Decimal | None:
        return Decimal(self.settled_redeemed) / self.settled if self.settled else None

    @property
    def breakage(self) -> Decimal | None:
        return Decimal(self.settled_expired) / self.settled if self.settled else None


class Outstanding(models.Model):
    """Points that customers have of a business, by the month in which they expire."""

    business = hot(Business)
    month = models.DateField(null=True, help_text="its first day, by the calendar of the business")
    points = models.BigIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("points by month of expiry"), _("points by month of expiry")
        constraints = [
            models.UniqueConstraint(fields=["business", "month"], nulls_distinct=False, name="outstanding_once")
        ]

    def __str__(self) -> str:
        return f"{self.business} · {self.month}"


class Passage(models.Model):
    """How many customers came to a business for the first time soon after they had bought at another one, and what they
    spent there in 90 days; of the last year, as it was counted last night."""

    origin = hot(Business)
    business = hot(Business)
    customers = models.IntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=3)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("passage"), _("passages")
        ordering = ["-amount", "id"]
        constraints = [models.UniqueConstraint(fields=["business", "origin"], name="passage_once")]
        indexes = [models.Index(fields=["origin"], name="passage_origin")]

    def __str__(self) -> str:
        return f"{self.origin} → {self.business}"


class Breadth(models.Model):
    """How many customers of a programme buy in two categories of business or more. Eligible are those who first bought
    60 days ago or earlier, broad those of them who did it within 60 days; active are those of the last 60 days."""

    program = hot(Program, verbose_name=_("programme"))
    discreet = models.BooleanField(_("without the confidential"), help_text="without the confidential businesses")
    eligible = models.IntegerField()
    broad = models.IntegerField()
    active = models.IntegerField()
    active_broad = models.IntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("several categories"), _("several categories")
        ordering = ["program_id"]
        constraints = [models.UniqueConstraint(fields=["program", "discreet"], name="breadth_once")]

    def __str__(self) -> str:
        return str(self.program)

    @property
    def share(self) -> Decimal | None:
        """The cross-purchase rate; None before anybody is eligible."""
        return Decimal(self.broad) / self.eligible if self.eligible else None

    @property
    def active_share(self) -> Decimal | None:
        return Decimal(self.active_broad) / self.active if self.active else None


class Fold(models.Model):
    """How far the ledger is folded; one row. See `sql/fold.sql`."""

    system = models.CharField(max_length=32, help_text="the database that gave out the transaction ids")
    snapshot = models.TextField(null=True, help_text="pg_snapshot: what it saw is folded")  # noqa: DJ001
    base_id = models.BigIntegerField(help_text="operations up to here are folded, whatever their transaction")
    probe_id = models.BigIntegerField()
    probe_xmax = models.TextField(help_text="xid8: transactions from here on write operations above probe_id")
    folded_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("fold"), _("folds")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_fold")]

    def __str__(self) -> str:
        return str(self.folded_at)
