"""What customers did at an online shop, as it tells us: taken in by the batch, kept for some months."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from customers.models import Card, Customer, ExternalId
from loyalty.lookup import By, Who
from loyalty.models import Wallet
from loyalty.rules import Rules
from promotions.models import BehaviourEvent, SignIn

KEPT = timedelta(days=90)
MOST_AT_ONCE = 1_000
AT_ONCE = 10_000  # are deleted

# One that was told before, by the shop's name for it, is not counted again.
INSERT = """
INSERT INTO promotions_behaviourevent
       (business_id, received_at, customer_id, kind, occurred_at, event_id, session, path, sku)
SELECT %(business)s::bigint, %(at)s::timestamptz, e.*
  FROM unnest(%(customers)s::bigint[], %(kinds)s::text[], %(moments)s::timestamptz[], %(ids)s::text[],
              %(sessions)s::text[], %(paths)s::text[], %(skus)s::text[]) e
    ON CONFLICT (business_id, event_id) DO NOTHING"""


class Told(NamedTuple):
    customer_id: int
    kind: str
    occurred_at: datetime
    event_id: str | None
    session: str
    path: str
    sku: str


def take(*, business_id: int, events: Sequence[Told], at: datetime) -> int:
    """Keeps them in one statement, and returns how many were new."""
    customers, kinds, moments, ids, sessions, paths, skus = map(list, zip(*events, strict=True)) if events else [[]] * 7
    values: dict[str, Any] = {"customers": customers, "kinds": kinds, "moments": moments, "ids": ids}
    values |= {"sessions": sessions, "paths": paths, "skus": skus, "business": business_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return int(cursor.rowcount)


def customers_of(*, rules: Rules, named: Sequence[Who]) -> Mapping[Who, int]:
    """Those of them who are of the programme, in a statement for each way to name somebody."""
    found: dict[Who, int] = {}
    for by in {who.by for who in named}:
        values = [who.value for who in named if who.by == by]
        found |= {Who(by, str(value)): customer_id for value, customer_id in _named(by, values, rules)}
    mine = Wallet.objects.filter(program_id=rules.program_id, customer__in=set(found.values()))
    known = set(mine.values_list("customer_id", flat=True))
    return {who: customer_id for who, customer_id in found.items() if customer_id in known}


def forget(*, customer_id: int) -> None:
    """All that a customer did."""
    BehaviourEvent.objects.filter(customer=customer_id).delete()
    SignIn.objects.filter(customer=customer_id).delete()


def forget_old(*, at: datetime) -> int:
    """Returns how many events and sign-ins that was. Safe to repeat."""
    return _delete(BehaviourEvent.objects.filter(received_at__lt=at - KEPT)) + _delete(
        SignIn.objects.filter(at__lt=at - KEPT)
    )


def _named(by: By, values: list[str], rules: Rules) -> Iterable[tuple[Any, Any]]:
    if by == "phone":
        return Customer.objects.filter(phone__in=values).values_list("phone", "pk")
    if by == "external_id":
        mine = ExternalId.objects.filter(business=rules.business_id, external_id__in=values)
        return mine.values_list("external_id", "customer_id")
    if by == "card":
        live = Card.objects.filter(program=rules.program_id, token__in=values, revoked_at=None)
        return live.values_list("token", "customer_id")
    wallets = Wallet.objects.filter(program=rules.program_id, public_id__in=values)
    return wallets.values_list("public_id", "customer_id")


def _delete(old: QuerySet[Any]) -> int:
    """Some at a time: nobody has to wait for a whole night's."""
    deleted = 0
    while some := old.filter(pk__in=list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])).delete()[0]:
        deleted += some
    return deleted
