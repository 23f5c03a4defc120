"""QR cards: an opaque token that names a customer within a programme, until it is revoked."""

from datetime import datetime

import qrcode
import qrcode.image.svg
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe

from customers.models import Card


def current(*, program_id: int, customer_id: int, at: datetime) -> Card:
    """The one live card; made when there is none. Safe in parallel: the database allows one."""
    live = Card.objects.filter(program_id=program_id, customer_id=customer_id, revoked_at=None)
    if card := live.first():
        return card
    Card.objects.bulk_create(
        [Card(program_id=program_id, customer_id=customer_id, created_at=at)], ignore_conflicts=True
    )
    return live.get()  # ours, or that of whoever was faster


def replace(*, program_id: int, customer_id: int, token: str, at: datetime) -> Card:
    """Revokes the card with this token and gives a new one. A second press finds it revoked already."""
    with transaction.atomic():
        revoke(program_id=program_id, customer_id=customer_id, token=token, at=at)
        return current(program_id=program_id, customer_id=customer_id, at=at)


def revoke(*, program_id: int, customer_id: int, token: str, at: datetime) -> None:
    """From now on the token names nobody."""
    Card.objects.filter(program_id=program_id, customer_id=customer_id, token=token, revoked_at=None).update(
        revoked_at=at
    )


def svg(content: str) -> SafeString:
    """An ordinary QR code (never a Micro QR, which many scanners cannot read) to put into a page."""
    code = qrcode.make(
        content,
        image_factory=qrcode.image.svg.SvgPathImage,
        error_correction=qrcode.ERROR_CORRECT_M,
        border=0,
    )
    drawing: str = code.to_string(encoding="unicode")
    return mark_safe(drawing)  # noqa: S308 - the library draws shapes, no words
