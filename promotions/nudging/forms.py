"""The terms on which customers are won back, as their owner sets them."""

from typing import Any, cast

from django import forms
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from businesses.models import Business
from promotions.models import LONGEST_TEXT, Experiment, Offer
from promotions.nudging import wording
from promotions.nudging.wording import LANGUAGES, Mistake

TERMS = ("threshold_percent", "offer", "control_percent", "horizon_days", "most_a_day")


class TermsForm(forms.Form):
    threshold_percent = forms.IntegerField(
        label=gettext_lazy("From which chance of not returning, in percent"),
        min_value=1,
        max_value=99,
        initial=60,
        help_text=gettext_lazy(
            "Estimated every night for each customer. Nobody is asked before their usual gap is over."
        ),
    )
    offer = forms.ModelChoiceField(
        label=gettext_lazy("What they get"),
        queryset=Offer.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("Words alone"),
        help_text=gettext_lazy("An offer without a code for everybody: each gets a coupon of it."),
    )
    control_percent = forms.IntegerField(
        label=gettext_lazy("How many of 100 hear nothing"),
        min_value=1,
        max_value=50,
        initial=10,
        help_text=gettext_lazy("Drawn by chance. Without them nobody could tell who would have come anyway."),
    )
    horizon_days = forms.IntegerField(
        label=gettext_lazy("Within how many days they have to come"), min_value=7, max_value=90, initial=30
    )
    most_a_day = forms.IntegerField(
        label=gettext_lazy("At most so many customers a day"), min_value=1, max_value=10_000, initial=100
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, business: Business, running: Experiment | None) -> None:
        super().__init__(data, initial=_initial(running))
        self.business = business
        given = Offer.objects.filter(business=business, code="", ended_at=None, paused_at=None, chain=None).order_by(
            "name"
        )
        cast(Any, self.fields["offer"]).queryset = given
        for language in _own_first(business):
            self.fields[f"text_{language}"] = forms.CharField(
                label=_("Message in %(language)s") % {"language": get_language_info(language)["name_translated"]},
                widget=forms.Textarea(attrs={"rows": 3}),
                max_length=LONGEST_TEXT,
                required=language == business.language,
                initial=running.texts.get(language, "")
                if running
                else wording.usual(language=language, with_offer=False),
            )
        self.fields[f"text_{business.language}"].help_text = _(
            "{business} stands for your name, {offer}, {code} and {day} for the coupon and its last day."
        )

    @property
    def texts(self) -> list[Any]:
        return [self[f"text_{language}"] for language in _own_first(self.business)]

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        for language in LANGUAGES:
            name = f"text_{language}"
            try:
                wording.check(answers.get(name) or "", with_offer=answers.get("offer") is not None)
            except Mistake as mistake:
                self.add_error(name, _said(mistake))
        return answers

    def values(self) -> dict[str, Any]:
        texts = {language: self.cleaned_data[f"text_{language}"] for language in LANGUAGES}
        values = {name: self.cleaned_data[name] for name in TERMS}
        return values | {"texts": {language: text for language, text in texts.items() if text}}

    def tell(self, running: Experiment | None) -> None:
        """What this person typed stays, and the next press takes it."""
        posted: Any = self.data
        self.data = data = posted.copy()  # what was posted is frozen
        data["seen"] = str(running.pk) if running else ""
        self.add_error(None, _("Somebody changed the terms while you had them open. Look at them, and save again."))


def _initial(running: Experiment | None) -> dict[str, Any]:
    if running is None:
        return {}
    return {name: getattr(running, name) for name in TERMS} | {
        "seen": running.pk,
        "offer": running.offer and running.offer.public_id,
    }


def _own_first(business: Business) -> list[str]:
    return sorted(LANGUAGES, key=lambda language: language != business.language)


def _said(mistake: Mistake) -> str:
    return {
        "unknown": _("There is no {%(name)s} to fill in."),
        "no_coupon": _("Without an offer there is no coupon: {%(name)s} has nothing to say."),
        "brace": _("A brace has no partner."),
    }[mistake.reason] % {"name": mistake.name}
