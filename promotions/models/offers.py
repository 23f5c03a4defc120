"""What a business promises besides points, and who holds it."""

import secrets
import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, Program, Staff, User
from customers.models import Customer
from loyalty.models import Operation
from loyalty.models.columns import hot

SIGNS = "ACDEFGHJKLMNPQRTUVWXY3479"  # none looks like another
CODE_LENGTH = 10
LONGEST_CODE = 32
MOST_PERCENT = 100
MOST_FACTOR = 20


class OfferKind(models.TextChoices):
    PERCENTAGE = "percentage", _("A percentage off")
    AMOUNT = "amount", _("An amount off")
    SHIPPING = "free_shipping", _("Free shipping")
    MULTIPLIER = "multiplier", _("A multiple of the points")
    BONUS = "bonus", _("Extra points")
    GIFT = "gift", _("A gift")


OFF = (OfferKind.PERCENTAGE, OfferKind.AMOUNT)
IN_POINTS = (OfferKind.MULTIPLIER, OfferKind.BONUS)


class OfferQuerySet(models.QuerySet["Offer"]):
    def of(self, business: Business) -> "OfferQuerySet":
        """Those that can be used there: its own, and its programme's."""
        return self.at(business.program_id, business.pk)

    def at(self, program_id: int, business_id: int) -> "OfferQuerySet":
        return self.filter(
            Q(business=business_id)
            | Q(business=None, businesses=[])
            | Q(business=None, businesses__contains=[business_id]),
            program=program_id,
        )


class Offer(models.Model):
    """The definition of a benefit, of a business or, without one, of its programme. It is used by its public `code`,
    or, where it has none, by the coupons that were issued of it. What it leaves open it does not ask for.

    What it gives is never edited, because customers hold it: only its end and its limits move. `uses`, `cost`
    and `issued` count what stands; only promotions/coupons.py moves them, never above the limits.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="offers", verbose_name=_("programme"))
    business = models.ForeignKey(
        Business, models.PROTECT, null=True, blank=True, related_name="offers", verbose_name=_("business")
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("what it gives"), max_length=13, choices=OfferKind.choices)
    value = models.DecimalField(
        _("how much"), max_digits=12, decimal_places=3, default=0, help_text=_("percent, amount, factor, or points")
    )
    gift = models.CharField(_("gift"), max_length=120, blank=True)
    most_discount = models.DecimalField(_("at most off"), max_digits=15, decimal_places=3, null=True, blank=True)
    # Where, and on which part of the sale.
    businesses = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text=_("of a programme’s offer"))
    branches = ArrayField(models.BigIntegerField(), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    minimum_spend = models.DecimalField(_("for orders from"), max_digits=15, decimal_places=3, default=0)
    # When, by the business's clock.
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text="0 = Monday")
    from_time = models.TimeField(_("from"), null=True, blank=True)
    until_time = models.TimeField(_("until"), null=True, blank=True)
    exclusive = models.BooleanField(_("not together with other coupons"), default=False)
    # How it comes to customers.
    code = models.CharField(_("code for everybody"), max_length=LONGEST_CODE, blank=True)
    lasts_days = models.PositiveSmallIntegerField(_("days that a coupon lasts"), null=True, blank=True)
    given_from = models.DecimalField(
        _("given with purchases from"), max_digits=15, decimal_places=3, null=True, blank=True
    )
    # No more than these.
    total_limit = models.PositiveIntegerField(_("how many in all"), null=True, blank=True)
    limit_per_customer = models.PositiveSmallIntegerField(_("most per customer"), null=True, blank=True)
    budget = models.DecimalField(_("budget"), max_digits=15, decimal_places=3, null=True, blank=True)
    issued = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    uses = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    cost = models.DecimalField(max_digits=15, decimal_places=3, default=0, db_default=0, editable=False)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    made_at = models.DateTimeField(editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("offer"), _("offers")
        constraints = [
            models.UniqueConstraint(
                fields=["business", "code"], condition=Q(ended_at=None) & ~Q(code=""), name="offer_code_once"
            ),
            models.UniqueConstraint(
                fields=["program", "code"],
                condition=Q(ended_at=None, business=None) & ~Q(code=""),
                name="programme_code_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[OfferKind.SHIPPING, OfferKind.GIFT], value=0)
                | (~Q(kind__in=[OfferKind.SHIPPING, OfferKind.GIFT]) & Q(value__gt=0)),
                name="offer_gives_something",
            ),
            models.CheckConstraint(
                condition=(Q(kind=OfferKind.GIFT) & ~Q(gift="")) | (~Q(kind=OfferKind.GIFT) & Q(gift="")),
                name="offer_gift_is_named",
            ),
            models.CheckConstraint(
                condition=~Q(kind=OfferKind.PERCENTAGE) | Q(value__lte=MOST_PERCENT), name="offer_percent_within_whole"
            ),
            models.CheckConstraint(
                condition=~Q(kind=OfferKind.MULTIPLIER) | Q(value__gt=1, value__lte=MOST_FACTOR),
                name="offer_factor_within_reason",
            ),
            models.CheckConstraint(condition=Q(most_discount__gt=0), name="offer_most_discount_above_zero"),
            models.CheckConstraint(condition=Q(minimum_spend__gte=0), name="offer_minimum_not_negative"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="offer_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(from_time=None, until_time=None)
                | (Q(from_time__isnull=False, until_time__isnull=False) & ~Q(from_time=F("until_time"))),
                name="offer_hours_are_two",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]), name="offer_weekdays_are_days"
            ),
            models.CheckConstraint(
                condition=Q(code="") | Q(given_from=None, lasts_days=None), name="offer_code_or_coupons"
            ),
            models.CheckConstraint(
                condition=Q(given_from=None) | Q(given_from__gt=0, business__isnull=False),
                name="offer_given_by_its_business",
            ),
            models.CheckConstraint(
                condition=Q(total_limit=None) | Q(uses__lte=F("total_limit"), issued__lte=F("total_limit")),
                name="offer_within_total_limit",
            ),
            models.CheckConstraint(condition=Q(limit_per_customer__gt=0), name="offer_limit_above_zero"),
            models.CheckConstraint(condition=Q(budget=None) | Q(cost__lte=F("budget")), name="offer_within_budget"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="offer_cost_not_negative"),
        ]
        indexes = [models.Index(fields=["program", "business"], name="offer_of_business")]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int | None:
        """How many more there are; None without an end."""
        if self.total_limit is None:
            return None
        return self.total_limit - (self.uses if self.code else self.issued)


class OfferChange(models.Model):
    """What was changed of an offer, by whom: its end, its limits. Immutable."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="changes")
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    operator = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    field = models.CharField(max_length=32)
    before = models.TextField()
    after = models.TextField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("change of an offer"), _("changes of offers")

    def __str__(self) -> str:
        return f"{self.offer}: {self.field}"


