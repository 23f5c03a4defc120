from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from customers import phones
from loyalty import forgetting


class Command(BaseCommand):
    help = "Forgets the customer whose number or id is typed in, so that it stands in no shell's history. No way back."

    def handle(self, *args: Any, **options: Any) -> None:
        typed = input("Phone number with the code of its country, or the customer's id: ")
        try:
            forgetting.forget(customer_id=_find(typed.strip()), at=timezone.now())
        except phones.InvalidPhone as error:
            raise CommandError(
                "That is neither a phone number nor an id. Write a number with its country: +994 50 123 45 67."
            ) from error
        except forgetting.Unknown as error:
            raise CommandError("Nobody has this number or id. Nothing was changed.") from error
        self.stdout.write("Forgotten. Backups made until now still hold them: delete those when you can.")


def _find(typed: str) -> int:
    with suppress(ValueError):
        return forgetting.find_by_id(public_id=UUID(typed))
    return forgetting.find(phone=phones.parse(typed, country=""))
