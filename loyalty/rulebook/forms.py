"""The forms of a rule, and of the question what a sale would earn."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from babel.dates import get_day_names
from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import shown
from businesses.forms import AmountField, NameField, RateField
from loyalty.models import MOST_FACTOR, EarningRule, Occasion, RuleKind
from loyalty.rules import Rules

MOST_NAMES = 50


class NamesField(forms.CharField):
    """Several names in one line, with commas or on lines of their own; none twice."""

    widget = forms.Textarea(attrs={"rows": 2})

    def __init__(self, *, longest: int, **options: Any) -> None:
        super().__init__(required=False, max_length=MOST_NAMES * (longest + 2), **options)
        self.longest = longest

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        names = [name.strip() for name in super().clean(value).replace("\n", ",").split(",")]
        found = list({name.casefold(): name for name in names if name}.values())
        if len(found) > MOST_NAMES:
            raise ValidationError(_("At most %(most)s names.") % {"most": MOST_NAMES})
        if any(len(name) > self.longest for name in found):
            raise ValidationError(_("A name has at most %(most)s letters.") % {"most": self.longest})
        return found

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class PointsField(forms.IntegerField):
    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric"})
        super().__init__(required=False, min_value=1, max_value=10**9, widget=widget, **options)


class SensibleRule(forms.Form):
    """Refuses what cannot be meant, beside its field. A form of a rule that it is mixed into has all of its fields."""

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_value(answers)
        starts, ends = answers.get("starts_on"), answers.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day comes before the first."))
        opens, closes = answers.get("from_time"), answers.get("until_time")
        if "from_time" not in self.errors and "until_time" not in self.errors:
            if (opens is None) != (closes is None):
                self.add_error("from_time" if opens is None else "until_time", _("Hours have a beginning and an end."))
            elif opens is not None and opens == closes:
                self.add_error("until_time", _("The hours end when they begin. Leave both empty for the whole day."))
        answers["minimum_spend"] = answers.get("minimum_spend") or Decimal(0)
        return answers

    def _clean_value(self, answers: dict[str, Any]) -> None:
        kind, value = answers.get("kind"), answers.get("value")
        if kind == RuleKind.EXCLUDE:
            answers["value"] = Decimal(0)
        elif "value" in self.errors or kind is None:
            return
        elif not value:
            self.add_error("value", _("Write how much, more than 0. For no points at all choose “No points”."))
        elif kind == RuleKind.MULTIPLY and value > MOST_FACTOR:
            self.add_error("value", _("A factor of at most %(most)s.") % {"most": MOST_FACTOR})
        elif kind == RuleKind.BONUS and value != value.to_integral_value():
            self.add_error("value", _("A bonus is of whole points."))
        elif value != round(value, 3):
            self.add_error("value", _("At most three decimals."))


class RuleForm(SensibleRule):
    """A rule. What is left open is not asked for."""

    name = NameField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Customers and cashiers read it where it counted, such as “Friday evening”."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it gives"),
        choices=RuleKind.choices,
        widget=forms.RadioSelect,
        initial=RuleKind.MULTIPLY,
    )
    value = RateField(
        label=gettext_lazy("How much"),
        required=False,
        help_text=gettext_lazy("The factor, the points of the bonus, or the points more per unit of the currency."),
    )
    categories = NamesField(
        label=gettext_lazy("Product categories"),
        longest=120,
        help_text=gettext_lazy("As your till names them, with commas. A sale without lines has none."),
    )
    skus = NamesField(
        label=gettext_lazy("Articles"), longest=64, help_text=gettext_lazy("Their numbers (SKU), with commas.")
    )
    discounted = forms.BooleanField(label=gettext_lazy("Only what is sold at a discount"), required=False)
    minimum_spend = AmountField(
        label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Of what the rule looks at.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    from_time = forms.TimeField(
        label=gettext_lazy("From (time)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    until_time = forms.TimeField(
        label=gettext_lazy("Until (time)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    tiers = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Tiers"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    occasion = forms.ChoiceField(
        label=gettext_lazy("Occasion"), required=False, choices=[("", gettext_lazy("any")), *Occasion.choices]
    )
    most_per_purchase = PointsField(label=gettext_lazy("Most points per purchase"))
    most_per_day = PointsField(label=gettext_lazy("Most points per customer and day"))
    most_per_customer = PointsField(
        label=gettext_lazy("Most points per customer, ever"), help_text=gettext_lazy("All three: by this rule itself.")
    )
    exclusive = forms.BooleanField(label=gettext_lazy("Alone: no other rule and no tier adds to it"), required=False)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        initial=0,
        min_value=0,
        max_value=1000,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy("Of several that stand alone the highest counts."),
    )

    def __init__(self, data: Any, *, rules: Rules, rule: EarningRule | None = None) -> None:
        super().__init__(data, initial=_initial(rule) if rule else None)
        cast(AmountField, self.fields["minimum_spend"]).currency = rules.currency
        _offer(self.fields["weekdays"], weekdays())
        tiers = [(pk, tier.name) for pk, tier in rules.tiers.items()]
        if tiers:
            _offer(self.fields["tiers"], tiers)
        else:
            del self.fields["tiers"]

    @property
    def narrowed(self) -> bool:
        """Whether the fold of conditions has to be open: something is answered or mistaken there."""
        return any(self[name].value() or self[name].errors for name in NARROWING if name in self.fields)

    @property
    def limited(self) -> bool:
        return any(self[name].value() or self[name].errors for name in LIMITING)


def weekdays() -> list[tuple[int, str]]:
    """From Monday, which is 0."""
    return sorted(get_day_names("wide", "stand-alone", shown.language()).items())


NARROWING = (
    *("categories", "skus", "discounted", "minimum_spend", "weekdays", "from_time", "until_time"),
    *("starts_on", "ends_on", "tiers", "occasion"),
)
LIMITING = ("most_per_purchase", "most_per_day", "most_per_customer", "exclusive")


def _initial(rule: EarningRule) -> dict[str, Any]:
    values = model_to_dict(rule, fields=list(RuleForm.base_fields))
    if not rule.minimum_spend:
        values["minimum_spend"] = None
    if rule.kind == RuleKind.EXCLUDE:
        values["value"] = None
    return values


def _offer(field: forms.Field, choices: list[tuple[int, str]]) -> None:
    cast(forms.TypedMultipleChoiceField, field).choices = choices


class TryOutForm(forms.Form):
    """A sale that might be."""

    amount = AmountField(label=gettext_lazy("Bill amount"))
    at = forms.DateTimeField(
        label=gettext_lazy("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    tier = forms.TypedChoiceField(label=gettext_lazy("Tier"), coerce=int, empty_value=None, required=False)
    category = forms.CharField(label=gettext_lazy("Product category"), required=False, max_length=120)
    discounted = forms.BooleanField(label=gettext_lazy("Sold at a discount"), required=False)
    occasions = forms.MultipleChoiceField(
        label=gettext_lazy("It is"), required=False, choices=Occasion.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, *, rules: Rules, now: datetime) -> None:
        super().__init__(data, initial={"at": rules.local(now).replace(tzinfo=None)})
        cast(AmountField, self.fields["amount"]).currency = rules.currency
        if rules.tiers:
            tiers = [(pk, tier.name) for pk, tier in rules.tiers.items()]
            cast(forms.TypedChoiceField, self.fields["tier"]).choices = [("", _("none")), *tiers]
        else:
            del self.fields["tier"]
