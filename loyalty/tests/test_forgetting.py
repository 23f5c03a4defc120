"""A customer who wants to be forgotten: nothing tells who they were, and the books still agree."""

import io
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from businesses.tests.conftest import owner
from conftest import NOON, Shop
from customers import cards, consents, profiles
from customers.conversations import incoming
from customers.conversations.incoming import Heard
from customers.models import Card, Channel, Customer, Incoming, Message, Profile
from customers.profiles import Told
from loyalty import disputes, forgetting, purchases
from loyalty.lookup import Who
from loyalty.models import Dispute, DisputeReason, Operation
from loyalty.sales import Sale
from loyalty.tests.conftest import PHONE, buy, redeem, wallet
from loyalty.tests.parallel import wait_until_somebody_waits
from loyalty.tests.test_points_page import ask, sign_in, text

__all__ = ["owner"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

# What a dump of everything must not hold any more. Encrypted columns are looked at through their models.
TABLES = """
SELECT c.table_name FROM information_schema.tables c
 WHERE c.table_schema = 'public' AND c.table_type = 'BASE TABLE'"""


def somebody(shop: Shop) -> Customer:
    """Somebody who told everything that one can tell."""
    incoming.receive(Heard(Channel.SMS, "first", PHONE, "Hello, I am Aysel Mammadova"), at=NOON)
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
    for said in ("I am Aysel", "STOP"):
        incoming.receive(Heard(Channel.SMS, said, PHONE, said), at=NOON)
    return mine.customer


def forget() -> None:
    forgetting.forget(customer_id=forgetting.find(phone=PHONE), at=NOON)


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
    forget()
    assert PHONE not in everything()
    assert "Mammadova" not in everything()
    assert not Message.objects.exists()
    assert not Profile.objects.exists()
    assert not Incoming.objects.exists()
    assert (Dispute.objects.get().text, Dispute.objects.get().answer) == ("", "")
    assert Card.objects.get(pk=card.pk).revoked_at == NOON
    assert consents.count(business_id=shop.business.pk, channel=Channel.SMS) == 0


def test_their_points_and_their_page_are_nobodys_and_the_number_starts_anew(shop: Shop, client: Client) -> None:
    customer = somebody(shop)
    sign_in(client)
    home = reverse("points-wallet", args=[wallet().public_id])
    assert client.get(home).status_code == 200
    forget()
    assert client.get(home).url.startswith("/points/")
    assert buy(shop, 7).enrolled
    assert (wallet().balance, wallet().customer_id != customer.pk) == (7, True)


def test_a_manager_still_reads_the_figures_and_nobody_s_name(shop: Shop, owner: Client) -> None:
    public_id = str(Operation.objects.get(pk=buy(shop, 40).id).wallet.public_id)
    forget()
    assert "40 points" in text(owner.get(reverse("customer", args=[public_id])))
    assert owner.get("/customers/").status_code == 200
    assert owner.get("/activity/").status_code == 200


def test_who_is_not_there_is_not_forgotten(shop: Shop) -> None:
    buy(shop, 40)
    with pytest.raises(forgetting.Unknown):
        forgetting.find(phone="+994507654321")
    with pytest.raises(forgetting.Unknown):
        forgetting.find_by_id(public_id=uuid4())
    assert forgetting.find(phone=PHONE) == forgetting.find_by_id(public_id=wallet().public_id)


def test_who_has_no_number_is_forgotten_by_id(shop: Shop) -> None:
    who = Who("external_id", "crm-77")
    sale = purchases.record(rules=shop.rules, actor=shop.actor, who=who, sale=Sale(Decimal(9)), key="nine", at=NOON)
    assert "crm-77" in everything()
    forgetting.forget(customer_id=forgetting.find_by_id(public_id=sale.customer), at=NOON)
    assert "crm-77" not in everything()


@pytest.mark.django_db(transaction=True)
def test_a_sale_under_way_leaves_no_message_behind(shop: Shop) -> None:
    """It has read the number, and queues its message, while the customer is being forgotten."""
    buy(shop, 40)
    consents.give(
        customer_id=wallet().customer_id, business_id=shop.business.pk, channel=Channel.SMS, source="points", at=NOON
    )
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            buy(shop, 7)
            assert Message.objects.count() == 1
            forgotten = pool.submit(_forget_and_close)
            wait_until_somebody_waits()
        forgotten.result()
    assert not Message.objects.exists()


def _forget_and_close() -> None:
    try:
        forget()
    finally:
        connections.close_all()


def test_the_command_reads_the_number_and_says_what_is_left(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(shop, 40)
    typed = iter(["12", "+994 50 765 43 21", "+994 50 123 45 67"])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    for wrong in ("neither a phone number nor an id", "Nobody has this number or id"):
        with pytest.raises(CommandError, match=wrong):
            call_command("forget_customer")
    said = io.StringIO()
    call_command("forget_customer", stdout=said)
    assert "Forgotten. Backups" in said.getvalue()
    assert not Customer.objects.filter(phone=PHONE).exists()
