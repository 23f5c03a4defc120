"""What two businesses of a programme have agreed upon: a purchase at one brings a coupon for the other."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, BusinessStatus, Program, Staff
from promotions.models.offers import MOST_PERCENT, Offer, OfferKind

OPEN_FOR = timedelta(days=30)  # so long a proposal waits for its answer


class ChainEnd(models.TextChoices):
    DATE = "date", _("Its last day is over")
    WITHDRAWN = "withdrawn", _("One of the two has withdrawn")
    LEFT = "left", _("One of the two has left the programme")
    OPERATOR = "operator", _("The programme’s operator has ended it")


class ChainQuerySet(models.QuerySet["Chain"]):
    def of(self, business: Business) -> "ChainQuerySet":
        """Those that it is a side of."""
        return self.filter(Q(giver=business) | Q(taker=business))

    def accepted(self) -> "ChainQuerySet":
        return self.filter(accepted_at__isnull=False, ended_at=None)

    def of_standing_sides(self) -> "ChainQuerySet":
        """Both are partners of the programme still, and no secret."""
        sides = {
            f"{side}__{name}": value
            for side in ("giver", "taker")
            for name, value in (("status", BusinessStatus.ACTIVE), ("confidential", False), ("program", F("program")))
        }
        return self.filter(**sides)


class Chain(models.Model):
    """A contract: purchases at `giver` bring coupons for `taker`. One of them proposed it, the other one accepted, and
    then it has an `offer`, which is the taker's. What was agreed upon is never edited; another chain is.

    Each coupon is promised whole, whatever it may take off, before it is given: `promised` never exceeds `budget`,
    so nobody who holds one is turned away for it. What coupons that were used or ran out did not cost is free again
    once they have settled: those that had ended by `settled_until`. See promotions/sharing.py.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="chains", verbose_name=_("programme"))
    giver = models.ForeignKey(Business, models.PROTECT, related_name="chains_given", verbose_name=_("purchases at"))
    taker = models.ForeignKey(
        Business, models.PROTECT, related_name="chains_taken", verbose_name=_("bring coupons for")
    )
    offer = models.OneToOneField(Offer, models.PROTECT, null=True, related_name="chain", editable=False)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    # What the customer gets.
    kind = models.CharField(
        _("what it gives"),
        max_length=10,
        choices=[(kind.value, kind.label) for kind in (OfferKind.PERCENTAGE, OfferKind.AMOUNT)],
    )
    value = models.DecimalField(_("how much"), max_digits=12, decimal_places=3)
    most_discount = models.DecimalField(_("at most off"), max_digits=15, decimal_places=3)
    order_from = models.DecimalField(_("for orders from"), max_digits=15, decimal_places=3, default=0)
    lasts_days = models.PositiveSmallIntegerField(_("days that a coupon lasts"))
    # For what.
    minimum = models.DecimalField(_("given with purchases from"), max_digits=15, decimal_places=3)
    categories = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    every_days = models.PositiveSmallIntegerField(_("days between two coupons of a customer"))
    # Who pays, and how long.
    share = models.PositiveSmallIntegerField(_("percent of the discounts that the giver pays"))
    budget = models.DecimalField(_("budget"), max_digits=15, decimal_places=3)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"))
    promised = models.DecimalField(max_digits=15, decimal_places=3, default=0, db_default=0, editable=False)
    settled_until = models.DateTimeField(editable=False)
    # How it came about, and how it ended.
    proposer = models.ForeignKey(Business, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    declined_at = models.DateTimeField(_("declined"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    ended_for = models.CharField(max_length=9, choices=ChainEnd.choices, blank=True)

    objects = ChainQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("chain"), _("chains")
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="chain_of_two"),
            models.CheckConstraint(condition=Q(proposer=F("giver")) | Q(proposer=F("taker")), name="chain_by_a_side"),
            models.CheckConstraint(condition=Q(value__gt=0, most_discount__gt=0), name="chain_gives_something"),
            models.CheckConstraint(
                condition=(Q(kind=OfferKind.PERCENTAGE) & Q(value__lte=MOST_PERCENT))
                | (Q(kind=OfferKind.AMOUNT) & Q(most_discount=F("value"))),
                name="chain_costs_at_most",
            ),
            models.CheckConstraint(condition=Q(minimum__gt=0, order_from__gte=0), name="chain_asks_for_a_purchase"),
            models.CheckConstraint(condition=Q(lasts_days__gt=0, every_days__gt=0), name="chain_days_above_zero"),
            models.CheckConstraint(condition=Q(share__lte=MOST_PERCENT), name="chain_share_within_whole"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="chain_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(budget__gte=F("most_discount")), name="chain_budget_for_a_coupon"),
            models.CheckConstraint(condition=Q(promised__gte=0, promised__lte=F("budget")), name="chain_within_budget"),
            models.CheckConstraint(
                condition=Q(accepted_at=None, offer=None) | Q(accepted_at__isnull=False, offer__isnull=False),
                name="chain_accepted_has_its_offer",
            ),
            models.CheckConstraint(condition=Q(accepted_at=None) | Q(declined_at=None), name="chain_has_one_answer"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_for="") | (Q(ended_at__isnull=False) & ~Q(ended_for="")),
                name="chain_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer, if there is still time for one."""
        return self.accepted_at is None and self.declined_at is None and self.ended_at is None
