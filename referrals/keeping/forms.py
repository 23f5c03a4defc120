"""What owners and managers say of a referral."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import phones
from referrals import codes
from referrals.models import ReferralTerms


class BringForm(forms.Form):
    """Somebody new, and who sent them."""

    friend = forms.CharField(label=gettext_lazy("Phone of the new customer"), max_length=64)
    inviter = forms.CharField(label=gettext_lazy("Phone or code of who invited them"), max_length=codes.LONGEST)

    def __init__(self, *args: Any, country: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.country = country
        for name in ("friend", "inviter"):
            self.fields[name].widget.attrs |= {"autocomplete": "off"}
        self.fields["friend"].widget.attrs |= {"inputmode": "tel", "placeholder": phones.example(country)}

    def clean_friend(self) -> str:
        try:
            return phones.parse(self.cleaned_data["friend"], self.country)
        except phones.InvalidPhone:
            raise ValidationError(_("That is not a phone number. Check the digits.")) from None


class CompleteForm(forms.Form):
    points = forms.IntegerField(label=gettext_lazy("Points for each of the two"), required=False, min_value=1)

    def __init__(self, *args: Any, terms: ReferralTerms, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["points"].max_value = terms.most_points_by_staff  # type: ignore[attr-defined]
        self.fields["points"].widget.attrs |= {"max": terms.most_points_by_staff}
        self.most = terms.most_points_by_staff

    def clean_points(self) -> int | None:
        points: int | None = self.cleaned_data["points"]
        if points is not None and points > self.most:
            raise ValidationError(_("At most %(most)s points."), params={"most": self.most})
        return points


class RejectForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Why does it not count?"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_note(self) -> str:
        return " ".join(self.cleaned_data["note"].split())
