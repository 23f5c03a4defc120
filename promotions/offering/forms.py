"""The forms of an offer: making one, changing its limits, and giving a coupon of one to a customer."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from babel.dates import get_day_names
from django import forms
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import shown
from businesses.forms import AmountField, NameField, RateField
from businesses.models import Branch, Business
from loyalty.rulebook.forms import NamesField, PointsField
from promotions import coupons
from promotions.models import IN_POINTS, LONGEST_CODE, MOST_FACTOR, MOST_PERCENT, OFF, Offer, OfferKind

WORTHLESS = (OfferKind.SHIPPING, OfferKind.GIFT)
BY_CODE, BY_COUPONS, WITH_PURCHASES = "code", "coupons", "purchases"
WAYS = [
    (BY_CODE, gettext_lazy("A code for everybody, to type or to say")),
    (WITH_PURCHASES, gettext_lazy("Coupons that come with purchases, for the next visit")),
    (BY_COUPONS, gettext_lazy("Coupons that you give to customers one by one")),
]


def a_day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def an_hour(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class LimitsForm(forms.Form):
    """What of an offer moves: its end and its limits."""

    ends_on = a_day(gettext_lazy("Last day"))
    total_limit = PointsField(label=gettext_lazy("How many in all"))
    limit_per_customer = PointsField(label=gettext_lazy("Most per customer"))
    budget = AmountField(
        label=gettext_lazy("Budget"),
        required=False,
        help_text=gettext_lazy("It stops before the discounts come to more than that."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, business: Business, **options: Any) -> None:
        super().__init__(data, **options)
        cast(AmountField, self.fields["budget"]).currency = business.program.currency

    def clean_limit_per_customer(self) -> int | None:
        limit: int | None = self.cleaned_data["limit_per_customer"]
        if limit is not None and limit > 10_000:
            raise forms.ValidationError(_("At most %(most)s.") % {"most": shown.number(10_000)})
        return limit

    def clean_budget(self) -> Decimal | None:
        return self.cleaned_data["budget"] or None

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("ends_on", "total_limit", "limit_per_customer", "budget")}

    def tell(self, sentences: list[str], *, seen: int) -> None:
        """What others changed meanwhile; who presses again has read it."""
        self.add_error(None, _("Somebody has changed this meanwhile. Saving puts yours in its place."))
        for sentence in sentences:
            self.add_error(None, sentence)
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # what was posted is frozen
        data["seen"] = str(seen)
        self.data = data

    def too_few(self, field: str) -> None:
        self.add_error(field, _("More than that was used already."))


class SensibleOffer(forms.BaseForm):
    """What an offer has to hold to, whoever makes it."""

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_value(answers)
        starts, ends = answers.get("starts_on"), answers.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day comes before the first."))
        return answers

    def _clean_value(self, answers: dict[str, Any]) -> None:
        kind, value = answers.get("kind"), answers.get("value")
        if kind != OfferKind.GIFT:
            answers["gift"] = ""
        elif not answers.get("gift"):
            self.add_error("gift", _("Say what the gift is."))
        if kind not in OFF:
            answers["most_discount"] = None
        if kind in WORTHLESS:
            answers["value"] = Decimal(0)
        elif "value" in self.errors or kind is None:
            return
        elif not value:
            self.add_error("value", _("Write how much, more than 0."))
        elif error := _wrong_value(kind, value):
            self.add_error("value", error)


class OfferForm(SensibleOffer, LimitsForm):
    """A new offer. What is left open is not asked for."""

    name = NameField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Customers and cashiers read it, such as “Welcome back”."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it gives"),
        choices=OfferKind.choices,
        widget=forms.RadioSelect,
        initial=OfferKind.PERCENTAGE,
    )
    value = RateField(
        label=gettext_lazy("How much"),
        required=False,
        help_text=gettext_lazy("Percent, an amount, a factor such as 2, or points. Nothing for a gift or shipping."),
    )
    gift = forms.CharField(
        label=gettext_lazy("The gift"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("What the cashier hands over, such as “A small coffee”."),
    )
    most_discount = AmountField(label=gettext_lazy("At most off"), required=False)
    way = forms.ChoiceField(
        label=gettext_lazy("How customers get it"), choices=WAYS, widget=forms.RadioSelect, initial=BY_CODE
    )
    code = forms.CharField(
        label=gettext_lazy("The code"),
        max_length=LONGEST_CODE,
        required=False,
        help_text=gettext_lazy("Short and easy to say, such as SPRING."),
    )
    given_from = AmountField(label=gettext_lazy("With purchases from"), required=False)
    lasts_days = PointsField(
        label=gettext_lazy("Days that a coupon lasts"),
        help_text=gettext_lazy("The day on which it is given not counted."),
    )
    categories = NamesField(
        label=gettext_lazy("Only on these categories"),
        longest=120,
        help_text=gettext_lazy("As your till names them, with commas."),
    )
    minimum_spend = AmountField(label=gettext_lazy("For orders from"), required=False)
    branches = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only at"),
        queryset=Branch.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only on"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    from_time = an_hour(gettext_lazy("From"))
    until_time = an_hour(gettext_lazy("Until"))
    starts_on = a_day(gettext_lazy("First day"))
    exclusive = forms.BooleanField(label=gettext_lazy("Not together with other coupons"), required=False)

    def __init__(self, data: Any, *, business: Business, like: Offer | None = None) -> None:
        super().__init__(data, business=business, initial=_initial(like) if like else None)
        names = get_day_names("wide", "stand-alone", shown.language())
        fields = cast(dict[str, Any], self.fields)
        fields["weekdays"].choices = [(day, names[day].capitalize()) for day in range(7)]
        for name in ("most_discount", "given_from", "minimum_spend"):
            fields[name].currency = business.program.currency
        branches = Branch.objects.filter(business=business, closed_at=None).order_by("name")
        fields["branches"].queryset = branches
        if not 1 < branches.count() <= 50:
            del self.fields["branches"]
        del self.fields["seen"]

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        self._clean_way(answers)
        opens, closes = answers.get("from_time"), answers.get("until_time")
        if "from_time" not in self.errors and "until_time" not in self.errors:
            if (opens is None) != (closes is None):
                self.add_error("from_time" if opens is None else "until_time", _("Hours have a beginning and an end."))
            elif opens is not None and opens == closes:
                self.add_error("until_time", _("The hours end when they begin. Leave both empty for the whole day."))
        return answers

    def _clean_way(self, answers: dict[str, Any]) -> None:
        """Only what the chosen way asks for is kept."""
        way = answers.get("way")
        answers["code"] = coupons.normal(answers.get("code") or "") if way == BY_CODE else ""
        if way == BY_CODE:
            answers["lasts_days"] = answers["given_from"] = None
            if len(answers["code"]) < 3:
                self.add_error("code", _("Write a code of at least three letters or digits."))
        elif way == WITH_PURCHASES:
            if "given_from" not in self.errors and not answers.get("given_from"):
                self.add_error("given_from", _("Write from which amount on, more than 0."))
        else:
            answers["given_from"] = None
        if (answers.get("lasts_days") or 0) > 3650:
            self.add_error("lasts_days", _("At most %(most)s.") % {"most": shown.number(3650)})

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        own = ("name", "kind", "value", "gift", "most_discount", "code", "given_from", "lasts_days", "categories")
        values = super().values() | {name: said[name] for name in own}
        values |= {name: said[name] for name in ("weekdays", "from_time", "until_time", "starts_on", "exclusive")}
        values["most_discount"] = said["most_discount"] or None
        values["minimum_spend"] = said["minimum_spend"] or Decimal(0)
        return values | {"branches": [branch.pk for branch in said.get("branches") or ()]}

    @property
    def narrowed(self) -> bool:
        """Whether the fold of conditions has to be open: something is answered or mistaken there."""
        names = (
            "categories",
            "minimum_spend",
            "branches",
            "weekdays",
            "from_time",
            "until_time",
            "starts_on",
            "ends_on",
        )
        return any(self[name].value() or self[name].errors for name in names if name in self.fields)

    @property
    def limited(self) -> bool:
        names = ("total_limit", "limit_per_customer", "budget", "exclusive")
        return any(self[name].value() or self[name].errors for name in names)


class GivingForm(forms.Form):
    """Which offer a customer gets a coupon of."""

    offer = forms.ModelChoiceField(
        label=gettext_lazy("Offer"), queryset=Offer.objects.none(), to_field_name="public_id", empty_label=None
    )

    def __init__(self, data: Any, *, business: Business, at: datetime) -> None:
        super().__init__(data)
        given = Offer.objects.filter(business=business, chain=None, code="", ended_at=None, paused_at=None).order_by(
            "name"
        )
        cast(Any, self.fields["offer"]).queryset = given


def _wrong_value(kind: str, value: Decimal) -> str:
    if value != round(value, 3):
        return _("At most three decimals.")
    if kind == OfferKind.PERCENTAGE and value > MOST_PERCENT:
        return _("At most 100 percent.")
    if kind == OfferKind.MULTIPLIER and not 1 < value <= MOST_FACTOR:
        return _("A factor above 1 and at most %(most)s.") % {"most": MOST_FACTOR}
    if kind in IN_POINTS and kind != OfferKind.MULTIPLIER and value != value.to_integral_value():
        return _("A bonus is of whole points.")
    return ""


def _initial(like: Offer) -> dict[str, Any]:
    """All but the days, which are over perhaps, and the code, which is taken perhaps."""
    said = {name: value for name, value in model_to_dict(like).items() if value not in (None, Decimal(0))}
    for name in ("code", "starts_on", "ends_on"):
        said.pop(name, None)
    way = BY_CODE if like.code else WITH_PURCHASES if like.given_from else BY_COUPONS
    return said | {"way": way}
