"""What points buy."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, Program, Staff, User
from loyalty.models.columns import hot
from loyalty.models.ledger import Wallet
from loyalty.models.tiers import Tier

MOST_POINTS = 10**9


class LimitPeriod(models.TextChoices):
    DAY = "day", _("a day")
    WEEK = "week", _("a week")
    MONTH = "month", _("a month")
    EVER = "ever", _("ever")


class RewardIcon(models.TextChoices):
    """Names from the sprite."""

    GIFT = "gift", _("Gift")
    COFFEE = "coffee", _("Cup")
    CAKE = "cake", _("Cake")
    SHOPPING_BAG = "shopping-bag", _("Shopping bag")
    TAG = "tag", _("Price tag")
    TICKET = "ticket", _("Ticket")
    STAR = "star", _("Star")
    SPARKLES = "sparkles", _("Sparkles")
    COINS = "coins", _("Coins")
    STORE = "store", _("Shop")


class RewardQuerySet(models.QuerySet["Reward"]):
    def of(self, business: Business) -> "RewardQuerySet":
        """Those that can be claimed there: its own and its programme's."""
        return self.at(business.program_id, business.pk)

    def at(self, program_id: int, business_id: int) -> "RewardQuerySet":
        return self.filter(Q(business=business_id) | Q(business=None), program=program_id, archived_at=None)


class Reward(models.Model):
    """One thing that points buy at a business or, without one, anywhere in its programme.

    `claimed` counts the claims that stand, held ones among them; only the kernel moves it, never above `stock`.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="rewards", verbose_name=_("programme"))
    business = models.ForeignKey(
        Business, models.PROTECT, null=True, blank=True, related_name="rewards", verbose_name=_("business")
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=200, blank=True)
    points = models.BigIntegerField(_("points"))
    stock = models.PositiveIntegerField(_("how many there are"), null=True, blank=True)
    claimed = models.PositiveIntegerField(_("claimed"), default=0, db_default=0, editable=False)
    limit_per_customer = models.PositiveSmallIntegerField(_("most per customer"), null=True, blank=True)
    limit_period = models.CharField(
        _("counted"), max_length=5, choices=LimitPeriod.choices, default=LimitPeriod.EVER, db_default="ever"
    )
    tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from this tier on")
    )
    # By the calendar of the business where it is claimed.
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    icon = models.CharField(_("sign"), max_length=16, choices=RewardIcon.choices, default=RewardIcon.GIFT)
    picture_digest = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = RewardQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("reward"), _("rewards")
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="reward_costs_points"),
            models.CheckConstraint(
                condition=Q(stock=None) | Q(claimed__lte=F("stock")), name="reward_claimed_within_stock"
            ),
            models.CheckConstraint(condition=Q(limit_per_customer__gt=0), name="reward_limit_above_zero"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="reward_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["program", "business"], condition=Q(archived_at=None), name="reward_offered")]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int | None:
        """None without an end."""
        return None if self.stock is None else self.stock - self.claimed

    @property
    def picture_url(self) -> str:
        return reverse("reward-picture", args=[self.picture_digest]) if self.picture_digest else ""


class RewardPicture(models.Model):
    """A reward's picture, written anew by us. In the database, as logos are."""

    reward = models.OneToOneField(Reward, models.PROTECT, primary_key=True, related_name="picture")
    digest = models.CharField(max_length=32, db_index=True)
    picture = models.BinaryField(help_text="WebP")


class RewardChange(models.Model):
    """Who changed what of a reward from what to what; a member of staff or the operator. Append-only."""

    reward = models.ForeignKey(Reward, models.PROTECT, related_name="changes", verbose_name=_("reward"))
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    operator = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    field = models.CharField(max_length=32)
    before = models.TextField()
    after = models.TextField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("change of a reward"), _("changes of rewards")

    def __str__(self) -> str:
        return f"{self.reward}: {self.field}"


class SpendingCode(models.Model):
    """Six digits by SMS with which a customer agrees to spend so many points at a business. Only their HMAC is kept."""

    wallet = hot(Wallet)
    business = hot(Business)
    points = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["wallet", "business", "id"], name="spending_code_wallet"),
            models.Index(fields=["business", "created_at"], name="spending_code_business"),
        ]


class ShownCode(models.Model):
    """The rotating code of a card that was used: its half minute, once."""

    card = models.ForeignKey("customers.Card", models.CASCADE, related_name="+", db_index=False)  # useless without it
    step = models.BigIntegerField(help_text="half minutes since 1970")
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["card", "step"], name="shown_code_once")]
