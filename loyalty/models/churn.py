"""How likely each customer is not to come back, as it was estimated last night."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from loyalty.models.columns import RealField, hot
from loyalty.models.purchases import Membership


class ChurnModel(models.Model):
    """What was learnt of a business's customers on a day. The newest counts; the older ones stay, because scores that
    were acted upon name theirs. See `loyalty/churn/`."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="churn_models")
    version = models.CharField(max_length=64, help_text="of the scorer")
    parameters = models.JSONField()
    prior = models.JSONField(help_text="what the parameters were drawn towards")
    horizon = models.PositiveSmallIntegerField(help_text="days within which no visit counts as not coming back")
    customers = models.IntegerField(help_text="of whom it was learnt, a sample at most")
    log_likelihood = models.FloatField()
    mean_gap = models.FloatField(help_text="days between two visits, over all who came back")
    fitted_on = models.DateField(help_text="by the business's calendar")
    fitted_at = models.DateTimeField(db_default=Now())
    scored_on = models.DateField(null=True, help_text="the last day on which everybody was scored by it")

    class Meta:
        verbose_name, verbose_name_plural = _("model of churn"), _("models of churn")
        indexes = [models.Index(fields=["business", "-id"], name="churn_model_newest")]

    def __str__(self) -> str:
        return f"{self.business} · {self.version} · {self.fitted_on:%Y-%m-%d}"

    @property
    def is_corrected(self) -> bool:
        """By `loyalty/churn/recalibrating.py`, whose numbers stand among the parameters."""
        return "c0" in self.parameters

    @property
    def label(self) -> str:
        """Its name for ever, for what was decided by it."""
        return f"{self.version}/{self.pk}"


class ChurnScore(models.Model):
    """A membership's chance by its business's newest model, within 0.002, and its gap, within half a day, on the day
    that the model was last used on. Beside and not in its row: what every purchase updates has to stay small. Who came
    since `last_on` is not described any more.

    Many rows are written anew every night, and most where a new model differs much. So the pages stand half empty, and
    no index is on what moves from night to night, which makes that twice as quick.
    """

    membership = models.OneToOneField(
        Membership, models.PROTECT, primary_key=True, db_constraint=False, related_name="churn"
    )
    business = hot(Business)
    alive = RealField(help_text="the chance that they have not gone for good")
    churn = RealField(help_text="the chance of no visit within the model's horizon")
    gap = RealField(help_text="days that usually pass between their visits")
    last_on = models.DateField(help_text="their last visit then")
    slipping = models.BooleanField(help_text="came more than once, is overdue, and will rather not come back")

    class Meta:
        verbose_name, verbose_name_plural = _("chance of churn"), _("chances of churn")
        indexes = [
            models.Index(
                fields=["business", "-last_on", "membership"], condition=Q(slipping=True), name="churn_slipping"
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} · {self.churn:.2f}"
