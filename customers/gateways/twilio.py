"""Text messages by Twilio: https://www.twilio.com/docs/messaging/api/message-resource

What goes wrong is named by Twilio's number of it alone: its words repeat the customer's number.
"""

from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from requests import RequestException
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from businesses.encryption import seal
from customers.gateways import OptedOut, Undeliverable
from customers.models import Channel, Message

TIMEOUT = 20  # seconds; the outbox waits half a minute
OPTED_OUT = 21610
REFUSED = 400  # of this message; other statuses are of our account, or of a bad day of theirs


def send(message: Message) -> str:
    """Twilio's id of the message."""
    if message.channel != Channel.SMS:
        raise Undeliverable("Twilio sends text messages only")
    try:
        made = _client().messages.create(to=message.to, body=message.text, **_sender(), **_callback(message))
    except TwilioRestException as error:
        said = error_text(error.code or error.status)
        if error.code == OPTED_OUT:
            raise OptedOut(said) from None
        if error.status == REFUSED:
            raise Undeliverable(said) from None
        raise OSError(said) from None
    except RequestException as error:
        raise OSError(f"Twilio: {type(error).__name__}") from None
    return str(made.sid)


def error_text(code: Any) -> str:
    return f"Twilio {code}"


def _client() -> Client:
    return _client_of(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_URL)


@cache
def _client_of(account: str, token: str, url: str) -> Client:
    """One for all messages, because it keeps its connections."""
    client = Client(account, token, http_client=TwilioHttpClient(timeout=TIMEOUT))
    client.api.base_url = url
    return client


def _sender() -> dict[str, str]:
    service = settings.TWILIO_MESSAGING_SERVICE
    return {"messaging_service_sid": service} if service else {"from_": settings.TWILIO_FROM}


def _callback(message: Message) -> dict[str, str]:
    """Where Twilio says what became of it. It refuses addresses that it cannot reach, such as that of a laptop."""
    if not settings.PUBLIC_BASE_URL.startswith("https://"):
        return {}
    query = urlencode({"message": seal(str(message.pk))})
    return {"status_callback": f"{settings.PUBLIC_BASE_URL}{reverse('twilio-status')}?{query}"}
