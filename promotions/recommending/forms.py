"""The three rules as their owner sets them."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promotions.models import RecommendationRules
from promotions.recommending import changing


class RulesForm(forms.ModelForm):
    near_percent = forms.IntegerField(
        label=gettext_lazy("From how many percent of its points"),
        min_value=1,
        max_value=99,
        help_text=gettext_lazy("Or when one purchase as they usually make it would be enough."),
    )
    inactive_overdue = forms.DecimalField(
        label=gettext_lazy("Away for how many times as long as usual"),
        min_value=1,
        max_value=100,
        max_digits=4,
        decimal_places=1,
    )
    inactive_percent = forms.IntegerField(
        label=gettext_lazy("And with which chance of not returning, in percent"),
        min_value=1,
        max_value=99,
    )
    elsewhere_customers = forms.IntegerField(
        label=gettext_lazy("From how many customers in common"),
        min_value=2,
        max_value=100_000,
        help_text=gettext_lazy("You are recommended only to customers of places with which you share as many."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    class Meta:
        model = RecommendationRules
        fields = (
            *("near_reward", "near_percent", "inactive", "inactive_overdue", "inactive_percent"),
            *("elsewhere", "elsewhere_customers"),
        )
        labels = {
            "near_reward": gettext_lazy("Tell them of a reward that is near"),
            "inactive": gettext_lazy("Ask them to come back"),
            "elsewhere": gettext_lazy("Take part in recommending new places"),
        }

    def __init__(self, data: Any, *, instance: RecommendationRules) -> None:
        seen = changing.count(instance.business)  # before the values are read
        super().__init__(data, instance=instance, initial={"seen": seen})

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def tell(self, meanwhile: changing.ChangedMeanwhile) -> None:
        """What this person typed stays, and the next press takes it."""
        posted: Any = self.data
        self.data = data = posted.copy()  # what was posted is frozen
        data["seen"] = str(changing.count(self.instance.business))
        self.add_error(None, _("Somebody saved these settings while you had them open. Look below and save again."))
        now = changing.rules_of(self.instance.business)
        for name in meanwhile.fields:
            value = getattr(now, name)
            shown = (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)
            self.add_error(name, _("It is %(now)s now.") % {"now": shown})
