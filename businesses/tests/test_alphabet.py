"""The order of names, and how they are found."""

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from businesses import alphabet, shown


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Branch 1", "branch 2", "Branch 010", "Branch 10a", "Branch 100"]),
        ("az", ["Bakı", "Cəlil", "Çay", "Dan", "Elm", "Əhmədli", "Fəvvarə"]),
        ("az", ["Gəncə", "Ğ", "Həzi", "Xətai", "Isır", "İsmayıllı", "Kür", "Qəbələ", "Lerik"]),
        ("az", ["Sumqayıt", "Şəki", "Tovuz", "Ucar", "Üz", "Yasamal"]),
        ("en", ["Cafe", "Café", "Çay", "Dan", "Queen", "Xeno"]),
        ("ru", ["Ежи", "Ёлки 2", "Ёлки 10", "Изба", "Йод", "Кот"]),
        ("en", ["", "«Alma»", "Bakery"]),
    ],
)
def test_names_stand_as_people_look_for_them(language: str, names: list[str]) -> None:
    assert sorted(reversed(names), key=lambda name: alphabet.order(name, language)) == names


def test_no_two_names_share_a_place() -> None:
    """Or a page could show one twice and the other never."""
    assert len({alphabet.order(name, "az") for name in ("Nar", "nar", "NAR", "Nar 1", "Nar 01")}) == 5


@pytest.mark.parametrize("typed", ["Sumqayıt", "SUMQAYIT", "sumqayit", "SUMQAYİT"])
def test_a_name_is_the_same_on_every_keyboard(typed: str) -> None:
    assert alphabet.fold(typed) == "sumqayit"


@pytest.mark.parametrize(("name", "typed"), [("Əhmədli", "ehmedli"), ("İçərişəhər", "iceriseher"), ("Ёлки", "елки")])
def test_marks_on_letters_need_not_be_typed(name: str, typed: str) -> None:
    assert alphabet.fold(name) == typed


def test_a_heading_begins_with_the_capital_of_its_language() -> None:
    first, status = (shown.capital(text) for text in ("ilk alış", gettext_lazy("status")))
    assert (first, str(status)) == ("Ilk alış", "Status")
    with translation.override("az"):
        assert shown.capital("ilk alış") == "İlk alış"
    with translation.override("ru"):
        assert str(status) == "Статус"
