"""Two people with the same record open: the second is told what the first changed, and decides.

A form of such a record carries, hidden beside each answer, what its author saw there. All of it is text, as posted.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _


@dataclass
class Changed(ValueError):
    """Others changed what these answers were begun from. `now` is the record as it stands."""

    now: dict[str, str]


def refuse(*, seen: dict[str, str], now: dict[str, str], values: dict[str, str]) -> None:
    """Raises `Changed` where somebody changed what the author saw, unless both want the same."""
    if any(seen[name] != now[name] != values[name] for name in seen):
        raise Changed(now)


class SeenForm(forms.BaseForm):
    """Remembers in the page what its author saw when they opened it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def seen(self) -> dict[str, str]:
        """Nothing of what the page did not say: programs may post the answers alone."""
        names = {name: self.add_initial_prefix(name) for name in self.fields}
        return {name: self.data[hidden] for name, hidden in names.items() if hidden in self.data}

    def tell(self, changed: Changed, values: dict[str, str]) -> None:
        """Says what was changed. Where this author had changed nothing the new value is shown, else their own."""
        posted: Any = self.data
        seen, data = self.seen(), posted.copy()  # what was posted is frozen
        for name, before in seen.items():
            now = changed.now[name]
            if before == now:
                continue
            data[self.add_initial_prefix(name)] = now
            if values[name] == before:
                data[name] = now
                text = _("%(who)s changed this from %(before)s to %(now)s. It stays so.")
            else:
                text = _("%(who)s changed this from %(before)s to %(now)s. Saving puts yours in its place.")
            said = {"before": self.said(name, before), "now": self.said(name, now)}
            if values[name] != now:
                self.add_error(name, text % {"who": _("Somebody else"), **said})
        self.data = data

    def said(self, name: str, value: str) -> str:
        """As people read it."""
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value)) or "–"
