"""Pictures that people upload: read with care, and written anew, so that nothing of the file itself is kept."""

import io
from pathlib import PurePath

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000  # 5,000 × 5,000; decoding takes four bytes for each
SIDE = 256
# What the decoders call a kind, and the endings it may have. MPO is what some phones make of JPEG.
ENDINGS = {
    "PNG": {".png"},
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "MPO": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "WEBP": {".webp"},
}


class NotAPicture(ValueError):
    """Not to be used; the message is for the person who chose the file."""


def logo(file: UploadedFile) -> bytes:
    """A WebP of `SIDE` × `SIDE`, the picture whole in its middle. Raises `NotAPicture`."""
    if (file.size or 0) > MOST_BYTES:
        raise NotAPicture(_("This file is larger than 10 MB. Save the picture smaller and choose it again."))
    picture = _open(file)
    try:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception as error:  # whatever a decoder makes of a broken file
        raise NotAPicture(_("This picture is damaged. Save it again and choose the new file.")) from error
    written = io.BytesIO()
    ImageOps.pad(upright, (SIDE, SIDE), color=(0, 0, 0, 0)).save(written, "WEBP", quality=90, method=4, exact=False)
    return written.getvalue()


def _open(file: UploadedFile) -> Image.Image:
    """Looks at the head only: what is too large to decode is never decoded."""
    try:
        picture = Image.open(file, formats=["PNG", "JPEG", "WEBP"])
    except Image.DecompressionBombError as error:
        raise NotAPicture(_too_many_pixels()) from error
    except Exception as error:
        raise NotAPicture(_("This is no PNG, JPEG or WebP picture.")) from error
    if picture.width * picture.height > MOST_PIXELS:
        raise NotAPicture(_too_many_pixels())
    kind = picture.format or ""
    if kind != "MPO" and getattr(picture, "is_animated", False):
        raise NotAPicture(_("This picture moves. Choose one that stands still."))
    if PurePath(file.name or "").suffix.lower() not in ENDINGS[kind]:
        said = "JPEG" if kind == "MPO" else kind
        raise NotAPicture(_("The name of this file does not fit: inside it is %(kind)s.") % {"kind": said})
    return picture


def _too_many_pixels() -> str:
    return _("This picture has too many pixels. Save it with at most 5,000 on a side and choose it again.")
