"""Opening an account: a customer of the installation and their wallet in one programme."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from customers import consents, profiles, registry
from customers.models import Channel
from customers.profiles import Told

NEW_WALLET = """
INSERT INTO loyalty_wallet (program_id, customer_id) VALUES (%s::bigint, %s::bigint)
    ON CONFLICT (customer_id, program_id) DO NOTHING RETURNING id, public_id"""
NEW_WALLETS = """
INSERT INTO loyalty_wallet (program_id, customer_id) SELECT %s::bigint, c FROM unnest(%s::bigint[]) c ORDER BY c
    ON CONFLICT (customer_id, program_id) DO NOTHING RETURNING id"""
WALLET = "SELECT id, public_id FROM loyalty_wallet WHERE program_id = %s::bigint AND customer_id = %s::bigint"


@dataclass(frozen=True)
class Member:
    """A customer with a wallet. `enrolled`: the wallet is new; whether the person was known elsewhere does not show."""

    customer_id: int
    wallet_id: int
    public_id: UUID
    enrolled: bool


def enrol(
    *,
    program_id: int,
    business_id: int,
    phone: str | None = None,
    external_id: str | None = None,
    told: Told | None = None,
    agreed_to: tuple[Channel, ...] = (),
    source: str = "counter",
    at: datetime,
) -> Member:
    """Finds or opens the account of a phone (E.164), or else of the business's own id; safe in parallel.

    What is told fills what the profile does not hold yet. `agreed_to` are channels the customer said yes to.
    """
    if (phone is None) == (external_id is None):
        raise ValueError("a customer is named by a phone or by an outside id")
    with transaction.atomic():
        member = _member(program_id, business_id, phone, external_id)
        profiles.fill(program_id=program_id, customer_id=member.customer_id, told=told or Told())
        for channel in agreed_to:
            consents.give(
                customer_id=member.customer_id, business_id=business_id, channel=channel, source=source, at=at
            )
    return member


def enrol_many(*, program_id: int, told: Sequence[tuple[int, Told]]) -> int:
    """Opens wallets for customers by their ids, with what is told of them, and returns how many are new."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NEW_WALLETS, [program_id, list({customer_id for customer_id, _told in told})])
        made = len(cursor.fetchall())
        profiles.fill_many(program_id=program_id, told=told)
    return made


def _member(program_id: int, business_id: int, phone: str | None, external_id: str | None) -> Member:
    customer_id = registry.enrol(business_id=business_id, phone=phone, external_id=external_id)
    with connection.cursor() as cursor:
        cursor.execute(NEW_WALLET, [program_id, customer_id])
        row = cursor.fetchone()
        enrolled = row is not None
        if not enrolled:
            cursor.execute(WALLET, [program_id, customer_id])
            row = cursor.fetchone()
    return Member(customer_id, row[0], row[1], enrolled)
