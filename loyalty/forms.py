"""What customers and those who answer them write."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.disputes import LONGEST
from loyalty.models import DisputeReason


def words(**options: Any) -> forms.CharField:
    return forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}), **options)


class DisputeForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong?"), choices=DisputeReason.choices, widget=forms.RadioSelect)
    text = words(label=_("In your words"), required=False, help_text=_("At most 500 characters."))

    def clean(self) -> dict[str, Any]:
        other = self.cleaned_data.get("reason") == DisputeReason.OTHER
        if other and not self.cleaned_data.get("text") and "text" not in self.errors:
            self.add_error("text", _("Say in a few words what is wrong."))
        return self.cleaned_data


class AnswerForm(forms.Form):
    text = words(label=_("Your answer"), help_text=_("The customer reads it on the page of this purchase."))
