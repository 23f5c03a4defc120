"""What else a cashier may ask somebody new: each of `COUNTER_QUESTIONS` is one field of the form that adds a member."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from businesses.access import StaffRequest
from businesses.models import Business, Staff
from loyalty.enrolment import Member
from loyalty.rules import Rules

LONGEST = 64


class NotUnderstood(Exception):
    """Nothing can be made of the answer. The message is for the cashier, beside the field."""


@dataclass(frozen=True)
class Answered:
    """What was typed into a question's field."""

    rules: Rules
    business: Business
    staff: Staff
    member: Member
    typed: str


class Question:
    """`name` is that of its field."""

    name = ""

    def asked(self, rules: Rules) -> dict[str, str]:
        """Its `label` and `hint`; empty where it is not asked. From what is cached."""
        return {}

    def answer(self, answered: Answered) -> None:
        """In the transaction in which the member is added. Raises `NotUnderstood`: then nobody is."""


@cache
def _named(paths: tuple[str, ...]) -> tuple[Question, ...]:
    return tuple(import_string(path)() for path in paths)


def questions() -> tuple[Question, ...]:
    return _named(tuple(settings.COUNTER_QUESTIONS))


def fields(rules: Rules, typed: dict[str, str], wrong: dict[str, str]) -> list[dict[str, Any]]:
    """As the form shows them."""
    return [
        {"name": each.name, "value": typed.get(each.name, ""), "error": wrong.get(each.name, ""), **said}
        for each in questions()
        if (said := each.asked(rules))
    ]


def typed_in(request: StaffRequest) -> dict[str, str]:
    said = {each.name: request.POST.get(each.name, "").replace("\0", "").strip() for each in questions()}
    return {name: value[: LONGEST + 1] for name, value in said.items()}


class Wrong(Exception):
    """`fields`: what is wrong with each."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields)
        self.fields = fields


def answer(*, rules: Rules, request: StaffRequest, member: Member, typed: dict[str, str]) -> None:
    """Raises `Wrong`."""
    for each in questions():
        if typed.get(each.name) and each.asked(rules):
            try:
                each.answer(Answered(rules, request.business, request.staff, member, typed[each.name]))
            except NotUnderstood as no:
                raise Wrong({each.name: str(no)}) from None
