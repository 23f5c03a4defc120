"""The forms of registering a business and of its settings."""

from decimal import Decimal
from typing import Any, cast

from babel.numbers import format_decimal
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from businesses import changes, money, names, pins, places
from businesses.models import Business, Category, Role, User

PHONE_SIGNS = r"\A[0-9+*#() .\-]{3,32}\Z"  # also short numbers such as *2255, which no phone library knows


class NameField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return names.clean(text) if text else text
        except names.InvalidName as error:
            raise ValidationError(str(error)) from error


class AmountField(forms.Field):
    """Money in the currency that the form gives it; None if left empty."""

    currency = ""
    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> Decimal | None:
        text = (value or "").strip()
        try:
            return money.parse_amount(text, self.currency) if text else None
        except money.InvalidAmount as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        places_shown = "0." + "0" * money.decimals(self.currency)
        return _as_written(value, places_shown) if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class RateField(forms.DecimalField):
    """Points per unit of the currency, with a point or a comma."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=10, decimal_places=4, **options)
        self.error_messages |= {"invalid": gettext_lazy("Write a number of 0 or more, with at most four decimals.")}

    def run_validators(self, value: Any) -> None:
        try:
            super().run_validators(value)
        except ValidationError as error:
            raise ValidationError(self.error_messages["invalid"]) from error

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return _as_written(value, "0.####") if isinstance(value, Decimal) else value


def _as_written(value: Decimal, pattern: str) -> str:
    return format_decimal(value, pattern, locale=get_language())


def _countries() -> list[tuple[str, str]]:
    return [("", "—"), *places.countries(get_language())]


def _likely_country() -> str:
    """Many who read English live elsewhere, so there is no guess for them."""
    return {"az": "AZ", "ru": "RU"}.get(get_language(), "")


class StartForm(forms.Form):
    """All that is needed to begin: five answers, of which one may be left out."""

    name = NameField(
        label=gettext_lazy("Name of your business"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=_countries,
        initial=_likely_country,
        help_text=gettext_lazy("Sets the currency, the time zone and how phone numbers are written."),
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=[("", "—"), *Category.choices])
    earn_rate = RateField(
        label=gettext_lazy("Points per unit of your currency"),
        initial=Decimal(1),
        help_text=gettext_lazy("What a customer earns for each one spent. You can change it at any time."),
    )
    join_code = forms.CharField(
        label=gettext_lazy("Programme code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("To share points with other businesses. Without one you get a programme of your own."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean_join_code(self) -> str:
        return "".join(self.cleaned_data["join_code"].upper().split()).replace("-", "")


class OwnNameForm(forms.ModelForm):
    first_name = NameField(
        label=gettext_lazy("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = NameField(
        label=gettext_lazy("Last name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name")


class NewcomerForm(OwnNameForm):
    """Asked on the way in, where nobody is held up for it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["first_name"].required = False


