"""Short words for asking for codes in tests."""

import re
from datetime import datetime

from conftest import NOON
from customers import codes
from customers.codes import Asked
from customers.models import Message, MessageKind

PHONE = "+994501234567"
CLIENT = "203.0.113.7"


def ask(
    *, phone: str = PHONE, client: str = CLIENT, at: datetime = NOON, deliver: bool = True, language: str = "en"
) -> Asked:
    return codes.issue(phone=phone, client=client, language=language, deliver=deliver, at=at)


def sent_code(phone: str = PHONE) -> str:
    """The newest code that the outbox holds for a phone."""
    newest = Message.objects.filter(to=phone, kind=MessageKind.CODE).order_by("-id").first()
    assert newest is not None
    found = re.search(r"\d{6}", newest.text)
    assert found is not None
    return found[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