class Source(models.TextChoices):
    PUBLIC = "public", _("Public code")
    PROMOTION = "promotion", _("Promotion")
    CHAIN = "chain", _("Chain")
    NUDGE = "nudge", _("Nudge")
    REFERRAL = "referral", _("Referral")
    BADGE = "badge", _("Badge")


class CouponStatus(models.TextChoices):
    ISSUED = "issued", _("Ready")
    REDEEMED = "redeemed", _("Used")
    CANCELLED = "cancelled", _("Taken back")


def new_code() -> str:
    """26 to the 10th: nobody guesses one, and none comes twice."""
    return "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))


class Coupon(models.Model):
    """One issued offer in a customer's hands. Whoever uses a public code holds one from then on, without a code.

    Where it came from stays what it was; `status` follows its uses. Of one that ran out its time says so.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="coupons", verbose_name=_("offer"))
    customer = hot(Customer)
    code = models.CharField(_("code"), max_length=CODE_LENGTH, null=True, unique=True)  # noqa: DJ001 - of public ones
    source = models.CharField(_("where it comes from"), max_length=9, choices=Source.choices)
    status = models.CharField(_("state"), max_length=9, choices=CouponStatus.choices, default=CouponStatus.ISSUED)
    issued_by = hot(Operation, null=True, help_text="the purchase that brought it")
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    because = models.JSONField(null=True, help_text="of a nudge: the chance of not returning, and by which model")

    class Meta:
        verbose_name, verbose_name_plural = _("coupon"), _("coupons")
        constraints = [
            models.CheckConstraint(
                condition=Q(source=Source.PUBLIC, code=None) | (~Q(source=Source.PUBLIC) & Q(code__isnull=False)),
                name="coupon_has_code",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "offer"], name="coupon_customer"),
            models.Index(fields=["offer", "-id"], name="coupon_offer"),
            models.Index(fields=["issued_by"], condition=Q(issued_by__isnull=False), name="coupon_issued_by"),
        ]

    def __str__(self) -> str:
        return self.code or self.offer.code

    def is_ready(self, at: datetime) -> bool:
        return self.status == CouponStatus.ISSUED and (self.expires_at is None or at < self.expires_at)

    def state(self, at: datetime) -> str:
        """`issued`, `redeemed`, `cancelled` or `expired`."""
        return self.status if self.status != CouponStatus.ISSUED or self.is_ready(at) else "expired"


class CouponUse(models.Model):
    """What a coupon did in a purchase: it took `discount` off, or gave what its offer says.
    Only `returned_by` is written later, once."""

    operation = hot(Operation)
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="used")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="used", db_index=False)
    customer = hot(Customer)
    code = models.CharField(max_length=LONGEST_CODE, help_text="as it was named")
    discount = models.DecimalField(max_digits=15, decimal_places=3)
    used_at = models.DateTimeField(db_default=Now())
    returned_by = hot(Operation, null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("use of a coupon"), _("uses of coupons")
        constraints = [
            models.UniqueConstraint(fields=["coupon"], condition=Q(returned_by=None), name="coupon_used_once"),
            models.UniqueConstraint(fields=["operation", "coupon"], name="coupon_once_in_a_purchase"),
            models.CheckConstraint(condition=Q(discount__gte=0), name="coupon_discount_not_negative"),
        ]
        indexes = [
            models.Index(fields=["offer", "customer"], name="coupon_use_of_offer"),
            models.Index(fields=["returned_by"], condition=Q(returned_by__isnull=False), name="coupon_returned_by"),
        ]

    def __str__(self) -> str:
        return self.code
