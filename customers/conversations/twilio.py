"""What Twilio tells us: text messages that came in, and what became of ours.

https://www.twilio.com/docs/usage/security#validating-requests: each request is signed over the address that Twilio was
given and all that it posts. Without an account these addresses do not exist.
"""

import hmac
from binascii import Error as NotBase64
from collections.abc import Callable
from functools import wraps

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from businesses.encryption import unseal
from customers import messages, opt_outs, phones
from customers.conversations import incoming
from customers.conversations.incoming import Heard
from customers.gateways.twilio import OPTED_OUT, error_text
from customers.models import Channel, Message

DELIVERED, NOT_DELIVERED = ("delivered", "read"), ("undelivered", "failed")


def from_twilio(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    @csrf_exempt  # it is signed
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.TWILIO_AUTH_TOKEN:
            raise Http404
        if request.method == "POST" and not is_signed(request):
            return HttpResponse(status=403)
        return require_POST(view)(request)

    return guarded


def is_signed(request: HttpRequest) -> bool:
    query = request.META.get("QUERY_STRING", "")
    url = f"{settings.PUBLIC_BASE_URL}{request.path}{'?' + query if query else ''}"
    expected = RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(url, request.POST)
    given = request.headers.get("X-Twilio-Signature", "")
    return hmac.compare_digest(expected.encode(), given.encode())


@from_twilio
def received(request: HttpRequest) -> HttpResponse:
    """The answer goes through the outbox, so this one is empty."""
    said = request.POST
    sender = said.get("From", "")
    if not _is_phone(sender):  # a short number or a name: machines write from these
        return _nothing()
    heard = Heard(
        channel=Channel.SMS,
        provider_id=said.get("MessageSid", "")[:64],
        sender=sender,
        text=said.get("Body", ""),
        answered=bool(said.get("OptOutType")),  # Twilio's own answer to STOP, START or HELP, where it is switched on
    )
    if heard.provider_id:
        incoming.receive(heard, at=timezone.now())
    return _nothing()


@from_twilio
def status(request: HttpRequest) -> HttpResponse:
    """In any order, and perhaps twice."""
    said, message_id = request.POST, _message_id(request.GET.get("message", ""))
    word, code = said.get("MessageStatus", ""), said.get("ErrorCode", "")
    if message_id and word in DELIVERED + NOT_DELIVERED:
        messages.report(
            message_id=message_id,
            provider_id=said.get("MessageSid", "")[:64],
            delivered=word in DELIVERED,
            error=error_text(code or word)[:250],
            at=timezone.now(),
        )
        if code == str(OPTED_OUT):
            _stop(message_id)
    return HttpResponse(status=204)


def _stop(message_id: int) -> None:
    address = Message.objects.filter(pk=message_id).values_list("to", flat=True).first()
    if address:
        opt_outs.stop(channel=Channel.SMS, address=address, source=opt_outs.PROVIDER, at=timezone.now())


def _is_phone(sender: str) -> bool:
    try:
        return phones.parse(sender, "ZZ") == sender
    except phones.InvalidPhone:
        return False


def _message_id(sealed: str) -> int | None:
    try:
        return int(unseal(sealed))
    except (KeyError, ValueError, NotBase64, InvalidTag):
        return None


def _nothing() -> HttpResponse:
    return HttpResponse("<Response/>", content_type="text/xml")
