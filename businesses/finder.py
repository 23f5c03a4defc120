"""Choosing one of very many by typing a part of its name. Without JavaScript a key of the form looks it up."""

from dataclasses import dataclass
from typing import Any

from django import forms

from businesses import shown

MOST = 12  # are offered at once; more letters find the others


@dataclass(frozen=True)
class Finder:
    """A choice among `all`: `offered` are the values and labels to choose from now, `many` if there are others.

    `none` is the answer that chooses nothing; `more` is how many were found and are not offered.
    """

    none: str
    all: int
    offered: list[tuple[str, str]]
    many: bool = False
    sought: str = ""
    more: int = 0

    @property
    def all_shown(self) -> str:
        return shown.number(self.all)


class FinderWidget(forms.Widget):
    template_name = "components/finder.html"
    use_fieldset = True

    def __init__(self, finder: Finder) -> None:
        super().__init__()
        self.finder = finder

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {
            "name": name,
            "finder": self.finder,
            "chosen": str(value or ""),
        }
