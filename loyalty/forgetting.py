"""Forgetting a customer: who they were goes, what happened to the points stays, because the books depend on it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.module_loading import import_string

from customers import consents
from customers.models import Card, Channel, Chat, Code, Customer, ExternalId, Incoming, Message, OptOut, Profile
from loyalty.models import Dispute, Wallet


class Unknown(Exception):
    """Nobody has this number or id."""


def find(*, phone: str) -> int:
    """The customer with this number. Raises `Unknown`."""
    return _the_one(Customer.objects.filter(phone=phone).values_list("pk", flat=True))


def find_by_id(*, public_id: UUID) -> int:
    """The customer whom a programme knows by this id: some have no number. Raises `Unknown`."""
    return _the_one(Wallet.objects.filter(public_id=public_id).values_list("customer_id", flat=True))


def _the_one(found: QuerySet[Any, int]) -> int:
    customer_id = found.first()
    if customer_id is None:
        raise Unknown
    return customer_id


@transaction.atomic
def forget(*, customer_id: int, at: datetime) -> None:
    """Takes the number, names, cards, messages and words of its customer away, everywhere on this installation.

    Their wallets belong to nobody then: points in them can be neither seen nor spent, and expire as they would have.
    The same number starts anew as somebody else.
    """
    mine = {"customer_id": customer_id}
    # As a sale does, the wallets before the customer: a message that a sale under way is about to queue is seen below.
    list(Wallet.objects.select_for_update().filter(**mine).order_by("pk").values_list("pk"))
    phone = Customer.objects.select_for_update().values_list("phone", flat=True).get(pk=customer_id)
    for answer in consents.current(**mine):  # first: what is waiting to be sent must not go out
        if answer.granted:
            consents.withdraw(**mine, business_id=answer.business_id, channel=answer.channel, source="erasure", at=at)
    for chat in Chat.objects.filter(**mine):
        Incoming.objects.filter(channel=Channel.TELEGRAM, sender=chat.telegram_id).delete()
        Message.objects.filter(channel=Channel.TELEGRAM, to=chat.telegram_id).delete()
        chat.delete()
    for told in (Message, Profile, ExternalId, Incoming, OptOut):
        told.objects.filter(**mine).delete()
    if phone:  # these may name no customer
        Message.objects.filter(to=phone).delete()
        Incoming.objects.filter(sender=phone).delete()
        OptOut.objects.filter(address=phone).delete()
        Code.objects.filter(phone=phone).delete()
    Card.objects.filter(**mine, revoked_at=None).update(revoked_at=at)
    Dispute.objects.filter(**mine).update(text="", answer="")
    for path in settings.FORGETTING:
        import_string(path)(**mine)
    Customer.objects.filter(pk=customer_id).update(
        phone=None, session_epoch=F("session_epoch") + 1, blocked_at=None, blocked_reason=""
    )
