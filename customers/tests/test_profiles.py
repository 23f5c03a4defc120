"""What customers tell, and who may fill it in."""

from datetime import date

import pytest
from django.db import connection

from businesses.models import Program
from customers import profiles
from customers.models import Customer, Profile
from customers.profiles import Told
from customers.tests.conftest import PHONE

pytestmark = pytest.mark.django_db

ALL = Told("Aysel Məmmədova 😀", date(1990, 2, 28), "aysel@example.com", "az")


@pytest.fixture
def ids(program: Program) -> dict[str, int]:
    return {"program_id": program.pk, "customer_id": Customer.objects.create(phone=PHONE).pk}


def test_nothing_told_is_nothing_known(ids: dict[str, int]) -> None:
    assert profiles.told(**ids) == Told()
    profiles.fill(**ids, told=Told())
    assert Profile.objects.count() == 0


def test_what_was_told_comes_back(ids: dict[str, int]) -> None:
    profiles.save(**ids, told=ALL)
    assert profiles.told(**ids) == ALL


def test_birthday_and_mail_lie_encrypted_in_the_database(ids: dict[str, int]) -> None:
    profiles.save(**ids, told=ALL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT birthday, email FROM customers_profile")
        stored = "".join(cursor.fetchone())
    assert "1990" not in stored
    assert "aysel" not in stored


def test_the_customers_own_word_replaces_everything(ids: dict[str, int]) -> None:
    profiles.save(**ids, told=ALL)
    profiles.save(**ids, told=Told(name="Aysel"))
    assert profiles.told(**ids) == Told(name="Aysel")


def test_a_cashiers_word_fills_only_what_is_empty(ids: dict[str, int]) -> None:
    profiles.save(**ids, told=Told(name="Aysel"))
    profiles.fill(**ids, told=Told(name="Leyla", language="ru"))
    assert profiles.told(**ids) == Told(name="Aysel", language="ru")


def test_programmes_are_told_apart(ids: dict[str, int]) -> None:
    other = Program.objects.create(slug="other", name="Other", currency="USD", join_code="OTHER")
    profiles.save(**ids, told=ALL)
    assert profiles.told(program_id=other.pk, customer_id=ids["customer_id"]) == Told()
