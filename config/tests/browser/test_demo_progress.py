"""The banner of a demo that is still loading follows by itself."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from config.models import DemoProgress
from conftest import NOON

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]


@pytest.fixture
def asked(page: Page, settings: Any) -> list[str]:
    """The browser's questions about the progress of a demo that is 9 % loaded."""
    settings.DEMO = True
    DemoProgress.objects.create(program="main-street", until_on=NOON.date(), percent=9)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/demo/progress/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_the_banner_follows_and_ends_without_moving_the_page(page: Page, server: str, asked: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/?from=poster")
    banner, heading = page.locator(".banner"), page.get_by_role("heading", level=1)
    expect(banner).to_contain_text("9 %")
    place = heading.bounding_box()
    DemoProgress.objects.update(percent=60)
    expect(banner).to_contain_text("60 %")
    expect(banner.locator("progress")).to_have_attribute("value", "60")
    assert heading.bounding_box() == place
    DemoProgress.objects.update(percent=100)
    expect(banner).to_contain_text("The demo data is all there.")
    assert heading.bounding_box() == place
    told = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == told
    banner.get_by_role("link").click()
    expect(page).to_have_url(f"{server}/?from=poster")
    expect(banner).to_have_count(0)


def test_nobody_asks_where_nothing_is_loading(page: Page, server: str, asked: list[str]) -> None:
    DemoProgress.objects.update(percent=100)
    page.goto(server)
    expect(page.locator("main")).not_to_contain_text(re.compile("demo data"))
    page.wait_for_timeout(2500)
    assert asked == []
