"""What staff see of people: on a shared screen a first name and an initial, or the end of the phone; in the lists of
owners and managers the whole name, and the phone as the counter masks it."""

from collections.abc import Iterable
from dataclasses import dataclass

from customers import phones
from customers.models import Customer, Profile


@dataclass(frozen=True)
class Person:
    name: str
    initials: str


def on_screen(*, program_id: int, customer_ids: Iterable[int]) -> dict[int, Person]:
    """By customer id, in two queries."""
    rows = Customer.objects.filter(pk__in=set(customer_ids)).values_list("pk", "phone")
    names = dict(_names(program_id, customer_ids))
    return {pk: person(names.get(pk, ""), phone) for pk, phone in rows}


@dataclass(frozen=True)
class Listed(Person):
    """`name` is whole here."""

    phone: str


def in_lists(*, program_id: int, customer_ids: Iterable[int]) -> dict[int, Listed]:
    """By customer id, in two queries."""
    rows = Customer.objects.filter(pk__in=set(customer_ids)).values_list("pk", "phone")
    names = dict(_names(program_id, customer_ids))
    return {pk: listed(names.get(pk, ""), phone) for pk, phone in rows}


def listed(name: str, phone: str | None) -> Listed:
    short = person(name, phone)
    return Listed(" ".join(name.split()) or short.name, short.initials, masked(phone))


def _names(program_id: int, customer_ids: Iterable[int]) -> Iterable[tuple[int, str]]:
    return Profile.objects.filter(program_id=program_id, customer_id__in=set(customer_ids)).values_list(
        "customer_id", "name"
    )


def person(name: str, phone: str | None) -> Person:
    words = name.split()
    if words:
        first, last = words[0][:24], words[-1][:1] if len(words) > 1 else ""
        return Person(f"{first} {last.upper()}.".strip() if last else first, (first[:1] + last).upper())
    return Person(f"•• {phone[-4:-2]} {phone[-2:]}" if phone else "—", "")


def masked(phone: str | None) -> str:
    return phones.mask(phone) if phone else ""
