"""Programmes, businesses, branches and the people who work there."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from businesses.catalogue.models import Product as Product  # tables of this app too
from businesses.catalogue.models import ProductCategory as ProductCategory


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Somebody who signs in: an owner, manager or cashier of businesses, or a superadmin. Never a customer."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name, verbose_name_plural = _("person who signs in"), _("people who sign in")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    @property
    def short_name(self) -> str:
        return self.first_name or self.email.split("@")[0]

    @property
    def full_name(self) -> str:
        """Among colleagues, where two may share a first name."""
        return self.get_full_name() or self.short_name


class Rounding(models.TextChoices):
    FLOOR = "floor", _("down")
    HALF_UP = "half_up", _("half up")
    CEILING = "ceiling", _("up")


class ExpiryKind(models.TextChoices):
    MONTHS = "months", _("so many months after they are earned, to the day")
    MONTH_END = "month_end", _("at the end of the month, so many months after they are earned")
    YEARLY = "yearly", _("on a fixed day of the year")
    INACTIVITY = "inactivity", _("so many months after the customer’s last purchase or reward")


class TierBasis(models.TextChoices):
    NONE = "", _("nothing: tiers are given by hand")
    SPEND = "spend", _("money spent")
    POINTS = "points", _("points earned")
    VISITS = "visits", _("visits")


class TierWindow(models.TextChoices):
    YEAR = "year", _("in the last 12 months")
    EVER = "ever", _("ever")


class Program(models.Model):
    """A loyalty scheme with its own points and currency, shared by its businesses."""

    slug = models.SlugField(_("name in addresses"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("three letters of ISO 4217, such as USD"))
    rounding = models.CharField(_("rounding"), max_length=8, choices=Rounding.choices, default=Rounding.FLOOR)
    point_value = models.DecimalField(
        _("value of a point"), max_digits=12, decimal_places=6, default="0.01", help_text=_("in the currency")
    )
    expiry_kind = models.CharField(
        _("points expire"), max_length=10, choices=ExpiryKind.choices, default=ExpiryKind.MONTHS, db_default="months"
    )
    points_last_months = models.PositiveSmallIntegerField(
        _("points last, months"),
        null=True,
        blank=True,
        help_text=_("Empty: points never expire. With a fixed day: at least so long, 0 until the next such day."),
    )
    expires_in_month = models.PositiveSmallIntegerField(_("month of the fixed day"), null=True, blank=True)
    expires_on_day = models.PositiveSmallIntegerField(_("fixed day"), null=True, blank=True)
    pending_days = models.PositiveSmallIntegerField(
        _("points wait, days"),
        default=0,
        db_default=0,
        help_text=_("So long after a purchase its points can be spent: as long as it may be given back. 0: at once."),
    )
    tier_basis = models.CharField(
        _("tiers count"), max_length=6, choices=TierBasis.choices, blank=True, default=TierBasis.NONE, db_default=""
    )
    tier_window = models.CharField(
        _("tiers count it"), max_length=4, choices=TierWindow.choices, default=TierWindow.YEAR, db_default="year"
    )
    tier_notice_days = models.PositiveSmallIntegerField(
        _("notice before a lower tier, days"),
        default=30,
        db_default=30,
        help_text=_("So long a tier is kept that is no longer earned."),
    )
    owners_invite = models.BooleanField(
        _("owners of its businesses invite to tiers"),
        default=False,
        db_default=False,
        help_text=_("Else only the operator gives the tiers that are by invitation."),
    )
    # Moved by a database trigger whenever what a tier asks for changes.
    tiers_version = models.BigIntegerField(default=1, db_default=1, editable=False)
    join_code = models.CharField(_("programme code"), max_length=16, unique=True)
    # Moved by a database trigger whenever a rule of the programme or of one of its businesses changes.
    rules_version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("programme"), _("programmes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    expiry_kind=ExpiryKind.YEARLY,
                    expires_in_month__isnull=False,
                    expires_in_month__range=(1, 12),
                    expires_on_day__isnull=False,
                    expires_on_day__range=(1, 31),
                )
                | (~models.Q(expiry_kind=ExpiryKind.YEARLY) & models.Q(expires_in_month=None, expires_on_day=None)),
                name="programme_fixed_day_of_expiry",
            ),
            models.CheckConstraint(
                condition=models.Q(points_last_months__gt=0)
                | models.Q(points_last_months=None)
                | models.Q(expiry_kind=ExpiryKind.YEARLY),
                name="programme_points_last_a_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Category(models.TextChoices):
    CAFE = "cafe", _("Café")
    RESTAURANT = "restaurant", _("Restaurant")
    BAKERY = "bakery", _("Bakery")
    GROCERY = "grocery", _("Grocery")
    FASHION = "fashion", _("Fashion")
    BEAUTY = "beauty", _("Beauty")
    WELLNESS = "wellness", _("Wellness")
    MEDICAL = "medical", _("Medical")
    PHARMACY = "pharmacy", _("Pharmacy")
    HARDWARE = "hardware", _("Hardware")
    MEDIA = "media", _("Books and music")
    ONLINE = "online", _("Online shop")
    SERVICES = "services", _("Services")
    OTHER = "other", _("Other")


class BusinessStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for the programme's operator")
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")
    DECLINED = "declined", _("Declined by the programme's operator")


GONE = (BusinessStatus.CLOSED, BusinessStatus.DECLINED)


class Business(models.Model):
    """A partner. Belongs to exactly one programme and sets its own earn rate."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="businesses", verbose_name=_("programme"))
    slug = models.SlugField(_("name in addresses"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(_("status"), max_length=8, choices=BusinessStatus.choices, default=BusinessStatus.ACTIVE)
    category = models.CharField(_("category"), max_length=16, choices=Category.choices)
    confidential = models.BooleanField(
        _("confidential"), default=False, help_text=_("Its name and category never show outside it.")
    )
    country = models.CharField(_("country"), max_length=2, help_text="ISO 3166")
    time_zone = models.CharField(_("time zone"), max_length=64)
    language = models.CharField(_("language"), max_length=2, default="en")
    contact_person = models.CharField(_("contact person"), max_length=120, blank=True)
    support_email = models.EmailField(_("support e-mail"), blank=True)
    support_phone = models.CharField(_("support phone"), max_length=32, blank=True)
    earn_rate = models.DecimalField(
        _("earn rate"), max_digits=10, decimal_places=4, default=1, help_text=_("points per unit of the currency")
    )
    minimum_spend = models.DecimalField(_("minimum spend"), max_digits=15, decimal_places=3, default=0)
    points_cap = models.PositiveIntegerField(_("most points per purchase"), null=True, blank=True)
    points_cap_day = models.PositiveIntegerField(_("most points per customer and day"), null=True, blank=True)
    purchase_limit = models.DecimalField(
        _("largest purchase without a manager"), max_digits=15, decimal_places=3, null=True, blank=True
    )
    consent_above = models.PositiveIntegerField(
        _("points that are spent without asking the customer"),
        null=True,
        blank=True,
        default=500,
        db_default=500,
        help_text=_("More needs the customer’s own code: from their page, or by SMS. 0: always ask. Empty: never ask."),
    )
    churn_days = models.PositiveSmallIntegerField(
        _("days without a visit that count as lost"),
        default=30,
        db_default=30,
        validators=[MinValueValidator(7), MaxValueValidator(365)],
        help_text=_("The chance that a customer does not come back is told for so many days ahead: 7 to 365."),
    )
    brand_colour = models.CharField(_("colour"), max_length=7, blank=True, default="", db_default="")
    logo_digest = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    tells_points_earned = models.BooleanField(_("writes when points are added"), default=True, db_default=True)
    tells_points_redeemed = models.BooleanField(_("writes when points are spent"), default=True, db_default=True)
    tells_points_expiring = models.BooleanField(_("writes before points expire"), default=True, db_default=True)
    # One origin a line, see businesses/origins.py.
    web_origins = models.TextField(_("web pages that may read"), blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("business"), _("businesses")
        constraints = [
            models.CheckConstraint(condition=models.Q(earn_rate__gte=0), name="earn_rate_not_negative"),
            models.CheckConstraint(condition=models.Q(minimum_spend__gte=0), name="minimum_spend_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def style_url(self) -> str:
        """Of the style sheet with its colour; empty without one."""
        return reverse("brand-style", args=[self.brand_colour.removeprefix("#")]) if self.brand_colour else ""

    @property
    def logo_url(self) -> str:
        return reverse("logo", args=[self.logo_digest]) if self.logo_digest else ""


class Logo(models.Model):
    """A business's picture, written anew by us. In the database, so that backups hold it and web servers keep none."""

    business = models.OneToOneField(Business, models.PROTECT, primary_key=True, related_name="logo")
    digest = models.CharField(max_length=32, db_index=True)
    picture = models.BinaryField(help_text="WebP")


class Branch(models.Model):
    """A place, or the online shop, of a business. Every business has at least one."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="branches", verbose_name=_("business"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    city = models.CharField(_("city"), max_length=120, blank=True)
    address = models.CharField(_("address"), max_length=250, blank=True)
    hours = models.CharField(_("opening hours"), max_length=250, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("branch"), _("branches")
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="branch_name_once")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    CASHIER = "cashier", _("Cashier")


class StaffQuerySet(models.QuerySet["Staff"]):
    def working(self) -> "StaffQuerySet":
        """Those who may act today: not ended, not disabled, at a business that is not gone."""
        return self.filter(ended_at=None, user__is_active=True).exclude(business__status__in=GONE)


class Staff(models.Model):
    """A user's role at a business. Ended, not deleted: the ledger remembers who acted."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="staff")
    user = models.ForeignKey(User, models.PROTECT, related_name="staff")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.CharField(_("role"), max_length=8, choices=Role.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, verbose_name=_("usual branch"))
    joined_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("staff"), _("staff")
        constraints = [models.UniqueConstraint(fields=["business", "user"], name="staff_once_per_business")]

    def __str__(self) -> str:
        return f"{self.user.full_name} · {self.get_role_display()}"


class Pin(models.Model):
    """What an owner or manager types on a cashier's screen to approve something there. Only its hash is kept."""

    staff = models.OneToOneField(Staff, models.PROTECT, primary_key=True, related_name="pin")
    digest = models.CharField(max_length=128)
    set_at = models.DateTimeField()


class WrongPin(models.Model):
    """A PIN that was nobody's, typed where `staff` is signed in. The limits of guessing count these."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="wrong_pins")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["business", "at"], name="wrong_pin_business")]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, at: datetime) -> "InvitationQuerySet":
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """A letter that lets one e-mail address join a business in one role, once."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="invitations")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=8, choices=Role.choices, default=Role.CASHIER)
    invited_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()


class ApiKey(models.Model):
    """A key for `/api/v1/`. Only its HMAC is kept; the key itself is shown once."""

    SCOPES = ("read", "earn", "redeem", "promote", "admin")

    business = models.ForeignKey(Business, models.PROTECT, related_name="api_keys")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=8), verbose_name=_("scopes"))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("API key"), _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class SettingChange(models.Model):
    """Who changed which rule of a business from what to what. Append-only."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="setting_changes")
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="+")
    operator = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    field = models.CharField(max_length=32)
    before = models.TextField()
    after = models.TextField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("changed setting"), _("changed settings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(staff__isnull=False, api_key=None, operator=None)
                | models.Q(staff=None, api_key__isnull=False, operator=None)
                | models.Q(staff=None, api_key=None, operator__isnull=False),
                name="setting_changed_by_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.business} · {self.setting}"

    @property
    def setting(self) -> str:
        """What people call the field."""
        field: Any = Business._meta.get_field(self.field)
        return str(field.verbose_name)

    @property
    def author(self) -> str:
        if self.operator:
            return self.operator.full_name
        return self.staff.user.full_name if self.staff else str(self.api_key)

    def value_before(self) -> Any:
        field: Any = Business._meta.get_field(self.field)
        return None if field.null and not self.before else field.to_python(self.before)
