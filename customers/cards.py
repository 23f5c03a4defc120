"""QR cards: an opaque token that names a customer within a programme, until it is revoked."""

import struct
import zlib
from datetime import datetime

import qrcode
import qrcode.image.svg
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe

from customers.models import Card

MODULE = 16  # pixels of a picture's smallest square; a multiple of 8, so that lines are whole bytes


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
    drawing: str = _code(content, border=0).make_image(qrcode.image.svg.SvgPathImage).to_string(encoding="unicode")
    return mark_safe(drawing)  # noqa: S308 - the library draws shapes, no words


def png(content: str) -> bytes:
    """The same code as a picture to keep: black on white with the quiet margin of 4 modules that scanners expect.

    One bit a pixel, written after the PNG specification (W3C, 3rd edition): the imaging library that would do it
    is larger than this whole platform.
    """
    lines = []
    for modules in _code(content, border=4).get_matrix():
        bits = "".join("0" * MODULE if dark else "1" * MODULE for dark in modules)
        line = int(bits, 2).to_bytes(len(bits) // 8)
        lines += [b"\0" + line] * MODULE  # \0: no filter
    side = len(lines)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)  # 1 bit, grey, not interlaced
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _code(content: str, *, border: int) -> qrcode.QRCode:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=border)
    code.add_data(content)
    return code


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
