"""What a customer told one programme about themselves. Every part is optional."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from customers.models import Profile


@dataclass(frozen=True)
class Told:
    """Empty where nothing was told."""

    name: str = ""
    birthday: date | None = None
    email: str = ""
    language: str = ""

    def columns(self) -> dict[str, Any]:
        birthday = self.birthday.isoformat() if self.birthday else ""
        return {"name": self.name, "birthday": birthday, "email": self.email, "language": self.language}


def told(*, program_id: int, customer_id: int) -> Told:
    profile = Profile.objects.filter(program_id=program_id, customer_id=customer_id).first()
    if profile is None:
        return Told()
    birthday = date.fromisoformat(profile.birthday) if profile.birthday else None
    return Told(profile.name, birthday, profile.email, profile.language)


def save(*, program_id: int, customer_id: int, told: Told) -> None:
    """The customer's own word: it replaces everything told before."""
    Profile.objects.update_or_create(program_id=program_id, customer_id=customer_id, defaults=told.columns())


def fill(*, program_id: int, customer_id: int, told: Told) -> None:
    """Somebody else's word, such as a cashier's: it fills what is empty and changes nothing."""
    news = {name: value for name, value in told.columns().items() if value}
    if not news:
        return
    with transaction.atomic():
        profile, _made = Profile.objects.get_or_create(program_id=program_id, customer_id=customer_id)
        profile = Profile.objects.select_for_update().get(pk=profile.pk)
        for name, value in news.items():
            if not getattr(profile, name):
                setattr(profile, name, value)
        profile.save()


@transaction.atomic
def fill_many(*, program_id: int, told: Iterable[tuple[int, Told]]) -> None:
    """`fill` for many customers by their ids. Of one who comes twice the first word counts."""
    news: dict[int, dict[str, str]] = {}
    for customer_id, each in told:
        for name, value in each.columns().items():
            if value:
                news.setdefault(customer_id, {}).setdefault(name, value)
    Profile.objects.bulk_create(
        [Profile(program_id=program_id, customer_id=customer_id) for customer_id in sorted(news)], ignore_conflicts=True
    )
    held = Profile.objects.filter(program_id=program_id, customer_id__in=list(news)).order_by("pk").select_for_update()
    changed = []
    for profile in held:
        empty = {name: value for name, value in news[profile.customer_id].items() if not getattr(profile, name)}
        for name, value in empty.items():
            setattr(profile, name, value)
        if empty:
            changed.append(profile)
    Profile.objects.bulk_update(changed, list(Told().columns()), batch_size=1_000)
