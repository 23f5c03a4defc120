from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from customers import phones
from loyalty import forgetting


class Command(BaseCommand):
    help = "Forgets the customer whose phone number is typed in, so that it stands in no shell's history. No way back."

    def handle(self, *args: Any, **options: Any) -> None:
        typed = input("Phone number, with the code of its country: ")
        try:
            phone = phones.parse(typed, country="")
            forgetting.forget(phone=phone, at=timezone.now())
        except phones.InvalidPhone as error:
            raise CommandError("That is no phone number. Write it with its country: +994 50 123 45 67.") from error
        except forgetting.Unknown as error:
            raise CommandError("Nobody has this number. Nothing was changed.") from error
        self.stdout.write("Forgotten. Backups made until now still hold them: delete those when you can.")
