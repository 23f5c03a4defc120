"""What customers write about themselves."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses import names
from customers import consents, phones
from customers.profiles import Told

EARLIEST_BIRTHDAY = date(1900, 1, 1)


class PhoneForm(forms.Form):
    """`country` (ISO 3166) is where a number without a country code is from; empty: the code is needed."""

    phone = forms.CharField(
        label=_("Your phone number"),
        max_length=64,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}),
    )

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.example = phones.example(country)
        self.fields["phone"].widget.attrs["placeholder"] = self.example

    def clean_phone(self) -> str:
        try:
            return phones.parse(self.cleaned_data["phone"], self.country)
        except phones.InvalidPhone:
            raise ValidationError(
                _("We cannot read this number. Write it like %(example)s."), params={"example": self.example}
            ) from None


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "maxlength": 12,
                "placeholder": "••••••",
                "autofocus": True,
            }
        ),
    )

    def clean_code(self) -> str:
        """People type it in two halves; what cannot be a code must not cost an attempt."""
        code: str = self.cleaned_data["code"].replace(" ", "").replace("-", "")
        if len(code) != 6 or not code.isascii() or not code.isdigit():
            raise ValidationError(_("The code has six digits."))
        return code


class NameField(forms.CharField):
    """As people write it, on one line, without signs that cannot be seen."""

    def __init__(self) -> None:
        super().__init__(
            label=pgettext_lazy("person", "Name"),
            max_length=120,
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "name"}),
        )

    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        try:
            return names.clean(name) if name else ""
        except names.InvalidName as error:
            raise ValidationError(str(error)) from None


class WelcomeForm(forms.Form):
    """After joining at a business: a name to greet, and whether it may write."""

    name = NameField()
    agrees = forms.BooleanField(required=False)

    def __init__(self, *args: Any, business: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What shall we call you?")
        self.fields["agrees"].label = consents.text(business=business)


class ProfileForm(forms.Form):
    name = NameField()
    birthday = forms.DateField(
        label=_("Birthday"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    language = forms.ChoiceField(label=_("Language of messages"), choices=settings.LANGUAGES)

    def clean_birthday(self) -> date | None:
        birthday: date | None = self.cleaned_data["birthday"]
        if birthday and not EARLIEST_BIRTHDAY <= birthday <= timezone.now().date():
            raise ValidationError(_("Nobody we know was born on that day. Check the year."))
        return birthday

    def told(self) -> Told:
        return Told(**self.cleaned_data)
