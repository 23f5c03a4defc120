"""Days and moments are written one way on all pages."""

import re
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

NIGHT = datetime(2026, 11, 21, 22, 5, tzinfo=UTC)


def written(template: str, **context: object) -> str:
    return Template("{% load written %}" + template).render(Context(context))


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "21 November 2026", "21 Nov 2026, 22:05"),
        ("az", "21 noyabr 2026", "21 noy 2026, 22:05"),
        ("ru", "21 ноября 2026", "21 нояб. 2026, 22:05"),
    ],
)
def test_a_day_reads_as_people_write_it(language: str, day: str, moment: str) -> None:
    with translation.override(language):
        assert written("{{ on|day }}", on=date(2026, 11, 21)) == day
        assert written("{{ at|moment }}", at=NIGHT) == moment


def test_a_moment_s_day_is_that_of_the_place() -> None:
    with translation.override("en"):
        assert written("{{ at|day }}", at=NIGHT) == "21 November 2026"
        assert written("{{ at|day:'Asia/Baku' }}", at=NIGHT) == "22 November 2026"


def test_templates_leave_the_writing_of_days_to_us() -> None:
    """Only what machines read, and the developer's page with its seconds, write them otherwise."""
    left = [
        f"{path.name}: {found}"
        for path in (settings.BASE_DIR / "templates").rglob("*.*")
        for found in re.findall(r"\|date:\S+", path.read_text())
        if not found.startswith("|date:'c'") and path.name != "messages.html"
    ]
    assert left == []
