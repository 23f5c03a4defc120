"""The form of a reward, for a business and, in the panel, for a whole programme."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import pictures
from businesses.forms import NameField
from loyalty.models import LimitPeriod, Reward, RewardIcon, Tier
from loyalty.models.rewards import MOST_POINTS

FIELDS = (
    *("name", "description", "points", "icon", "stock", "limit_per_customer", "limit_period"),
    *("tier", "starts_on", "ends_on"),
)


def whole(*, most: int, **options: Any) -> forms.IntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(min_value=1, max_value=most, widget=widget, **options)


def a_day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class SensibleReward(forms.Form):
    """Refuses what cannot be meant, beside its field."""

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = answers.get("starts_on"), answers.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day comes before the first."))
        return answers

    def too_few(self) -> None:
        self.add_error("stock", _("More than that were claimed already."))


class RewardForm(SensibleReward):
    name = NameField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Such as “Flat white” or “5 off a haircut”.")
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What customers should know before they choose it."),
    )
    points = whole(label=gettext_lazy("Points"), most=MOST_POINTS)
    icon = forms.ChoiceField(label=gettext_lazy("Sign"), choices=RewardIcon.choices, initial=RewardIcon.GIFT)
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("In the place of the sign: PNG, JPEG or WebP, best a square, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        error_messages={"empty": gettext_lazy("This file is empty. Choose another one.")},
    )
    stock = whole(
        label=gettext_lazy("How many there are"),
        most=10**9,
        required=False,
        help_text=gettext_lazy("In all, with those that were claimed. Leave it empty where there is no end."),
    )
    limit_per_customer = whole(label=gettext_lazy("Most per customer"), most=10_000, required=False)
    limit_period = forms.ChoiceField(
        label=gettext_lazy("Counted"), choices=LimitPeriod.choices, initial=LimitPeriod.EVER, required=False
    )
    tier = forms.ModelChoiceField(
        label=gettext_lazy("From this tier on"),
        queryset=Tier.objects.none(),
        required=False,
        empty_label=gettext_lazy("for everybody"),
    )
    starts_on = a_day(gettext_lazy("First day"))
    ends_on = a_day(gettext_lazy("Last day"))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, files: Any, *, program_id: int, reward: Reward | None = None) -> None:
        initial = (
            {name: getattr(reward, name) for name in FIELDS} | {"seen": reward.changes.count()} if reward else None
        )
        super().__init__(data, files, initial=initial)
        tiers = Tier.objects.filter(program=program_id).order_by("position")
        field: Any = self.fields["tier"]
        field.queryset = tiers
        if not tiers:
            del self.fields["tier"]

    def clean_limit_period(self) -> str:
        return str(self.cleaned_data["limit_period"] or LimitPeriod.EVER)

    def clean_picture(self) -> bytes | None:
        file = self.cleaned_data.get("picture")
        if file is None:
            return None
        try:
            return pictures.logo(file)
        except pictures.NotAPicture as error:
            raise ValidationError(str(error)) from error

    def tell(self, sentences: list[str], *, seen: int) -> None:
        """What others changed meanwhile; who presses again has read it."""
        self.add_error(None, _("Somebody has changed this meanwhile. Saving puts yours in its place."))
        for sentence in sentences:
            self.add_error(None, sentence)
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # what was posted is frozen
        data["seen"] = str(seen)
        self.data = data

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}

    @property
    def narrowed(self) -> bool:
        """Whether the fold of conditions has to be open: something is answered or mistaken there."""
        narrowing = ("stock", "limit_per_customer", "tier", "starts_on", "ends_on")
        return any(self[name].value() or self[name].errors for name in narrowing if name in self.fields)
