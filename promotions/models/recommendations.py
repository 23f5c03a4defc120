"""What a business lets be recommended, who changed that, and who goes where as well as somewhere else."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, Program, Staff


class RecommendationRules(models.Model):
    """The three rules as a business has set them. Who has no row goes by the defaults."""

    business = models.OneToOneField(
        Business, models.PROTECT, primary_key=True, related_name="recommendation_rules", verbose_name=_("business")
    )
    near_reward = models.BooleanField(_("a reward that is near"), default=True)
    near_percent = models.PositiveSmallIntegerField(
        _("near means so many percent of its points"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )
    inactive = models.BooleanField(_("come back"), default=True)
    inactive_overdue = models.DecimalField(
        _("away for so many times the usual gap"),
        max_digits=4,
        decimal_places=1,
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    inactive_percent = models.PositiveSmallIntegerField(
        _("and a chance of not returning of so many percent"),
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )
    elsewhere = models.BooleanField(_("new places"), default=True)
    elsewhere_customers = models.PositiveIntegerField(
        _("seen with at least so many customers"), default=2, validators=[MinValueValidator(2)]
    )

    class Meta:
        verbose_name, verbose_name_plural = _("rules of recommending"), _("rules of recommending")

    def __str__(self) -> str:
        return str(self.business)


class RecommendationRulesChange(models.Model):
    """Who changed which of them from what to what. Append-only."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="recommendation_changes")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    field = models.CharField(max_length=32)
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("changed rule of recommending"), _("changed rules of recommending")

    def __str__(self) -> str:
        return f"{self.business} · {self.field}"


class CoVisit(models.Model):
    """How many customers of one business of a programme came to another as well, and how strongly that speaks for it.
    With nothing as `visited`: how many come there at all. Written anew every night."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    visited = models.ForeignKey(Business, models.PROTECT, null=True, related_name="+", db_index=False)
    other = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    customers = models.PositiveIntegerField()
    weight = models.FloatField()

    class Meta:
        verbose_name, verbose_name_plural = _("places visited together"), _("places visited together")
        constraints = [
            models.UniqueConstraint(fields=["visited", "other"], nulls_distinct=False, name="co_visit_once"),
            models.CheckConstraint(condition=~Q(visited=F("other")) | Q(visited=None), name="co_visit_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.visited} → {self.other}"
