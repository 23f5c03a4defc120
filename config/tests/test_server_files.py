"""The files a server is set up from must fit the settings: nothing runs them here."""

import re

import pytest
import yaml

from embedded import ROOT


def names_in(pattern: str, file: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE))


def test_env_example_names_every_setting():
    settings = names_in(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', "config/settings.py")
    assert len(settings) > 10
    assert settings <= names_in(r"^(?:# )?([A-Z_]+)=", ".env.example")


@pytest.mark.parametrize("name", ["SECRET_KEY", "KEY_PEPPER", "FIELD_KEYS", "POSTGRES_PASSWORD"])
def test_no_secret_has_a_value_in_the_files(name):
    assert f"\n# {name}=\n" in (ROOT / ".env.example").read_text()
    for said in re.findall(rf"{name}.*", (ROOT / "docker-compose.yml").read_text()):
        assert said.startswith((f"{name}: ${{", f"{name}:?"))


def test_compose_starts_every_part_after_the_migrations():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    asked_for = {name for name, service in services.items() if service.get("profiles")}
    assert asked_for == {"telegram", "mcp"}
    assert set(services) - asked_for == {"database", "broker", "migrate", "web", "worker", "beat"}
    assert services["database"]["image"] == "postgres:18"
    for name in ("web", "worker", "beat", *asked_for):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services[name]["env_file"] == ".env"
    for name in ("database", "broker", "web", "worker"):
        assert services[name]["healthcheck"]["test"]
