"""What the superadmin sees and does of programmes, businesses and those who work there."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ChoiceField, ModelForm, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

import businesses.catalogue.admin  # noqa: F401 - registers the catalogue's lists
from businesses import changes, ladders, onboarding, places, shown, staffing, users
from businesses.importing import BranchExport, BranchImport, BusinessExport, BusinessImport
from businesses.models import ApiKey, Branch, Business, BusinessStatus, ExpiryKind, Program, SettingChange, Staff, User
from businesses.panel import ByBusiness, Column, Label, NeverDeleted, ReadOnly, record_id
from businesses.transfer import Transfers

MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NAME = Column(gettext_lazy("name"), "name")
KIND = Column(gettext_lazy("category"), "category")
SINCE = Column(gettext_lazy("since"), "created_at")
COUNTRY = Column(gettext_lazy("country"), show=lambda business: places.country(business.country, shown.language()))
STATUS_COLOURS = {
    BusinessStatus.WAITING.value: "warning",
    BusinessStatus.ACTIVE.value: "success",
    BusinessStatus.CLOSED.value: "danger",
    BusinessStatus.DECLINED.value: "danger",
}


class ProgramForm(ModelForm):
    """The policy of expiry is whole, or refused beside its field."""

    def clean_tier_basis(self) -> str:
        """Tiers that ask for the same would all be given to everybody."""
        basis: str = self.cleaned_data["tier_basis"]
        if basis and self.instance.pk:
            ladders.check(self.instance.tiers.all(), counted=True)
        return basis

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        fixed = answers.get("expiry_kind") == ExpiryKind.YEARLY
        if not fixed:
            answers["expires_on_day"] = answers["expires_in_month"] = None
            if answers.get("points_last_months") == 0:
                self.add_error("points_last_months", _("One month or more, or empty for points that never expire."))
            return answers
        day, month = answers.get("expires_on_day"), answers.get("expires_in_month")
        if not month or month > 12:
            self.add_error("expires_in_month", _("A month from 1 to 12."))
        elif not day or day > MOST_DAYS[month - 1]:
            self.add_error("expires_on_day", _("A day that this month has."))
        if answers.get("points_last_months") is None and "points_last_months" not in self.errors:
            answers["points_last_months"] = 0
        return answers


@admin.register(Program)
class ProgramAdmin(NeverDeleted):
    list_display = (
        "name",
        "currency",
        Column(gettext_lazy("value of a point"), "point_value", figure=True),
        "join_code",
        SINCE,
    )
    search_fields = ("name", "slug")
    search_help_text = gettext_lazy("Name")
    form = ProgramForm
    fieldsets = (
        (None, {"fields": ("name", "slug", "currency", "join_code")}),
        (gettext_lazy("Points"), {"fields": ("rounding", "point_value", "pending_days")}),
        (
            gettext_lazy("Expiry"),
            {
                "fields": ("expiry_kind", "points_last_months", "expires_on_day", "expires_in_month"),
                "description": gettext_lazy("A change counts for points that are earned from then on."),
            },
        ),
        (
            gettext_lazy("Tiers"),
            {
                "fields": ("tier_basis", "tier_window", "tier_notice_days", "owners_invite"),
                "description": gettext_lazy("A change counts from everybody’s next purchase, or from the next night."),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Program | None = None) -> tuple[str, ...]:
        return ("slug", "currency") if obj else ()  # amounts and points are kept in it


CHOICES: dict[str, Callable[[], Iterable[tuple[str, Any]]]] = {
    "country": lambda: places.countries(shown.language()),
    "time_zone": lambda: [(zone, zone.replace("_", " ")) for zone in places.all_time_zones()],
    "language": lambda: settings.LANGUAGES,
}


@admin.register(Business)
class BusinessAdmin(Transfers, NeverDeleted):
    imports, exports = BusinessImport, BusinessExport
    list_display = (NAME, Column(gettext_lazy("programme"), "program"), "standing", KIND, COUNTRY, SINCE)
    list_filter = ("status", "program", "category")
    list_select_related = ("program",)
    search_fields = ("name", "slug")
    search_help_text = gettext_lazy("Name")
    readonly_fields = ("program", "standing", "slug", "owners", SINCE)
    fieldsets = (
        (None, {"fields": ("name", "program", "standing", "owners", "slug", SINCE)}),
        (gettext_lazy("The shop"), {"fields": ("category", "confidential", "country", "time_zone", "language")}),
        (gettext_lazy("Contact"), {"fields": ("contact_person", "support_email", "support_phone")}),
        (
            gettext_lazy("Points"),
            {
                "fields": (
                    *("earn_rate", "minimum_spend", "points_cap", "points_cap_day", "purchase_limit"),
                    *("consent_above", "churn_days"),
                )
            },
        ),
    )
    actions = ("accept", "decline")
    actions_detail = ("accept_this", "decline_this")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choices = CHOICES.get(db_field.name)
        if choices is None:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return ChoiceField(label=shown.capital(db_field.verbose_name), choices=choices, widget=UnfoldAdminSelectWidget)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an owner registers it, or a file of them is imported

    def save_model(self, request: HttpRequest, obj: Business, form: Any, change: bool) -> None:
        """As the portal does it: its owner reads who changed what."""
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        changes.apply(business_id=obj.pk, values=values, operator=request.user, at=timezone.now())  # type: ignore[arg-type]

    @display(description=shown.capital(gettext_lazy("status")), label=STATUS_COLOURS)
    def standing(self, business: Business) -> Label:
        waits = business.status == BusinessStatus.WAITING
        return Label(business.status, _("Waits") if waits else business.get_status_display())

    @display(description=gettext_lazy("owners"))
    def owners(self, business: Business) -> str:
        """Whoever asks to join: their addresses are how one asks back."""
        working = business.staff.filter(role="owner", ended_at=None).select_related("user").order_by("id")
        return ", ".join(f"{staff.user.full_name} <{staff.user.email}>" for staff in working)

    @admin.action(description=gettext_lazy("Accept into the programme"))
    def accept(self, request: HttpRequest, chosen: QuerySet[Business]) -> None:
        self._decide(request, chosen, onboarding.accept)

    @admin.action(description=gettext_lazy("Decline"))
    def decline(self, request: HttpRequest, chosen: QuerySet[Business]) -> None:
        self._decide(request, chosen, onboarding.decline)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Business], decide: Callable[..., bool]) -> None:
        """Those that do not wait are left as they are, and the answer counts only what changed."""
        done = 0
        for business in chosen:
            changed = decide(business=business)
            done += changed
            if changed:
                business.refresh_from_db()
                self.log_change(request, business, f"{business.name}: {business.get_status_display()}")
        text = ngettext("%(count)s business decided.", "%(count)s businesses decided.", done) % {"count": done}
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)

    @action(description=gettext_lazy("Accept"), url_path="accept", icon="check")
    def accept_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Its staff can give and take points at once, and its owners get a letter.")
        return self._decide_this(request, object_id, onboarding.accept, _("Accept into the programme"), text)

    @action(description=gettext_lazy("Decline"), url_path="decline", icon="close")
    def decline_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Its owners get a letter. They may ask again with another business.")
        return self._decide_this(request, object_id, onboarding.decline, _("Decline"), text)

    def _decide_this(
        self, request: HttpRequest, object_id: str, decide: Callable[..., bool], title: str, text: str
    ) -> HttpResponse:
        def does(business: Business, answers: dict[str, Any]) -> str:
            if not decide(business=business):
                raise ValidationError(_("It no longer waits for a decision."))
            business.refresh_from_db()
            return f"{business.name}: {business.get_status_display()}"

        return self.press(request, object_id, title=title, text=text, does=does)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        waits = Business.objects.filter(pk=record_id(str(object_id)), status=BusinessStatus.WAITING).exists()
        return super().get_actions_detail(request, object_id) if waits else []


@admin.register(Branch)
class BranchAdmin(Transfers, NeverDeleted):
    imports, exports = BranchImport, BranchExport
    list_display = (
        "name",
        Column(gettext_lazy("business"), "business"),
        "city",
        "address",
        Column(gettext_lazy("closed"), "closed_at"),
    )
    list_filter = (("business", ByBusiness),)
    list_select_related = ("business",)
    search_fields = ("name", "city", "address")
    search_help_text = gettext_lazy("Name, city or address")
    fields = (
        "business",
        "name",
        "city",
        "address",
        "hours",
        Column(gettext_lazy("closed"), "closed_at"),
        Column(gettext_lazy("id"), "public_id"),
    )
    readonly_fields = ("business", *fields[-2:])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # its business opens it, or a file of them is imported


@admin.register(Staff)
class StaffAdmin(ReadOnly):
    fields = (
        Column(gettext_lazy("person"), "user.full_name"),
        Column(gettext_lazy("e-mail"), "user.email"),
        Column(gettext_lazy("business"), "business"),
        "role",
        "branch",
        Column(gettext_lazy("since"), "joined_at"),
        Column(gettext_lazy("ended"), "ended_at"),
    )
    list_display = fields
    list_filter = ("role", ("business", ByBusiness))
    list_select_related = ("user", "business", "branch")
    search_fields = ("user__email", "user__first_name", "user__last_name")
    search_help_text = gettext_lazy("Name or e-mail")
    actions_detail = ("end",)

    @action(description=gettext_lazy("End the membership"), url_path="end", icon="person_remove")
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(staff: Staff, answers: dict[str, Any]) -> str:
            try:
                staffing.dismiss(staff=staff, at=timezone.now())
            except staffing.LastOwner as error:
                raise ValidationError(
                    _("A business keeps one owner. Close the business, or let it name another first.")
                ) from error
            return _("%(person)s no longer works at %(business)s.") % {"person": staff.user, "business": staff.business}

        text = _("From the next request on they see nothing of the business. What they did stays in its history.")
        return self.press(request, object_id, title=_("End the membership"), text=text, does=does)


@admin.register(User)
class UserAdmin(ReadOnly):
    fields = (
        "email",
        Column(gettext_lazy("name"), show=lambda user: user.get_full_name()),
        Column(gettext_lazy("may sign in"), "is_active", boolean=True),
        Column(gettext_lazy("superadmin"), show=lambda user: _("Yes") if user.is_superuser else None),
        Column(gettext_lazy("last sign-in"), "last_login"),
        Column(gettext_lazy("since"), "date_joined"),
    )
    list_display = fields
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "first_name", "last_name")
    search_help_text = gettext_lazy("Name or e-mail")
    actions_detail = ("disable", "enable")

    @action(description=gettext_lazy("Disable"), url_path="disable", icon="block")
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(user: User, answers: dict[str, Any]) -> str:
            try:
                users.disable(user=user)
            except users.LastSuperadmin as error:
                raise ValidationError(_("The last superadmin stays: nobody could let them in again.")) from error
            return _("%(person)s may no longer sign in.") % {"person": user}

        text = _("They are signed out everywhere with their next request, at every business they work at.")
        return self.press(request, object_id, title=_("Disable this account"), text=text, does=does)

    @action(description=gettext_lazy("Enable"), url_path="enable", icon="check")
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(user: User, answers: dict[str, Any]) -> str:
            users.enable(user=user)
            return _("%(person)s may sign in again.") % {"person": user}

        return self.press(request, object_id, title=_("Enable this account"), does=does)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        active = User.objects.filter(pk=record_id(str(object_id)), is_active=True).exists()
        meant = "disable" if active else "enable"
        return [each for each in super().get_actions_detail(request, object_id) if each.path == meant]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    """Without the digest: it is of no use to anybody, and a list is copied easily."""

    fields = (
        "name",
        Column(gettext_lazy("business"), "business"),
        Column(gettext_lazy("begins with"), "prefix"),
        "scopes",
        Column(gettext_lazy("made"), "created_at"),
        Column(gettext_lazy("last used"), "last_used_on"),
        Column(gettext_lazy("revoked"), "revoked_at"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness),)
    list_select_related = ("business",)
    search_fields = ("name", "prefix")
    search_help_text = gettext_lazy("Name, or how the key begins")


@admin.register(SettingChange)
class SettingChangeAdmin(ReadOnly):
    fields = (
        Column(gettext_lazy("when"), "at"),
        Column(gettext_lazy("business"), "business"),
        Column(gettext_lazy("setting"), "setting"),
        Column(gettext_lazy("before"), show=lambda change: _said(change.field, change.before)),
        Column(gettext_lazy("after"), show=lambda change: _said(change.field, change.after)),
        Column(gettext_lazy("by"), "author"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness),)
    list_select_related = ("business", "staff__user", "api_key", "operator")


def _said(name: str, text: str) -> Any:
    """What a setting was, as people say it."""
    field: Any = Business._meta.get_field(name)
    value = field.to_python(text) if text else None
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return dict(field.flatchoices).get(value, value)
