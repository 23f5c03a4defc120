"""How the panel shows and finds rows of the ledger: through the indexes that the ledger has."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from businesses import money, shown
from businesses.models import Business, Program
from businesses.panel import Column, as_uuid
from customers.admin import meant, phone_of
from customers.models import Customer
from loyalty.models import Draw, Entry, Lot, Operation, Wallet

FIND = _("Phone, customer id, operation id, key or receipt number")
WHO = Column(_("customer"), show=lambda record: phone_of(record.customer))
WHERE = Column(_("business"), "business")
WHEN = Column(_("when"), "occurred_at")
RECORDED = Column(_("recorded"), "created_at")
OF_OPERATION = Column(_("operation"), show=lambda record: operation_link(record.operation))
SCOPES = ("business:{}", "business:{}:import", "business:{}:demo")


def amount(label: Any, path: str, *, business: str = "business", rare: bool = False) -> Column:
    """Money in the programme's currency. Of `rare` ones a nought is not said."""
    value, place = Column("", path), Column("", business)

    def show(record: Any) -> str | None:
        found: Decimal | None = value.value(record)
        if found is None or (rare and not found):
            return None
        return money.show_amount(found, place.value(record).program.currency, shown.language())

    return Column(label, path, show=show, figure=True)


def wallets(text: str) -> list[int]:
    """Those of a person: by phone, or by the id under which integrators know them."""
    public_id = as_uuid(text)
    if public_id:
        return list(Wallet.objects.filter(public_id=public_id).values_list("pk", flat=True))
    people = Customer.objects.filter(phone__in=meant(text))
    return list(Wallet.objects.filter(customer__in=list(people)).values_list("pk", flat=True))


def operations(text: str) -> list[int]:
    """By public id, or else by key, or else by receipt number, each through its index."""
    public_id = as_uuid(text)
    if public_id:
        return list(Operation.objects.filter(public_id=public_id).values_list("pk", flat=True))
    known = Business.objects.values_list("pk", flat=True)
    scopes = ["system", *(scope.format(pk) for pk in known for scope in SCOPES)]
    scopes += [f"programme:{pk}" for pk in Program.objects.values_list("pk", flat=True)]
    by_key = list(Operation.objects.filter(scope__in=scopes, key=text).values_list("pk", flat=True))
    # `refusal` as in the condition of the index, so that it is used.
    by_reference = Operation.objects.filter(reference=text, refusal__isnull=True)
    return by_key or list(by_reference.order_by("-pk").values_list("pk", flat=True)[:100])


def operation_link(operation: Operation) -> str:
    address = reverse("admin:loyalty_operation_change", args=[operation.pk])
    return format_html('<a href="{}">{}</a>', address, operation.get_kind_display())


def operations_of(of_wallets: list[int]) -> QuerySet[Entry, Any]:
    """Operations have no index of wallets, entries have: those that moved nothing are not found this way."""
    return Entry.objects.filter(wallet_id__in=of_wallets).values("operation_id")


def lots_of(of_wallets: list[int]) -> list[int]:
    """The open ones are indexed; the others are those from which the entries of the wallet drew."""
    emptied = Draw.objects.filter(entry_id__in=Entry.objects.filter(wallet_id__in=of_wallets).values("pk"))
    left = Lot.objects.filter(wallet_id__in=of_wallets, open=True)
    return [*left.values_list("pk", flat=True), *emptied.values_list("lot_id", flat=True)]
