"""Customers who are brought by customers: on what terms, by whom, and what both got for it."""

import secrets
import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Business, Program, Staff
from customers.models import Customer
from loyalty.models import Operation
from loyalty.models.columns import hot
from promotions.models import SIGNS, Coupon, Offer

CODE_LENGTH = 8


class ReferralTerms(models.Model):
    """What a programme gives for bringing somebody. Who has no row, or is not on, gives nothing."""

    program = models.OneToOneField(
        Program, models.PROTECT, primary_key=True, related_name="referral_terms", verbose_name=_("programme")
    )
    is_on = models.BooleanField(_("customers can bring friends"), default=True)
    inviter_points = models.PositiveIntegerField(_("points for who invites"), default=50)
    friend_points = models.PositiveIntegerField(_("points for the friend"), default=50)
    inviter_offer = models.ForeignKey(
        Offer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coupon for who invites")
    )
    friend_offer = models.ForeignKey(
        Offer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coupon for the friend")
    )
    minimum_purchase = models.DecimalField(
        _("first purchase of at least"), max_digits=15, decimal_places=3, default=0, help_text=_("in the currency")
    )
    window_days = models.PositiveSmallIntegerField(_("within days"), default=60)
    most_per_month = models.PositiveSmallIntegerField(
        _("thanks per customer and month"), default=10, help_text=_("Further friends get theirs, who invites does not.")
    )
    most_points_by_staff = models.PositiveIntegerField(
        _("most points when staff complete it"), default=100, help_text=_("for each of the two")
    )
    invitations_per_day = models.PositiveSmallIntegerField(_("invitations by SMS per customer and day"), default=5)

    class Meta:
        verbose_name, verbose_name_plural = _("terms of bringing friends"), _("terms of bringing friends")
        constraints = [
            models.CheckConstraint(condition=Q(minimum_purchase__gte=0), name="referral_minimum_not_negative"),
            models.CheckConstraint(condition=Q(window_days__gt=0), name="referral_window_above_zero"),
            models.CheckConstraint(
                condition=Q(inviter_points__gt=0)
                | Q(friend_points__gt=0)
                | Q(inviter_offer__isnull=False)
                | Q(friend_offer__isnull=False)
                | Q(is_on=False),
                name="referral_gives_something",
            ),
        ]

    def __str__(self) -> str:
        return str(self.program)


class ReferralPause(models.Model):
    """A business that takes no part: sales there complete nothing. The row goes when it takes part again."""

    business = models.OneToOneField(Business, models.PROTECT, primary_key=True, related_name="referral_pause")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("business that takes no part"), _("businesses that take no part")

    def __str__(self) -> str:
        return str(self.business)


def new_code() -> str:
    """26 to the 8th: it opens nothing but an invitation, and nobody hits upon one."""
    return "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))


