"""The rewards of all. The operator makes those of a whole programme; a business makes its own in the portal."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from businesses.panel import ByBusiness, Column, NeverDeleted, number
from loyalty import rewards
from loyalty.models import Reward
from loyalty.shelf.forms import FIELDS, SensibleReward


class Offered(admin.SimpleListFilter):
    title = _("offered")
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("no", gettext("Offered")), ("yes", pgettext("reward", "Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(archived_at__isnull=self.value() == "no") if self.value() else queryset


class ProgrammeRewardForm(SensibleReward, forms.ModelForm):
    class Meta:
        model = Reward
        fields = ("program", *FIELDS)

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        program = answers.get("program") or (self.instance.program_id and self.instance.program)
        tier, stock = answers.get("tier"), answers.get("stock")
        if program and tier and tier.program_id != program.pk:
            self.add_error("tier", gettext("Choose a tier of the programme."))
        if self.instance.pk and stock is not None and stock < Reward.objects.get(pk=self.instance.pk).claimed:
            self.too_few()
        if not self.instance.pk and program and not self.errors and rewards.is_full(program=program, business=None):
            most = {"most": rewards.MOST_REWARDS}
            self.add_error(None, gettext("The programme has %(most)s rewards. End one first.") % most)
        return answers


@admin.register(Reward)
class RewardAdmin(NeverDeleted):
    form = ProgrammeRewardForm
    list_display = (
        "name",
        Column(_("programme"), "program"),
        Column(_("business"), show=lambda reward: reward.business or gettext("all")),
        number(_("points"), "points"),
        number(_("claimed"), "claimed"),
        number(_("how many there are"), "stock"),
        Column(_("ended"), "archived_at"),
    )
    list_filter = (Offered, "program", ("business", ByBusiness))
    list_select_related = ("program", "business", "tier")
    search_fields = ("name",)
    search_help_text = _("Name")
    actions_detail = ("end_reward",)

    def has_change_permission(self, request: HttpRequest, obj: Reward | None = None) -> bool:
        """A business's own reward is changed in its portal, and an ended one by nobody."""
        mine = obj is None or (obj.business_id is None and obj.archived_at is None)
        return mine and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Reward | None = None) -> Any:
        return self.form.Meta.fields if obj is None else (*self.form.Meta.fields, "claimed")

    def get_readonly_fields(self, request: HttpRequest, obj: Reward | None = None) -> tuple[str, ...]:
        return () if obj is None else ("program", "claimed")

    def save_model(self, request: HttpRequest, obj: Reward, form: Any, change: bool) -> None:
        operator: Any = request.user
        values = {name: form.cleaned_data[name] for name in FIELDS}
        if change:
            rewards.change(reward=obj, values=values, at=timezone.now(), operator=operator)
        else:
            obj.pk = rewards.make(program=obj.program, business=None, values=values).pk

    @action(description=_("End the reward"), url_path="end", icon="block")
    def end_reward(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(reward: Reward, answers: dict[str, Any]) -> str:
            if reward.archived_at:
                raise ValidationError(gettext("It has ended already."))
            rewards.archive(reward=reward, at=timezone.now(), operator=request.user)  # type: ignore[arg-type]
            return gettext("Ended. Nobody can choose it any more.")

        text = gettext("What is held for somebody may still be collected, and its claims stay.")
        return self.press(
            request,
            object_id,
            title=gettext("End the reward"),
            text=text,
            form_of=lambda data, _: Form(data),
            does=does,
        )
