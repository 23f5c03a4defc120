"""Changing the key of encrypted fields."""

import base64
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.db import connection

from businesses import encryption, rotation
from conftest import Shop
from customers.models import Customer, Message, Profile

OLD, NEW = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
PEOPLE = 5


@pytest.fixture
def keys(settings: Any) -> Iterator[Callable[..., None]]:
    """Starts the platform anew with these keys."""

    def restart(*values: str) -> None:
        settings.FIELD_KEYS = list(values)
        encryption._keys.cache_clear()

    yield restart
    encryption._keys.cache_clear()


@pytest.fixture
def secrets(keys: Callable[..., None], shop: Shop) -> Callable[[], list[object]]:
    """Values of every kind under the old key; called, it reads them all."""
    keys(OLD)
    for number in range(PEOPLE):
        customer = Customer.objects.create(phone=f"+99450000000{number}")
        Profile.objects.create(
            program=shop.business.program, customer=customer, birthday=f"1990-01-0{number + 1}", email=""
        )
        Message.objects.create(
            customer=customer, channel="sms", to="x", kind="code", language="en", text=f"Code {number}"
        )
    TOTP.activate(shop.owner, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(shop.owner)

    def read() -> list[object]:
        factors = {row.type: row.wrap() for row in Authenticator.objects.all()}
        return [
            *Profile.objects.order_by("pk").values_list("birthday", "email"),
            *Message.objects.order_by("pk").values_list("text", flat=True),
            factors["recovery_codes"].get_unused_codes(),
            encryption.unseal(factors["totp"].instance.data["secret"]),
        ]

    return read


def sealed() -> set[str]:
    """The key ids in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left(birthday, 8) FROM customers_profile UNION SELECT left(text, 8) FROM customers_message"
            " UNION SELECT left(coalesce(data->>'secret', data->>'seed'), 8) FROM mfa_authenticator"
        )
        return {row[0] for row in cursor.fetchall()}


def test_after_a_rotation_the_old_key_is_needed_no_more(
    keys: Callable[..., None], secrets: Callable[[], list[object]], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "CHUNK", 2)
    before = secrets()
    keys(NEW, OLD)
    assert secrets() == before
    call_command("rotate_field_keys")
    said = capsys.readouterr().out
    assert "customers.Profile.birthday: 4 of 5\ncustomers.Profile.birthday: 5 of 5\n" in said
    assert "12 values rotated." in said
    keys(NEW)
    assert secrets() == before
    assert len(sealed()) == 1


def test_a_second_run_finds_nothing_to_do(
    keys: Callable[..., None], secrets: Callable[[], list[object]], capsys: Any
) -> None:
    keys(NEW, OLD)
    call_command("rotate_field_keys")
    capsys.readouterr()
    call_command("rotate_field_keys")
    assert "0 values rotated." in capsys.readouterr().out


def test_a_run_that_was_stopped_keeps_what_it_did_and_the_next_goes_on(
    keys: Callable[..., None], secrets: Callable[[], list[object]], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = secrets()
    monkeypatch.setattr(rotation, "CHUNK", 2)
    keys(NEW, OLD)
    messages = next(place for place in rotation.places() if place.model is Message)
    next(messages.rotate())
    assert len(sealed()) == 2
    assert secrets() == before
    call_command("rotate_field_keys")
    assert "10 values rotated." in capsys.readouterr().out


def test_a_value_whose_key_is_gone_is_counted_and_left(
    keys: Callable[..., None], secrets: Callable[[], list[object]], capsys: Any
) -> None:
    before = secrets()
    keys(NEW)
    with pytest.raises(SystemExit):
        call_command("rotate_field_keys")
    assert "12 values name a key" in capsys.readouterr().err
    keys(OLD)
    assert secrets() == before


def test_every_encrypted_field_is_found() -> None:
    assert {str(place) for place in rotation.places()} >= {
        "customers.Profile.birthday",
        "customers.Profile.email",
        "customers.Message.text",
        "mfa.Authenticator.data",
    }
