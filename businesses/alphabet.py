"""Words in the order in which people look for them, and found however they were typed.

In Python, because the collations of a database depend on how it was built. The lists are those of one business.
"""

import re
import unicodedata
from functools import cache

LAST = "\uffff"  # above every letter: "c" + LAST stands between "c…" and "d…"
# https://www.unicode.org/cldr/charts/47/collation/az.html: A B C Ç D E Ə F G Ğ H X I İ J K Q …
AZERBAIJANI = {"ç": "c", "ə": "e", "ğ": "g", "x": "h", "i": "i", "q": "k", "ö": "o", "ş": "s", "ü": "u"}
AFTER = {
    "az": str.maketrans({"ı": "i"} | {letter: before + LAST for letter, before in AZERBAIJANI.items()}),
    "": str.maketrans({"ı": "i" + LAST, "ə": "e" + LAST, "й": "и" + LAST}),  # no marks on a letter, but letters
}
TYPED = str.maketrans({"ə": "e", "ı": "i"})  # on a keyboard without them


def order(text: str, language: str) -> tuple[str, str]:
    """A key to sort by: letters as the language has them, without regard to case, and “Branch 2” before “Branch 10”."""
    lowered = unicodedata.normalize("NFC", _lower(text, language))
    letters = _plain(lowered.translate(AFTER.get(language, AFTER[""])))
    words = " ".join(re.findall(rf"[\w{LAST}]+", letters))
    return re.sub(r"\d+", lambda digits: digits[0].lstrip("0").zfill(20), words), text


@cache
def _fold_letter(letter: str) -> str:
    return _plain(letter.lower().translate(TYPED)).casefold()


def fold(text: str) -> str:
    """As it is compared: “SUMQAYIT”, “Sumqayıt” and “sumqayit” are the same."""
    return text.lower() if text.isascii() else "".join(map(_fold_letter, text))


def holds(text: str, sought: str) -> bool:
    """Whether each of the sought words is in it, however both were typed."""
    folded = fold(text)
    return all(word in folded for word in fold(sought).split())


def _lower(text: str, language: str) -> str:
    """In Azerbaijani the large I is that of ı, and İ that of i."""
    return (text.replace("I", "ı").replace("İ", "i") if language == "az" else text.replace("İ", "i")).lower()


def _plain(text: str) -> str:
    """Without the marks on the letters."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
