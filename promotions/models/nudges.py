"""Winning back customers who slip away: the terms, who was drawn into which group, and what was said to whom."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.models import Business, Staff
from customers.models import Customer, Message, MessageStatus
from loyalty.models import Purchase
from loyalty.models.columns import RealField, hot
from promotions.models.offers import Coupon, CouponStatus, Offer

BUCKETS = 10_000
LONGEST_TEXT = 300


class Experiment(models.Model):
    """On which terms a business tries to win customers back, and how many hear nothing, so that the difference shows.

    The terms never change, because people were drawn by them: other terms are another experiment. Of those that have
    not ended a business has one.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="experiments", verbose_name=_("business"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=64, unique=True, help_text="by which customers are drawn")
    threshold_percent = models.PositiveSmallIntegerField(_("from which chance of not returning, in percent"))
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="+", verbose_name=_("offer"))
    texts = models.JSONField(help_text="by language; that of the business stands for those that are missing")
    control_percent = models.PositiveSmallIntegerField(_("how many of 100 hear nothing"), default=10)
    horizon_days = models.PositiveSmallIntegerField(_("within how many days they have to come"), default=30)
    most_a_day = models.PositiveIntegerField(_("most customers a day"), default=100)
    begun_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    nudged_on = models.DateField(null=True, help_text="the last day on which everybody was looked at")

    class Meta:
        verbose_name, verbose_name_plural = _("experiment"), _("experiments")
        constraints = [
            models.UniqueConstraint(fields=["business"], condition=Q(ended_at=None), name="one_experiment"),
            models.CheckConstraint(
                condition=Q(threshold_percent__gte=1, threshold_percent__lte=99), name="threshold_within_reason"
            ),
            models.CheckConstraint(
                condition=Q(control_percent__gte=1, control_percent__lte=50), name="control_is_a_group"
            ),
            models.CheckConstraint(condition=Q(horizon_days__gte=7, horizon_days__lte=90), name="horizon_is_fixed"),
            models.CheckConstraint(condition=Q(most_a_day__gte=1), name="somebody_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.business} · {self.begun_at:%Y-%m-%d}"


class Arm(models.TextChoices):
    TREATMENT = "treatment", _("Written to")
    CONTROL = "control", _("Hears nothing")


class Trigger(models.TextChoices):
    NIGHT = "night", _("At night")
    SIGN_IN = "sign_in", _("At sign-in")


class Assignment(models.Model):
    """A customer was drawn into a group, once in an experiment, of whom nothing stood against writing to them. With the
    chance that decided it, and by which model.

    What they did within the horizon is measured once, when it is over, of both groups alike.
    """

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="assignments", db_index=False)
    customer = hot(Customer)
    arm = models.CharField(max_length=9, choices=Arm.choices)
    bucket = models.PositiveSmallIntegerField()
    trigger = models.CharField(max_length=7, choices=Trigger.choices)
    churn = RealField(help_text="the chance of not returning")
    model = models.CharField(max_length=96, help_text="by which it was estimated")
    assigned_at = models.DateTimeField()
    until_at = models.DateTimeField(help_text="the end of the horizon")
    returned = models.BooleanField(null=True)
    revenue = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    measured_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("drawn customer"), _("drawn customers")
        constraints = [
            models.UniqueConstraint(fields=["experiment", "customer"], name="drawn_once"),
            models.CheckConstraint(condition=Q(bucket__lt=BUCKETS), name="bucket_is_one_of_all"),
            models.CheckConstraint(
                condition=Q(measured_at=None, returned=None, revenue=None)
                | Q(measured_at__gte=F("until_at"), returned__isnull=False, revenue__gte=0),
                name="measured_when_it_is_over",
            ),
        ]
        indexes = [
            models.Index(fields=["experiment", "-assigned_at"], name="assignment_newest"),
            models.Index(fields=["until_at"], condition=Q(measured_at=None), name="assignment_to_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.get_arm_display()} · {self.churn:.2f}"


class Shown(models.TextChoices):
    SMS = "sms", "SMS"
    SCREEN = "screen", _("On screen")


class State(models.TextChoices):
    """Of a nudge, from the first to the last; each that stands takes the place of those before."""

    WAITING = "waiting", pgettext_lazy("message", "Waiting")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    VIEWED = "viewed", _("Viewed")
    EXPIRED = "expired", pgettext_lazy("message", "Expired")
    NOT_SENT = "not_sent", _("Not sent")
    DISMISSED = "dismissed", _("Not wanted")
    USED = "used", pgettext_lazy("message", "Used")


OPEN = (State.WAITING, State.SENT, State.DELIVERED, State.VIEWED)


class NudgeQuerySet(models.QuerySet["Nudge"]):
    def with_state(self, at: datetime) -> Any:
        """`state`. Used: its coupon is used up, or where it has none somebody bought within its time, or the shop said
        so. All three are asked anew, so that a refund takes it back."""
        bought = Purchase.objects.filter(
            customer=OuterRef("customer"),
            business=OuterRef("business"),
            occurred_at__gte=OuterRef("made_at"),
            occurred_at__lt=OuterRef("expires_at"),
            amount__gt=F("refunded"),
        )
        used = Q(used_at__isnull=False) | Q(coupon__status=CouponStatus.REDEEMED) | Q(Q(coupon=None), Exists(bought))
        return self.annotate(
            state=Case(
                When(used, then=Value(State.USED)),
                When(dismissed_at__isnull=False, then=Value(State.DISMISSED)),
                When(message__status__in=[MessageStatus.FAILED, MessageStatus.WITHHELD], then=Value(State.NOT_SENT)),
                When(expires_at__lte=at, then=Value(State.EXPIRED)),
                When(viewed_at__isnull=False, then=Value(State.VIEWED)),
                When(Q(message__delivered_at__isnull=False) | Q(shown=Shown.SCREEN), then=Value(State.DELIVERED)),
                When(Q(message__sent_at__isnull=False) | Q(message=None), then=Value(State.SENT)),
                default=Value(State.WAITING),
                output_field=models.CharField(),
            )
        )

    def standing(self, at: datetime) -> Any:
        """What customers may still act on, the newest first, with all that its words need."""
        open_ones = self.with_state(at).filter(due_at__lte=at, state__in=OPEN)
        return open_ones.select_related("assignment__experiment", "business", "coupon__offer").order_by("-pk")


class Nudge(models.Model):
    """What a customer of the treated group was told, with a coupon or without. Its message is in the outbox, which
    knows whether it arrived; one on screen was shown by the shop that asked."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.OneToOneField(Assignment, models.PROTECT, related_name="nudge")
    business = hot(Business)
    customer = hot(Customer)
    shown = models.CharField(max_length=6, choices=Shown.choices)
    coupon = models.OneToOneField(Coupon, models.PROTECT, null=True, related_name="nudge")
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="when the customer sees it, at the earliest")
    expires_at = models.DateTimeField(help_text="with its coupon, or with the horizon")
    viewed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True, help_text="as the shop told it")
    dismissed_at = models.DateTimeField(null=True)

    objects = NudgeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("nudge"), _("nudges")
        constraints = [models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="nudge_lasts")]
        indexes = [
            models.Index(fields=["customer", "-due_at"], name="nudge_customer"),
            models.Index(fields=["business", "-id"], name="nudge_business"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class BehaviourKind(models.TextChoices):
    LOGIN = "login", _("Login")
    PAGE_VIEW = "page_view", _("Page view")
    SEARCH = "search", _("Search")
    CART_ADD = "cart_add", _("Into the cart")
    CART_REMOVE = "cart_remove", _("Out of the cart")
    CHECKOUT = "checkout", _("Checkout")
    SESSION_BEGIN = "session_begin", _("Session begins")
    SESSION_END = "session_end", _("Session ends")


class BehaviourEvent(models.Model):
    """Something that a customer did at an online shop, as the shop told it. Kept for some months."""

    business = hot(Business)
    customer = hot(Customer)
    kind = models.CharField(max_length=13, choices=BehaviourKind.choices)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    event_id = models.CharField(max_length=64, null=True, help_text="the shop's name for it")  # noqa: DJ001 - unique
    session = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=200, blank=True)
    sku = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("behaviour"), _("behaviour")
        constraints = [models.UniqueConstraint(fields=["business", "event_id"], name="behaviour_once")]
        indexes = [
            models.Index(fields=["customer", "business", "-occurred_at"], name="behaviour_customer"),
            models.Index(fields=["received_at"], name="behaviour_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.occurred_at:%Y-%m-%d %H:%M}"


class SignIn(models.Model):
    """A customer signed in at a shop, which asked what to show them; its answer is kept, so that the same call hears
    the same."""

    business = hot(Business)
    customer = hot(Customer)
    key = models.CharField(max_length=255)
    answer = models.TextField(help_text="JSON")
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("sign-in"), _("sign-ins")
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="sign_in_once")]
        indexes = [
            models.Index(fields=["at"], name="sign_in_age"),
            models.Index(fields=["customer"], name="sign_in_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
