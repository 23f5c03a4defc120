"""A customer who wants to be forgotten: nothing tells who they were, and the books still agree."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from businesses.tests.conftest import owner
from conftest import NOON, Shop
from customers import cards, consents, profiles
from customers.models import Card, Channel, Customer, Message, Profile
from customers.profiles import Told
from loyalty import disputes, forgetting
from loyalty.models import Dispute, DisputeReason, Operation
from loyalty.tests.conftest import PHONE, buy, redeem, wallet
from loyalty.tests.test_points_page import ask, sign_in, text

__all__ = ["owner"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

# What a dump of everything must not hold any more. Encrypted columns are looked at through their models.
TABLES = """
SELECT c.table_name FROM information_schema.tables c
 WHERE c.table_schema = 'public' AND c.table_type = 'BASE TABLE'"""


def somebody(shop: Shop) -> Customer:
    """Somebody who told everything that one can tell."""
    sale = buy(shop, 40)
    mine = wallet()
    ids = {"customer_id": mine.customer_id}
    told = Told(name="Aysel Mammadova", email="aysel@example.com", language="en")
    profiles.save(program_id=mine.program_id, **ids, told=told)
    consents.give(**ids, business_id=shop.business.pk, channel=Channel.SMS, source="points", at=NOON)
    cards.current(program_id=mine.program_id, **ids, at=NOON)
    asked = disputes.make(
        operation=Operation.objects.get(pk=sale.id), reason=DisputeReason.OTHER, text="I am Aysel", at=NOON
    )
    disputes.answer(dispute=asked, staff=shop.staff, text="Dear Aysel", at=NOON)
    redeem(shop, 5)  # tells by SMS
    return mine.customer


def everything() -> str:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f'SELECT t::text FROM "{name}" t' for name in names))
        return "\n".join(line for (line,) in cursor.fetchall())


def test_nothing_tells_who_they_were(shop: Shop, client: Client) -> None:
    card = cards.current(program_id=shop.business.program_id, customer_id=somebody(shop).pk, at=NOON)
    ask(client, PHONE)  # for a code
    assert PHONE in everything()
    assert "Mammadova" in everything()
    forgetting.forget(phone=PHONE, at=NOON)
    assert PHONE not in everything()
    assert "Mammadova" not in everything()
    assert not Message.objects.exists()
    assert not Profile.objects.exists()
    assert (Dispute.objects.get().text, Dispute.objects.get().answer) == ("", "")
    assert Card.objects.get(pk=card.pk).revoked_at == NOON
    assert consents.count(business_id=shop.business.pk, channel=Channel.SMS) == 0


def test_their_points_and_their_page_are_nobodys_and_the_number_starts_anew(shop: Shop, client: Client) -> None:
    customer = somebody(shop)
    sign_in(client)
    home = reverse("points-wallet", args=[wallet().public_id])
    assert client.get(home).status_code == 200
    forgetting.forget(phone=PHONE, at=NOON)
    assert client.get(home).url.startswith("/points/")
    assert buy(shop, 7).enrolled
    assert (wallet().balance, wallet().customer_id != customer.pk) == (7, True)


def test_a_manager_still_reads_the_figures_and_nobody_s_name(shop: Shop, owner: Client) -> None:
    public_id = str(Operation.objects.get(pk=buy(shop, 40).id).wallet.public_id)
    forgetting.forget(phone=PHONE, at=NOON)
    assert "40 points" in text(owner.get(reverse("customer", args=[public_id])))
    assert owner.get("/customers/").status_code == 200
    assert owner.get("/activity/").status_code == 200


def test_who_is_not_there_is_not_forgotten(shop: Shop) -> None:
    buy(shop, 40)
    with pytest.raises(forgetting.Unknown):
        forgetting.forget(phone="+994507654321", at=NOON)
    assert Customer.objects.filter(phone=PHONE).exists()


def test_the_command_reads_the_number_and_says_what_is_left(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(shop, 40)
    typed = iter(["12", "+994 50 765 43 21", "+994 50 123 45 67"])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    for wrong in ("no phone number", "Nobody has this number"):
        with pytest.raises(CommandError, match=wrong):
            call_command("forget_customer")
    said = io.StringIO()
    call_command("forget_customer", stdout=said)
    assert "Forgotten. Backups" in said.getvalue()
    assert not Customer.objects.filter(phone=PHONE).exists()
