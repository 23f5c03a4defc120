"""The forms of where people work, and as what."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import branches, staffing
from businesses.finder import FinderWidget
from businesses.forms import NameField
from businesses.meanwhile import SeenForm
from businesses.models import Branch, Role, Staff


class BranchForm(SeenForm, forms.ModelForm):
    name = NameField(label=gettext_lazy("Name"), max_length=120)
    city = NameField(label=gettext_lazy("City"), max_length=120, required=False)
    address = NameField(label=gettext_lazy("Address"), max_length=250, required=False)
    hours = NameField(
        label=gettext_lazy("Opening hours"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("As your customers read them, such as “Every day 9–21”."),
    )

    class Meta:
        model = Branch
        fields = ("name", "city", "address", "hours")


class RoleForm(forms.Form):
    """A role among those that this person may give."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "A cashier sees the counter and their own activity. A manager also sees customers, reports and settings. "
            "An owner also looks after API keys and other owners."
        ),
    )

    def __init__(self, *args: Any, by: Staff, **options: Any) -> None:
        super().__init__(*args, **options)
        allowed = staffing.MANAGED_BY[Role(by.role)]
        choices = [(role.value, role.label) for role in reversed(Role) if role in allowed]
        cast(forms.ChoiceField, self.fields["role"]).choices = choices


class StaffForm(SeenForm, RoleForm):
    """The branch is asked for only where there are several, and looked up where there are many."""

    branch = forms.ModelChoiceField(
        label=gettext_lazy("Usual branch"),
        queryset=Branch.objects.none(),
        to_field_name="public_id",
        required=False,
        help_text=gettext_lazy("Where the counter opens for them. They can change branch at any time."),
    )

    def __init__(self, data: Any, *, by: Staff, staff: Staff) -> None:
        initial = {"role": staff.role, "branch": str(staff.branch.public_id) if staff.branch else ""}
        self.looking = bool(data) and "find" in data  # for a branch: nothing is saved, and nothing that was chosen lost
        if self.looking:
            initial = {name: data.get(name, value) for name, value in initial.items()}
        super().__init__(None if self.looking else data, by=by, initial=initial)
        field = cast(forms.ModelChoiceField, self.fields["branch"])
        field.queryset = by.business.branches.filter(closed_at=None)
        answers = data or initial
        found = branches.finder(
            business=by.business,
            chosen=answers.get("branch", ""),
            sought=answers.get("branch_sought", ""),
            none=_("None in particular"),
        )
        if found.many:
            field.widget = FinderWidget(found)
        elif len(found.offered) > 1:
            field.choices = [("", found.none), *found.offered]
        else:
            del self.fields["branch"]

    def answers(self) -> dict[str, str]:
        """As they were posted, once they are valid."""
        branch = self.cleaned_data.get("branch")
        return {"role": self.cleaned_data["role"], "branch": str(branch.public_id) if branch else ""}

    def said(self, name: str, value: str) -> str:
        if name == "branch" and value:
            return str(Branch.objects.filter(public_id=value).first() or "–")
        return super().said(name, value)


class InvitationForm(RoleForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    field_order = ("email", "role")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].initial = Role.CASHIER
