"""The rules by which a business, or a whole programme, gives more than its rate, or less."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, Program, User
from customers.models import Customer
from loyalty.models.columns import hot

MOST_FACTOR = 20


class RuleKind(models.TextChoices):
    EXTRA = "extra", _("Extra points for each unit of the currency")
    MULTIPLY = "multiply", _("A multiple of the points")
    BONUS = "bonus", _("A fixed bonus")
    EXCLUDE = "exclude", _("No points")


class Occasion(models.TextChoices):
    FIRST_PURCHASE = "first_purchase", _("the customer’s first purchase here")
    FIRST_IN_CATEGORY = "first_in_category", _("the customer’s first purchase in your line of business")
    BIRTHDAY = "birthday", _("the customer’s birthday")


class EarningRuleQuerySet(models.QuerySet["EarningRule"]):
    def of(self, business: Business) -> "EarningRuleQuerySet":
        """Those that its sales go by: its own and its programme's."""
        return self.filter(Q(business=business) | Q(business=None), program=business.program_id, ended_at=None)


class EarningRule(models.Model):
    """One rule, of a business or, without one, of its whole programme. What it leaves open it does not ask for.

    A rule is never edited, so that the trail of a sale always tells the rule as it was: changing one ends it and makes
    the next of the same `series`.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="earning_rules", verbose_name=_("programme"))
    business = models.ForeignKey(
        Business, models.PROTECT, null=True, blank=True, related_name="earning_rules", verbose_name=_("business")
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    series = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("what it gives"), max_length=8, choices=RuleKind.choices)
    value = models.DecimalField(
        _("how much"),
        max_digits=12,
        decimal_places=3,
        default=0,
        help_text=_("points per unit of the currency, factor, or points"),
    )
    # On which part of the sale: lines of any of these categories or articles, or those sold at a discount.
    categories = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    skus = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    discounted = models.BooleanField(_("only what is sold at a discount"), default=False)
    minimum_spend = models.DecimalField(_("minimum spend"), max_digits=15, decimal_places=3, default=0)
    # When, by the business's clock.
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text="0 = Monday")
    from_time = models.TimeField(_("from"), null=True, blank=True)
    until_time = models.TimeField(_("until"), null=True, blank=True)
    # For whom.
    tiers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    occasion = models.CharField(_("only for"), max_length=20, choices=Occasion.choices, blank=True)
    # No more points than these by the rule itself.
    most_per_purchase = models.PositiveIntegerField(_("most points per purchase"), null=True, blank=True)
    most_per_day = models.PositiveIntegerField(_("most points per customer and day"), null=True, blank=True)
    most_per_customer = models.PositiveIntegerField(_("most points per customer, ever"), null=True, blank=True)
    # Alone: of those that are, the highest priority gives, and nothing else but the rate.
    exclusive = models.BooleanField(_("alone"), default=False)
    priority = models.PositiveSmallIntegerField(_("priority"), default=0)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = EarningRuleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("earning rule"), _("earning rules")
        constraints = [
            models.UniqueConstraint(fields=["series"], condition=Q(ended_at=None), name="one_rule_of_a_series"),
            models.CheckConstraint(
                condition=Q(kind=RuleKind.EXCLUDE, value=0) | (~Q(kind=RuleKind.EXCLUDE) & Q(value__gt=0)),
                name="rule_gives_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RuleKind.MULTIPLY) | Q(value__lte=MOST_FACTOR), name="rule_factor_within_reason"
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="rule_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(from_time=None, until_time=None)
                | (Q(from_time__isnull=False, until_time__isnull=False) & ~Q(from_time=F("until_time"))),
                name="rule_hours_are_two",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]), name="rule_weekdays_are_days"
            ),
        ]
        indexes = [models.Index(fields=["program", "business"], condition=Q(ended_at=None), name="rule_in_force")]

    def __str__(self) -> str:
        return self.name


class RuleGiven(models.Model):
    """What a capped rule has given to a customer at a business on a day, net of refunds; rules that take its place in
    their `series` count on. Written with the purchase."""

    series = models.UUIDField()
    customer = hot(Customer)
    business = hot(Business)
    local_on = models.DateField()
    points = models.DecimalField(max_digits=32, decimal_places=20)

    class Meta:
        verbose_name, verbose_name_plural = _("points of a rule"), _("points of rules")
        constraints = [
            models.UniqueConstraint(fields=["customer", "series", "business", "local_on"], name="rule_given_once")
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.points}"
