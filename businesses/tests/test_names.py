"""Names as people type them."""

import itertools

import pytest

from businesses import names
from businesses.models import Program


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Nar\t  Coffee\n", "Nar Coffee"),
        ("Ресторан «Ёлка»", "Ресторан «Ёлка»"),
        ("🍎", "🍎"),
        ("👨‍🍳 Usta", "👨‍🍳 Usta"),
        ("<b>Bold</b>", "<b>Bold</b>"),
        ("7", "7"),
    ],
)
def test_a_name_is_kept_as_one_line(text: str, name: str) -> None:
    assert names.clean(text) == name


@pytest.mark.parametrize("text", ["Nar\x00", "\u202eevil", "\u200b", "a\u2066b", "\ud800", "\ue000", "...", "\u200d"])
def test_a_name_that_cannot_be_seen_is_refused(text: str) -> None:
    with pytest.raises(names.InvalidName):
        names.clean(text)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Nar Coffee", "nar-coffee"),
        ("Əziz Şəkər Çayxanası", "eziz-seker-cayxanasi"),
        ("İçərişəhər", "iceriseher"),
        ("Щука и Ёж", "shchuka-i-yozh"),
        ("Объект йода", "obekt-yoda"),
        ("🍎", "business"),
        ("寿司", "business"),
        ("-- a --", "a"),
        ("a" * 120, "a" * 40),
    ],
)
def test_a_slug_is_latin(name: str, slug: str) -> None:
    assert next(names.slugs(name)) == slug


def test_slugs_never_end_and_fit_their_column() -> None:
    many = list(itertools.islice(names.slugs("ş" * 120), 20))
    assert len(set(many)) == 20
    assert max(map(len, many)) <= Program._meta.get_field("slug").max_length


@pytest.mark.django_db
def test_the_second_of_a_name_gets_another_slug() -> None:
    first, second = (names.create_with_slug(Program, "Nar", currency="AZN", join_code=code) for code in "AB")
    assert first.slug == "nar"
    assert second.slug.startswith("nar-")
    assert first.name == second.name == "Nar"
