"""Colours as businesses choose them, and whether anybody can read words on them.

Contrast is that of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): 4.5 : 1 is the least for words.
"""

import re
from dataclasses import dataclass

LEAST = 4.5
WHITE, DARK = "#ffffff", "#16181d"  # the inks that stand on a colour; the second is --ink
# The surfaces that words in a brand's colour may stand on, see tokens.css.
LIGHT_SURFACES, DARK_SURFACES = ("#ffffff", "#f6f6f4"), ("#0f1013", "#17191d", "#23262c")
TINT = 0.16  # how much of the brand --soft-hover mixes into its surface; --brand-soft has less


class InvalidColour(ValueError):
    """Not six hexadecimal digits."""


@dataclass
class Unreadable(ValueError):
    """Neither white nor dark words can be read on it; on `nearest` they can."""

    nearest: str


def parse(text: str) -> str:
    """`#9F1239`, `9f1239` or `#fa0` as `#9f1239`. Raises `InvalidColour`."""
    digits = text.strip().removeprefix("#").lower()
    if re.fullmatch(r"[0-9a-f]{3}", digits, re.ASCII):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch(r"[0-9a-f]{6}", digits, re.ASCII):
        raise InvalidColour(text)
    return f"#{digits}"


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink(colour: str) -> str:
    """What can be read on this colour. Raises `Unreadable`."""
    for words in (WHITE, DARK):
        if contrast(colour, words) >= LEAST:
            return words
    raise Unreadable(_nearest(colour))


def style(colour: str) -> str:
    """The style sheet that puts a business's colour into our components. Raises `Unreadable`."""
    words = ink(colour)
    shade = "black" if words == WHITE else "white"
    text = f"light-dark({_on(LIGHT_SURFACES, colour, 'black')}, {_on(DARK_SURFACES, colour, 'white')})"
    return f":root {{ --brand: {colour}; --brand-ink: {words}; --brand-shade: {shade}; --brand-text: {text}; }}\n"


def _on(surfaces: tuple[str, ...], colour: str, towards: str) -> str:
    """The first step from this colour towards black or white that can be read on all these, tinted with it or not."""
    end = "#000000" if towards == "black" else WHITE
    grounds = [_mix(surface, colour, part) for surface in surfaces for part in (0, TINT)]
    steps = (_mix(colour, end, step / 50) for step in range(51))
    return next(each for each in steps if all(contrast(each, ground) >= LEAST for ground in grounds))


def _nearest(colour: str) -> str:
    for step in range(1, 256):
        for end in ("#000000", WHITE):
            candidate = _mix(colour, end, step / 255)
            if any(contrast(candidate, words) >= LEAST for words in (WHITE, DARK)):
                return candidate
    raise AssertionError("black can be read on white")


def _mix(colour: str, other: str, part: float) -> str:
    """`color-mix(in srgb, …)` of CSS, with `part` of the other."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
