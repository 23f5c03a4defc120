"""The form of a proposal."""

from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import money, shown
from businesses.forms import AmountField, NameField, RateField
from businesses.models import Business
from loyalty.rulebook.forms import NamesField, PointsField
from promotions import chains
from promotions.models import MOST_PERCENT, Chain, OfferKind
from promotions.offering.forms import a_day

OURS, THEIRS = "ours", "theirs"
WAYS = [
    (OURS, gettext_lazy("Our customers get a coupon for them")),
    (THEIRS, gettext_lazy("Their customers get a coupon for us")),
]
KINDS = [(kind.value, kind.label) for kind in (OfferKind.PERCENTAGE, OfferKind.AMOUNT)]
MOST_DAYS = 365
TERMS = (
    *("name", "kind", "value", "most_discount", "order_from", "lasts_days", "minimum", "categories", "every_days"),
    *("share", "budget", "starts_on", "ends_on"),
)


class ChainForm(forms.Form):
    way = forms.ChoiceField(label=gettext_lazy("Which way"), choices=WAYS, widget=forms.RadioSelect, initial=OURS)
    partner = forms.ModelChoiceField(
        label=gettext_lazy("With"), queryset=Business.objects.none(), to_field_name="slug", empty_label=None
    )
    minimum = AmountField(label=gettext_lazy("For a purchase from"))
    categories = NamesField(
        label=gettext_lazy("Only of these categories"),
        longest=120,
        help_text=gettext_lazy("As the till names them where the purchase is made, with commas."),
    )
    name = NameField(
        label=gettext_lazy("Name of the coupon"),
        max_length=80,
        help_text=gettext_lazy("Customers and cashiers read it, such as “Dinner after your haircut”."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What the coupon gives"),
        choices=KINDS,
        widget=forms.RadioSelect,
        initial=OfferKind.PERCENTAGE,
    )
    value = RateField(label=gettext_lazy("How much"), help_text=gettext_lazy("Percent, or an amount."))
    most_discount = AmountField(
        label=gettext_lazy("At most off"),
        required=False,
        help_text=gettext_lazy("Of a percentage, so that both know what a coupon may cost."),
    )
    order_from = AmountField(label=gettext_lazy("For orders from"), required=False)
    lasts_days = PointsField(label=gettext_lazy("Days that a coupon lasts"), initial=14)
    every_days = PointsField(
        label=gettext_lazy("Days between two coupons"),
        initial=30,
        help_text=gettext_lazy("No customer gets one more often, nor two at a time."),
    )
    share = forms.IntegerField(
        label=gettext_lazy("Percent of the discounts that is paid where the coupons are given"),
        min_value=0,
        max_value=MOST_PERCENT,
        initial=50,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy("The rest is paid where they are used. Clearing counts it every month."),
    )
    budget = AmountField(
        label=gettext_lazy("What the discounts may come to in all"),
        help_text=gettext_lazy("No coupon is given that this would not pay for, so none is ever turned away."),
    )
    starts_on = a_day(gettext_lazy("First day"))
    ends_on = a_day(gettext_lazy("Last day"))

    def __init__(self, data: Any, *, business: Business, today: date, like: Chain | None = None) -> None:
        super().__init__(data, initial=_initial(like, business) if like else None)
        self.business, self.today = business, today
        fields = cast(dict[str, Any], self.fields)
        partners = [each.pk for each in chains.partners(business)]
        fields["partner"].queryset = Business.objects.filter(pk__in=partners).order_by("name")
        for name in ("minimum", "most_discount", "order_from", "budget"):
            fields[name].currency = business.program.currency
        for name in ("lasts_days", "every_days", "ends_on"):
            fields[name].required = True

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        if answers.get("minimum") == 0:
            self.add_error("minimum", _("Write from which amount on, more than 0."))
        for name in ("lasts_days", "every_days"):
            if (answers.get(name) or 0) > MOST_DAYS:
                self.add_error(name, _("At most %(most)s.") % {"most": shown.number(MOST_DAYS)})
        answers["order_from"] = answers.get("order_from") or Decimal(0)
        self._clean_value(answers)
        self._clean_days(answers)
        most, budget = answers.get("most_discount"), answers.get("budget")
        if budget is not None and most and budget < most:
            said = money.show_amount(most, self.business.program.currency, shown.language())
            self.add_error(
                "budget", _("One coupon may cost %(amount)s. The budget must pay for one.") % {"amount": said}
            )
        elif budget == 0:
            self.add_error("budget", _("Write how much, more than 0."))
        return answers

    def _clean_value(self, answers: dict[str, Any]) -> None:
        kind, value = answers.get("kind"), answers.get("value")
        if value is None or kind is None:
            return
        if not value:
            self.add_error("value", _("Write how much, more than 0."))
        elif kind == OfferKind.AMOUNT:
            if value != round(value, money.decimals(self.business.program.currency)):
                self.add_error("value", _("Write an amount that there are coins for."))
            answers["most_discount"] = value
        elif value > MOST_PERCENT:
            self.add_error("value", _("At most 100 percent."))
        elif value != round(value, 3):
            self.add_error("value", _("At most three decimals."))
        elif not answers.get("most_discount") and "most_discount" not in self.errors:
            self.add_error("most_discount", _("Write what a coupon may take off at most."))

    def _clean_days(self, answers: dict[str, Any]) -> None:
        starts, ends = answers.get("starts_on"), answers.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day comes before the first."))
        elif ends and ends < self.today:
            self.add_error("ends_on", _("This day is over already."))

    def terms(self) -> dict[str, Any]:
        """What was answered; a name may be missing while it is only said."""
        return {name: self.cleaned_data.get(name, "") for name in TERMS}

    def sides(self) -> dict[str, Business]:
        partner = self.cleaned_data["partner"]
        ours = self.cleaned_data["way"] == OURS
        return {"giver": self.business, "taker": partner} if ours else {"giver": partner, "taker": self.business}


def _initial(like: Chain, business: Business) -> dict[str, Any]:
    """The way back of another chain: its terms, but not its name and days."""
    said = {name: getattr(like, name) for name in TERMS if name not in ("name", "starts_on", "ends_on")}
    other = like.taker if like.giver_id == business.pk else like.giver
    way = THEIRS if like.giver_id == business.pk else OURS
    return {name: value for name, value in said.items() if value} | {
        "share": like.share,
        "partner": other.slug,
        "way": way,
    }
