"""Names as people type them: made safe to show, to print and to put into an address."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model
from django.utils.text import slugify
from django.utils.translation import gettext as _

M = TypeVar("M", bound=Model)

JOINERS = "\u200c\u200d"  # invisible, but part of Persian words and of emoji
AZERBAIJANI = str.maketrans({"ə": "e", "ı": "i"})  # the rest is a Latin letter with a mark
LETTERS = "аa бb вv гg дd еe ёyo жzh зz иi йy кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya"
RUSSIAN = {pair[0]: pair[1:] for pair in LETTERS.split()}
SLUG_LENGTH = 40


class InvalidName(ValueError):
    """Not a name; the message is for the person who wrote it."""


def clean(text: str) -> str:
    """One line with single spaces. Raises `InvalidName` for what cannot be seen or turns the text around it."""
    name = " ".join(text.split())
    kinds = {unicodedata.category(sign) for sign in name if sign not in JOINERS}
    if kinds & {"Cc", "Cf", "Cs", "Co", "Cn"}:
        raise InvalidName(_("This holds signs that cannot be shown. Type the name anew."))
    if not {kind[0] for kind in kinds} & {"L", "N", "S"}:
        raise InvalidName(_("Write a name with at least one letter or digit."))
    return name


def create_with_slug(model: type[M], name: str, **fields: object) -> M:
    """A row whose `slug` is made from its name. Safe against another taking the same slug at the same moment."""
    for slug in slugs(name):
        row, created = model._default_manager.get_or_create(slug=slug, defaults={"name": name, **fields})
        if created:
            return row
    raise AssertionError("slugs never end")


def slugs(name: str) -> Iterator[str]:
    """`nar-coffee`, then `nar-coffee-x7k2` and others without end."""
    slug = _latin(name) or "business"
    yield slug
    while True:
        yield f"{slug}-{secrets.token_hex(3)}"


def _latin(name: str) -> str:
    lower = name.lower().translate(AZERBAIJANI)
    latin = "".join(RUSSIAN.get(sign, sign) for sign in unicodedata.normalize("NFC", lower))
    return re.sub(r"-+", "-", slugify(latin))[:SLUG_LENGTH].strip("-_")
