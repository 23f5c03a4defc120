"""Colours of businesses: what can be read on them, and in them."""

import re
from itertools import product

import pytest

from businesses import colours

SOME = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product(range(0, 256, 51), repeat=3)]


def readable(colour: str) -> bool:
    return any(colours.contrast(colour, ink) >= 4.5 for ink in (colours.WHITE, colours.DARK))


def test_contrast_is_that_of_the_standard() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert colours.contrast("#9f1239", "#9f1239") == 1


@pytest.mark.parametrize("text", ["#9F1239", "9f1239", " #9f1239 "])
def test_a_colour_is_written_in_more_than_one_way(text: str) -> None:
    assert colours.parse(text) == "#9f1239"


def test_three_digits_are_six() -> None:
    assert colours.parse("#fa0") == "#ffaa00"


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#gggggg", "#９f1239", "0x9f12", "9f1239;}"])
def test_nonsense_is_no_colour(text: str) -> None:
    with pytest.raises(colours.InvalidColour):
        colours.parse(text)


def test_dark_words_stand_on_a_bright_colour_and_white_ones_on_a_dark() -> None:
    assert colours.ink("#ffd400") == colours.DARK
    assert colours.ink("#9f1239") == colours.WHITE


def test_where_neither_can_be_read_the_nearest_that_works_is_offered() -> None:
    with pytest.raises(colours.Unreadable) as refused:
        colours.ink("#ff0000")
    nearest = refused.value.nearest
    assert readable(nearest)
    assert nearest == "#ff0f0f"
    assert colours.contrast(nearest, "#ff0000") < 1.2


@pytest.mark.parametrize("colour", SOME)
def test_every_colour_is_readable_or_leads_to_one_that_is(colour: str) -> None:
    try:
        ink = colours.ink(colour)
    except colours.Unreadable as refused:
        assert not readable(colour)
        ink = colours.ink(refused.nearest)
    assert ink in (colours.WHITE, colours.DARK)


@pytest.mark.parametrize("colour", [colour for colour in SOME if readable(colour)])
def test_words_in_the_colour_can_be_read_by_day_and_by_night(colour: str) -> None:
    """On the page, on a card, and on either tinted with the colour."""
    by_day, by_night = re.search(r"light-dark\((#\w+), (#\w+)\)", colours.style(colour)).groups()
    for words, surfaces in ((by_day, ("#ffffff", "#f6f6f4")), (by_night, ("#0f1013", "#17191d", "#23262c"))):
        for surface, part in product(surfaces, (0, 0.09, 0.16)):
            tinted = colours._mix(surface, colour, part)
            assert colours.contrast(words, tinted) >= 4.4, (words, surface, part)
