"""Forgetting a customer: who they were goes, what happened to the points stays, because the books depend on it."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from customers import consents
from customers.models import Card, Code, Customer, ExternalId, Message, Profile
from loyalty.models import Dispute


class Unknown(Exception):
    """Nobody has this number."""


@transaction.atomic
def forget(*, phone: str, at: datetime) -> None:
    """Takes the number, names, cards, messages and words of its customer away, everywhere on this installation.

    Their wallets belong to nobody then: points in them can be neither seen nor spent, and expire as they would have.
    The same number starts anew as somebody else. Raises `Unknown`.
    """
    customer = Customer.objects.select_for_update().filter(phone=phone).first()
    if customer is None:
        raise Unknown
    mine = {"customer_id": customer.pk}
    for answer in consents.current(**mine):  # first: what is waiting to be sent must not go out
        if answer.granted:
            consents.withdraw(**mine, business_id=answer.business_id, channel=answer.channel, source="erasure", at=at)
    for told in (Message, Profile, ExternalId):
        told.objects.filter(**mine).delete()
    Message.objects.filter(to=phone).delete()  # codes name no customer
    Code.objects.filter(phone=phone).delete()
    Card.objects.filter(**mine, revoked_at=None).update(revoked_at=at)
    Dispute.objects.filter(**mine).update(text="", answer="")
    Customer.objects.filter(pk=customer.pk).update(
        phone=None, session_epoch=F("session_epoch") + 1, blocked_at=None, blocked_reason=""
    )
