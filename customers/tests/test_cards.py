"""QR cards: one live token for each customer and programme."""

import pytest
from django.db import IntegrityError, transaction

from businesses.models import Program
from conftest import NOON
from customers import cards
from customers.models import Card, Customer
from customers.tests.conftest import PHONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(program: Program) -> dict[str, int]:
    return {"program_id": program.pk, "customer_id": Customer.objects.create(phone=PHONE).pk}


def test_the_card_stays_the_same_until_it_is_replaced(ids: dict[str, int]) -> None:
    assert cards.current(**ids, at=NOON).token == cards.current(**ids, at=NOON).token


def test_a_replaced_card_is_revoked_and_kept(ids: dict[str, int]) -> None:
    old = cards.current(**ids, at=NOON)
    new = cards.replace(**ids, token=old.token, at=NOON)
    old.refresh_from_db()
    assert old.revoked_at == NOON
    assert new.token != old.token
    assert cards.current(**ids, at=NOON).token == new.token


def test_a_second_press_replaces_nothing(ids: dict[str, int]) -> None:
    old = cards.current(**ids, at=NOON)
    new = cards.replace(**ids, token=old.token, at=NOON)
    assert cards.replace(**ids, token=old.token, at=NOON).token == new.token
    assert Card.objects.count() == 2


def test_the_token_of_somebody_else_revokes_nothing(ids: dict[str, int]) -> None:
    stranger = Customer.objects.create(phone="+994501111111")
    theirs = cards.current(program_id=ids["program_id"], customer_id=stranger.pk, at=NOON)
    cards.replace(**ids, token=theirs.token, at=NOON)
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_the_database_refuses_a_second_live_card(ids: dict[str, int]) -> None:
    cards.current(**ids, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.create(**ids)


def test_the_drawing_is_an_ordinary_qr_code(ids: dict[str, int]) -> None:
    drawing = cards.svg(cards.current(**ids, at=NOON).token)
    assert drawing.startswith("<svg")
    assert "<script" not in drawing
    side = float(drawing.split('viewBox="0 0 ')[1].split(" ")[0])
    assert side >= 21  # modules of the smallest ordinary code; a Micro QR has at most 17


def test_a_token_says_nothing_of_its_owner(ids: dict[str, int]) -> None:
    token = cards.current(**ids, at=NOON).token
    assert len(token) == 24
    assert PHONE[1:] not in token
