"""A real Chromium against the platform as it runs in production: hashed static files and the strict content policy."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import Client, override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import BrowserContext, Page

from businesses.models import User
from businesses.tests.conftest import signed_in

HASHED = {"staticfiles": {"BACKEND": "config.static.HashedModuleStorage"}}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright leaves an event loop in this thread, in which asyncio.run() would fail."""
    items.sort(key=lambda item: "browser" in item.keywords)


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: a Motion JPEG, which is JPEGs one after another. Read when a page turns it on."""
    return tmp_path_factory.mktemp("camera") / "camera.mjpeg"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, camera: Path) -> dict:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    arguments = [
        "--no-sandbox",  # Chromium's own needs rights that a container lacks
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    return browser_type_launch_args | {"executable_path": chromium, "args": arguments}


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder, STORAGES=HASHED):
        call_command("collectstatic", "--no-input", "-v0")
    return folder


@pytest.fixture(scope="module")
def server(django_db_setup: None, collected: Path) -> Iterator[str]:
    """The address of a server with the whole platform behind it. WhiteNoise serves the static files, as always."""
    # Django's guard against its ORM under an event loop: Playwright's stands still while a test runs.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with override_settings(STATIC_ROOT=collected, STORAGES=HASHED):
        thread = LiveServerThread("127.0.0.1", static_handler=lambda _: WSGIHandler())
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        assert thread.error is None
        yield f"http://127.0.0.1:{thread.port}"
        thread.terminate()


@pytest.fixture
def sign_in(server: str, context: BrowserContext, transactional_db: None) -> Callable[[User], None]:
    """Signs a user in to the browser of this test."""

    def with_cookie(user: User) -> None:
        client = Client()
        client.force_login(user)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}])

    return with_cookie


def enter(user: User, context: BrowserContext, server: str) -> None:
    """Signs in somebody who has a second factor, as whoever manages must."""
    client = signed_in(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}])


@pytest.fixture
def complaints() -> list[str]:
    """What the browser of this test complained of in its console. A test that expects some checks and clears it."""
    return []


@pytest.fixture
def page(page: Page, complaints: list[str]) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen: errors of scripts, refused requests, breaches of the policy."""
    page.set_default_timeout(10_000)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