class ReferralCode(models.Model):
    """What a customer passes on: to say, as a link, as a QR code."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(_("code"), max_length=CODE_LENGTH, unique=True, default=new_code)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("code for friends"), _("codes for friends")
        constraints = [models.UniqueConstraint(fields=["customer", "program"], name="one_referral_code")]

    def __str__(self) -> str:
        return self.code


class Source(models.TextChoices):
    LINK = "link", _("Link")
    SMS = "sms", _("SMS")
    COUNTER = "counter", _("Counter")
    API = "api", _("API")


class State(models.TextChoices):
    PENDING = "pending", _("Pending")
    COMPLETED = "completed", _("Completed")
    REJECTED = "rejected", _("Rejected")


class Reason(models.TextChoices):
    """Why one is rejected."""

    STAFF = "staff", _("Rejected by staff")
    EXPIRED = "expired", _("No purchase in time")
    EXISTING = "existing_customer", _("Already a customer")
    REFERRED = "already_referred", _("Invited by somebody else before")


class ReferralQuerySet(models.QuerySet["Referral"]):
    def pending(self, at: datetime) -> "ReferralQuerySet":
        return self.filter(state=State.PENDING, ends_at__gt=at)

    def in_state(self, state: str, at: datetime) -> "ReferralQuerySet":
        """One whose time is over counts as rejected, also before anything was written."""
        if state == State.PENDING:
            return self.pending(at)
        late = Q(state=State.PENDING, ends_at__lte=at) if state == State.REJECTED else Q(pk=None)
        return self.filter(Q(state=state) | late)

    def of(self, business: Business) -> "ReferralQuerySet":
        """What a business sees: what it wrote down, what was completed there, and what customers began by themselves
        and nobody has completed."""
        nobodys = Q(program=business.program_id, business=None, won_by=None)
        return self.filter(Q(business=business) | Q(won_by=business) | nobodys)


class Referral(models.Model):
    """One customer brings another into a programme. It has one friend, who has one that stands at a time.

    `business` wrote it down, if any did; `won_by` is where it was completed.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="referrals", verbose_name=_("programme"))
    inviter = hot(Customer)
    friend = hot(Customer)
    source = models.CharField(_("by way of"), max_length=8, choices=Source.choices)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    reason = models.CharField(_("why rejected"), max_length=20, choices=Reason.choices, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    business = models.ForeignKey(Business, models.PROTECT, null=True, related_name="referrals")
    won_by = models.ForeignKey(Business, models.PROTECT, null=True, related_name="+")
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    texted_at = models.DateTimeField(null=True)  # when the one message was queued
    settled_at = models.DateTimeField(null=True)  # when it was completed or rejected
    sale = hot(Operation, null=True, help_text="the purchase that completed it")

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("referral"), _("referrals")
        constraints = [
            models.UniqueConstraint(
                fields=["friend", "program"],
                condition=Q(state__in=[State.PENDING, State.COMPLETED]),
                name="referral_of_a_friend_once",
            ),
            models.UniqueConstraint(
                fields=["friend", "program"], condition=Q(texted_at__isnull=False), name="referral_texted_once"
            ),
            models.CheckConstraint(condition=~Q(inviter=F("friend")), name="referral_of_two"),
            models.CheckConstraint(
                condition=(Q(state=State.REJECTED) & ~Q(reason="")) | (~Q(state=State.REJECTED) & Q(reason="")),
                name="referral_rejected_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=State.COMPLETED, won_by__isnull=False, settled_at__isnull=False)
                | (~Q(state=State.COMPLETED) & Q(won_by=None, sale=None)),
                name="referral_completed_somewhere",
            ),
        ]
        indexes = [
            models.Index(fields=["inviter", "program", "-id"], name="referral_inviter"),
            models.Index(fields=["program", "-id"], name="referral_program"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {self.public_id.hex[:8]}"

    def state_at(self, at: datetime) -> State:
        late = self.state == State.PENDING and self.ends_at <= at
        return State.REJECTED if late else State(self.state)


class Side(models.TextChoices):
    INVITER = "inviter", _("Who invites")
    FRIEND = "friend", _("Friend")


class AwardState(models.TextChoices):
    DUE = "due", _("On its way")
    GIVEN = "given", _("Given")
    WITHHELD = "withheld", _("Not given")
    RECALLED = "recalled", _("To be taken back")
    TAKEN_BACK = "taken_back", _("Taken back")


class Award(models.Model):
    """What one side gets for a completed referral: points of `business`, or a coupon. Written with the completion, and
    settled after it, once: its id is the ledger's key."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="awards")
    side = models.CharField(_("for"), max_length=7, choices=Side.choices)
    customer = hot(Customer)
    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    points = models.PositiveIntegerField(_("points"), default=0)
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=AwardState.choices, default=AwardState.DUE)
    why = models.CharField(_("why not"), max_length=20, blank=True)
    made_at = models.DateTimeField()
    sale = hot(Operation, null=True)
    given_by = hot(Operation, null=True)
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, related_name="+", db_index=False)
    recalled_by = hot(Operation, null=True)
    taken_by = hot(Operation, null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("thanks for a friend"), _("thanks for friends")
        constraints = [
            models.CheckConstraint(
                condition=Q(points__gt=0, offer=None) | Q(points=0, offer__isnull=False), name="award_of_one_thing"
            ),
            # A referral that a refund opened again is completed anew, and its awards of before are recalled by then.
            models.UniqueConstraint(
                fields=["referral", "side"],
                condition=Q(state__in=["due", "given", "withheld"], points__gt=0),
                name="award_of_points_once",
            ),
            models.UniqueConstraint(
                fields=["referral", "side"],
                condition=Q(state__in=["due", "given", "withheld"], points=0),
                name="award_of_coupon_once",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["due", "recalled"]), name="award_to_settle"),
            models.Index(fields=["customer", "made_at"], name="award_customer"),
            models.Index(fields=["sale"], condition=Q(sale__isnull=False), name="award_sale"),
            models.Index(fields=["recalled_by"], condition=Q(recalled_by__isnull=False), name="award_recalled"),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()} · {self.points or self.offer}"


class ReferralCall(models.Model):
    """A call of the API that was answered: the same key gets the same answer for ever. Immutable."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    input_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("answered call"), _("answered calls")
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="referral_call_once")]

    def __str__(self) -> str:
        return self.key
