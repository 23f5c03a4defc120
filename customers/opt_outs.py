"""STOP and START: who said on a channel that nothing is to be sent there, and who took that back.

Kept by address, because numbers that belong to no customer say STOP too. A customer's consents on that channel are
withdrawn with it, and given again by START where nothing newer was answered.
"""

from datetime import datetime

from django.db import transaction

from customers import consents
from customers.models import Channel, Customer, OptOut

STOP, START, PROVIDER = "stop", "start", "provider"


def is_stopped(*, channel: Channel, address: str) -> bool:
    return OptOut.objects.filter(channel=channel, address=address, lifted_at=None).exists()


@transaction.atomic
def stop(*, channel: Channel, address: str, source: str = STOP, customer_id: int | None = None, at: datetime) -> bool:
    """Whether it is news. `source` is `stop`, or `provider` where the customer told the provider alone."""
    customer_id = customer_id or _owner(channel, address)
    made = {"customer_id": customer_id, "stopped_at": at}
    _row, new = OptOut.objects.get_or_create(channel=channel, address=address, lifted_at=None, defaults=made)
    if customer_id:
        consents.withdraw_everywhere(customer_id=customer_id, channel=channel, source=source, at=at)
    return new


@transaction.atomic
def start(*, channel: Channel, address: str, customer_id: int | None = None, at: datetime) -> bool:
    """Whether there was anything to take back."""
    standing = OptOut.objects.filter(channel=channel, address=address, lifted_at=None)
    lifted = standing.update(lifted_at=at)
    if lifted and customer_id:
        for source in (STOP, PROVIDER):
            consents.give_again(customer_id=customer_id, channel=channel, withdrawn_by=source, source=START, at=at)
    return bool(lifted)


def _owner(channel: Channel, address: str) -> int | None:
    if channel != Channel.SMS:
        return None
    return Customer.objects.filter(phone=address).values_list("pk", flat=True).first()
