"""The ways out of the building. `settings.MESSAGE_GATEWAY` names a function that takes a `Message`.

It returns once the provider has accepted the message, with the provider's id of it if there is one, and answers within
half a minute. It raises `Undeliverable` where another attempt is pointless, `OptedOut` where the reason is that the
customer told the provider to stop; after anything else it raises, the message is tried again later.
"""

import sys

from django.conf import settings

from customers import phones
from customers.models import Channel, Message


class Undeliverable(Exception):
    """The provider will never take this message: the number does not exist, or blocks us."""


class OptedOut(Undeliverable):
    """The customer said STOP to the provider itself."""


def console(message: Message) -> None:
    """Sends nothing and says so on standard output. The text, which may hold a code, only while we develop or show."""
    to = phones.mask(message.to) if message.channel == Channel.SMS else "…"
    text = message.text if settings.DEBUG or settings.DEMO else f"({message.kind})"
    sys.stdout.write(f"{message.get_channel_display()} to {to}, not really sent: {text}\n")
    sys.stdout.flush()
