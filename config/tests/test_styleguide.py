"""The design system holds together: what pages rely on exists, is shown, and obeys our content policy."""

import re
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.template.loader import get_template
from django.test import Client, override_settings
from django.utils import translation

from businesses.models import User
from config.styleguide import STATES, SampleForm

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCREENS = [
    "/styleguide/",
    *(f"/styleguide/counter/?state={state}" for state in STATES),
    "/styleguide/points/",
    "/styleguide/code/",
]


@pytest.fixture
def superadmin(client: Client) -> Client:
    root = User.objects.create_superuser("root@example.com", "a long enough one")
    TOTP.activate(root, generate_totp_secret())
    client.force_login(root)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("address", SCREENS)
def test_a_superadmin_sees_it_and_a_stranger_does_not(address: str, superadmin: Client):
    assert superadmin.get(address).status_code == 200
    assert Client().get(address).status_code == 404


@pytest.mark.django_db
def test_an_unknown_state_is_not_found(superadmin: Client):
    assert superadmin.get("/styleguide/counter/?state=asleep").status_code == 404


@pytest.mark.django_db
def test_every_component_is_shown(superadmin: Client):
    shown = {template.name for address in SCREENS for template in superadmin.get(address).templates}
    components = {f"components/{path.name}" for path in (ROOT / "templates/components").iterdir()}
    assert components - shown == set()


def test_every_template_compiles():
    for path in TEMPLATES:
        get_template(str(path.relative_to(ROOT / "templates")))


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = (ROOT / "static/icons/sprite.svg").read_text()
    names = r'components/icon\.html" with name="([^"]+)"|\bicon="([^"]+)"|name=\w+\|default:"([^"]+)"'
    for path in TEMPLATES:
        for match in re.findall(names, path.read_text()):
            assert f'id="{"".join(match)}"' in sprite, f"{path.name} names {''.join(match)}"


def test_no_template_needs_what_the_content_policy_forbids():
    forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:|hx-on|hx-vals=.?js:")
    for path in TEMPLATES:
        assert not forbidden.findall(path.read_text()), path


def test_the_style_sheet_imports_every_component_once():
    index = (ROOT / "static/css/index.css").read_text()
    for path in (ROOT / "static/css/components").iterdir():
        assert index.count(f'"components/{path.name}"') == 1, path.name


def test_collectstatic_joins_the_style_sheets(tmp_path: Path):
    storages = {"staticfiles": {"BACKEND": "config.static.HashedModuleStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", "--no-input", "-v0")
    (joined,) = tmp_path.glob("css/index.*.css")
    style = joined.read_text()
    assert "@import" not in style
    assert style.index("@layer reset, tokens") < style.index("--canvas") < style.index(".pad-key")
    assert re.search(r'url\("\.\./fonts/inter-latin\.\w{12}\.woff2"\)', style)


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["login", "signup", "password/reset", "password/reset/done", "confirm-email"])
def test_pages_of_signing_in_wear_our_layout(step: str, client: Client):
    html = client.get(f"/accounts/{step}/").content.decode()
    assert "css/index" in html
    assert 'id="main"' in html


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["password/change", "2fa", "email", "sessions"])
def test_pages_of_ones_account_wear_our_layout(step: str, superadmin: Client):
    html = superadmin.get(f"/accounts/{step}/").content.decode()
    assert "css/index" in html
    assert 'class="tabs"' in html


@pytest.mark.django_db
def test_a_page_speaks_the_language_that_was_pressed(client: Client):
    with translation.override("en"):  # which also takes back what the pages set for this thread
        answer = client.post("/language/", {"language": "ru", "next": "/accounts/login/"})
        assert answer.url == "/accounts/login/"
        assert '<html lang="ru"' in client.get("/accounts/login/").content.decode()


def test_a_mistake_stands_beside_its_field_and_the_value_is_kept():
    html = str(SampleForm({"email": "not an address"}, auto_id="it_%s"))
    field = re.search(r'<input[^>]*id="it_email"[^>]*>', html).group()
    assert 'value="not an address"' in field
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="it_email_error"' in field
    assert re.search(r'id="it_email_error".*?Enter a valid email address', html, re.S)


def test_a_field_that_may_stay_empty_says_so():
    html = str(SampleForm(auto_id="it_%s"))
    assert re.search(r'<label for="it_about">[^<]*<span class="optional">', html)
    assert not re.search(r'<label for="it_name">[^<]*<span class="optional">', html)


def test_a_form_that_waited_too_long_says_what_to_do():
    with translation.override("en"):
        answer = Client(enforce_csrf_checks=True).post("/language/", {"language": "ru"})
    assert answer.status_code == 403
    assert "This page waited too long" in answer.content.decode()


def test_the_page_of_a_failure_needs_neither_request_nor_database():
    assert "css/index" in get_template("500.html").render()