class SettingsForm(forms.ModelForm):
    """The name of a business, how it gives points, and whom its customers ask. Money is in its programme's currency."""

    name = NameField(label=gettext_lazy("Name of your business"), max_length=120)
    earn_rate = RateField(label=gettext_lazy("Points per unit of the currency"))
    minimum_spend = AmountField(
        label=gettext_lazy("Minimum spend"),
        help_text=gettext_lazy("A smaller purchase is recorded and earns nothing."),
    )
    points_cap = forms.IntegerField(
        label=gettext_lazy("Most points per purchase"),
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    points_cap_day = forms.IntegerField(
        label=gettext_lazy("Most points per customer and day"),
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    purchase_limit = AmountField(
        label=gettext_lazy("Largest purchase without a manager"),
        required=False,
        help_text=gettext_lazy(
            "A cashier asks a manager above it. It is for people: tills with an API key are not asked. "
            "Leave it empty for no limit."
        ),
    )
    consent_above = forms.IntegerField(
        label=gettext_lazy("Points that are spent without asking the customer"),
        required=False,
        min_value=0,
        max_value=2_147_483_647,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy(
            "More needs the customer’s own code: from their page, or by SMS. It is for tills with an API key too. "
            "0 always asks; leave it empty to never ask."
        ),
    )
    churn_days = forms.IntegerField(
        label=gettext_lazy("Days without a visit that count as lost"),
        required=False,
        min_value=7,
        max_value=365,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy(
            "So far ahead the chance that a customer does not come back is told: 7 to 365, or empty for 30."
        ),
    )
    contact_person = NameField(
        label=gettext_lazy("Contact person"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Whom the programme’s operator may ask."),
    )
    support_phone = forms.RegexField(
        PHONE_SIGNS,
        label=gettext_lazy("Support phone"),
        max_length=32,
        required=False,
        error_messages={"invalid": gettext_lazy("Write a phone number: digits, spaces, +, * and # only.")},
        widget=forms.TextInput(attrs={"type": "tel"}),
    )

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Of letters and messages to those who have not chosen one."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    class Meta:
        model = Business
        fields = (
            *("name", "earn_rate", "minimum_spend", "points_cap", "points_cap_day", "purchase_limit", "consent_above"),
            *("churn_days", "contact_person", "support_email", "support_phone", "time_zone", "language"),
            "confidential",
        )

    def __init__(self, data: Any, *, instance: Business, role: str) -> None:
        # Counted before the values are read: a change in between is then told needlessly, not overwritten.
        seen = changes.count(instance)
        instance.refresh_from_db(fields=self._meta.fields)
        super().__init__(data, instance=instance, initial={"seen": seen})
        currency = self.instance.program.currency
        for name in ("minimum_spend", "purchase_limit"):
            cast(AmountField, self.fields[name]).currency = currency
        self.fields["earn_rate"].help_text = _("For each %(currency)s spent.") % {
            "currency": money.symbol(currency, get_language())
        }
        zones = dict.fromkeys([self.instance.time_zone, *places.time_zones(self.instance.country)])
        cast(forms.ChoiceField, self.fields["time_zone"]).choices = [
            (zone, zone.replace("_", " ")) for zone in sorted(zones)
        ]
        self._guard_confidential(role)

    def _guard_confidential(self, role: str) -> None:
        """Only an owner may lift it, and nobody for a medical business: its patients rely on it."""
        if role != Role.OWNER:
            del self.fields["confidential"]
        elif self.instance.category == Category.MEDICAL:
            self.fields["confidential"].disabled = True
            self.fields["confidential"].help_text = _("A medical business is always confidential.")

    def clean_churn_days(self) -> int:
        return self.cleaned_data["churn_days"] or 30

    def answers(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "seen"}

    def tell(self, meanwhile: changes.ChangedMeanwhile) -> None:
        """Says who changed what. Where this person had changed nothing the others' value is shown, else their own."""
        answers = self.cleaned_data.copy()
        data: Any = self.data
        self.data = data = data.copy()  # what was posted is frozen
        data["seen"] = str(changes.count(meanwhile.now))
        self.add_error(None, _("Somebody saved these settings while you had them open. Look below and save again."))
        first = {change.field: change for change in reversed(meanwhile.changes)}
        last = {change.field: change for change in meanwhile.changes}
        for name, change in last.items():
            before, now = first[name].value_before(), getattr(meanwhile.now, name)
            if answers[name] == before:
                _put(data, name, self.fields[name].prepare_value(now))
                text = _("%(who)s changed this from %(before)s to %(now)s. It stays so.")
            else:
                text = _("%(who)s changed this from %(before)s to %(now)s. Saving puts yours in its place.")
            said = {"before": self._said(name, before), "now": self._said(name, now)}
            self.add_error(name, text % {"who": change.author, **said})

    def _said(self, name: str, value: Any) -> str:
        """As the page shows it."""
        field: Any = self.fields[name]
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if hasattr(field, "choices"):
            return str(dict(field.choices).get(value, value))
        return str(field.prepare_value(value)) if value not in (None, "") else "–"


def _put(data: Any, name: str, value: Any) -> None:
    """As a browser sends it: a box that is not ticked says nothing."""
    if value is False:
        data.pop(name, None)
    else:
        data[name] = "" if value is None else str(value)


class KeyForm(forms.Form):
    name = NameField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("What will use it, such as “Till 2”.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("read", gettext_lazy("Look customers, purchases and balances up")),
            ("earn", gettext_lazy("Record purchases and refunds")),
            ("redeem", pgettext_lazy("what a key may do", "Spend points")),
            ("promote", gettext_lazy("Check and use coupons")),
            ("admin", gettext_lazy("Change your earn rate and adjust points")),
        ],
    )


class PinField(forms.CharField):
    """Typed unseen, and never kept by the browser, which may be a cashier's."""

    widget = forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 6})


class PinForm(forms.Form):
    pin = PinField(label=gettext_lazy("New PIN"), help_text=gettext_lazy("Six digits that nobody guesses."))
    again = PinField(label=gettext_lazy("The same PIN again"))

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        if not pins.is_pin(pin):
            raise ValidationError(_("A PIN has six digits."))
        if pins.is_trivial(pin):
            raise ValidationError(_("That PIN is among the first that anybody would try. Choose another."))
        return pin

    def clean(self) -> dict[str, Any]:
        pin, again = self.cleaned_data.get("pin"), self.cleaned_data.get("again")
        if pin and again and pin != again:
            self.add_error("again", _("The two are not the same."))
        return self.cleaned_data
