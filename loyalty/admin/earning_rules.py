"""The earning rules of all. The operator makes those of a whole programme; a business makes its own in the portal."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from businesses.panel import ByBusiness, Column, ReadOnly
from loyalty import earning_rules
from loyalty.models import EarningRule, Tier
from loyalty.rulebook import words
from loyalty.rulebook.forms import NamesField, SensibleRule, weekdays


class InForce(admin.SimpleListFilter):
    title = _("in force")
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("no", gettext("In force")), ("yes", pgettext("rule", "Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ended_at__isnull=self.value() == "no") if self.value() else queryset


class ProgrammeRuleForm(SensibleRule, forms.ModelForm):
    categories = NamesField(
        label=_("Product categories"), longest=120, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    skus = NamesField(label=_("Articles"), longest=64, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"), coerce=int, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    tiers = forms.ModelMultipleChoiceField(
        label=_("Tiers"),
        queryset=Tier.objects.select_related("program"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = EarningRule
        fields = (
            *("program", "name", "kind", "value", "categories", "skus", "discounted", "minimum_spend", "weekdays"),
            *("from_time", "until_time", "starts_on", "ends_on", "tiers", "occasion", "most_per_purchase"),
            *("most_per_day", "most_per_customer", "exclusive", "priority"),
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.fields.keys() >= {"value", "weekdays"}:
            return  # the page of a rule that is there shows no form
        days: Any = self.fields["weekdays"]
        days.choices = weekdays()
        for name in ("value", "minimum_spend", "priority"):
            self.fields[name].required = False

    def clean_tiers(self) -> list[int]:
        return [tier.pk for tier in self.cleaned_data["tiers"]]

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        answers["priority"] = answers.get("priority") or 0
        program, tiers = answers.get("program"), answers.get("tiers", [])
        if program and Tier.objects.filter(pk__in=tiers).exclude(program=program).exists():
            self.add_error("tiers", gettext("Choose tiers of the programme."))
        elif program and not self.errors and earning_rules.is_full(program=program, business=None):
            most = {"most": earning_rules.MOST_RULES}
            self.add_error(None, gettext("The programme has %(most)s rules. End one first.") % most)
        return answers


# In their order, in the statement that reads the rules.
TIERS = "ARRAY(SELECT t.name FROM loyalty_tier t WHERE t.id = ANY(loyalty_earningrule.tiers) ORDER BY t.position)"


def _in_words(rule: Any) -> str:
    currency = rule.program.currency
    said = "; ".join(words.conditions(rule, currency, rule.tier_names))
    return words.head(rule, currency) + (f": {said}" if said else "")


@admin.register(EarningRule)
class EarningRuleAdmin(ReadOnly):
    form = ProgrammeRuleForm
    list_display = (
        "name",
        Column(_("programme"), "program"),
        Column(_("business"), show=lambda rule: rule.business or gettext("all")),
        Column(_("what it gives"), show=_in_words),
        Column(_("made"), "made_at"),
        Column(_("ended"), "ended_at"),
    )
    list_filter = (InForce, "program", ("business", ByBusiness))
    list_select_related = ("program", "business")
    actions_detail = ("end_rule",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EarningRule]:
        rows: QuerySet[EarningRule] = super().get_queryset(request)
        names = ArrayField(TextField())
        return rows.annotate(tier_names=RawSQL(TIERS, [], output_field=names))  # noqa: S611 - a constant

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)  # type: ignore[union-attr]

    def get_fields(self, request: HttpRequest, obj: EarningRule | None = None) -> Any:
        if obj is None:
            return self.form.Meta.fields
        by = Column(_("made by"), "made_by"), Column(_("ended by"), "ended_by")
        return (*self.list_display[:5], by[0], self.list_display[5], by[1])

    def save_model(self, request: HttpRequest, obj: EarningRule, form: Any, change: bool) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name != "program"}
        operator: Any = request.user
        made = earning_rules.make(program=obj.program, business=None, values=values, by=operator, at=timezone.now())
        obj.pk = made.pk

    @action(description=_("End the rule"), url_path="end", icon="block")
    def end_rule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(rule: EarningRule, answers: dict[str, Any]) -> str:
            try:
                earning_rules.end(rule=rule, by=request.user, at=timezone.now())  # type: ignore[arg-type]
            except earning_rules.ChangedMeanwhile as error:
                raise ValidationError(gettext("It has ended already.")) from error
            return gettext("Ended. The next purchase earns without it.")

        text = gettext("Purchases until now keep their points.")
        return self.press(
            request, object_id, title=gettext("End the rule"), text=text, form_of=lambda data, _: Form(data), does=does
        )
