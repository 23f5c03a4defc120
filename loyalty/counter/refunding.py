"""Refunding a part of a sale: an amount that is typed, or pieces of its lines."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from businesses import money, shown
from businesses.access import StaffRequest
from businesses.money import InvalidAmount
from loyalty import outcomes, purchases
from loyalty.counter import screen
from loyalty.counter.serving import serving
from loyalty.counter.views import (
    actor_of,
    amount_of,
    key_of,
    operation_of,
    rules_of,
    show,
    show_receipt,
    text_of,
    to_receipt,
    trouble_of,
)
from loyalty.models import Operation, PurchaseLine, RefundLine
from loyalty.rules import Rules

Context = dict[str, Any]


@require_http_methods(["GET", "POST"])
@serving
def refund(request: StaffRequest, operation: UUID) -> HttpResponse:
    terms, done = rules_of(request), operation_of(request, operation)
    if done.kind != "purchase" or not screen.may_undo(request, terms, done):
        return show_receipt(request, done, status=422 if request.method == "POST" else 200)
    if request.method == "GET":
        return _show(request, done)
    typed, pieces = text_of(request, "amount"), _pieces(request)
    kept: dict[str, Any] = {"value": typed, "pieces": pieces, "status": 422}
    line_ids = dict(PurchaseLine.objects.filter(purchase=done.pk).values_list("position", "pk"))
    if bool(typed) == bool(line_ids.keys() & pieces.keys()):
        return _show(request, done, error=_("Type an amount, or say which lines come back."), **kept)
    try:
        purchases.refund(
            rules=terms,
            actor=actor_of(request),
            operation_id=done.pk,
            key=key_of(request),
            amount=amount_of(terms, typed) if typed else None,
            pieces={line_ids[position]: _quantity(many) for position, many in pieces.items() if position in line_ids},
        )
    except InvalidAmount as wrong:
        return _show(request, done, error=str(wrong), **kept)
    except outcomes.RefundTooLarge:
        return _show(request, done, error=_("That is more than is left of this sale."), **kept)
    except outcomes.Busy as busy:
        return _show(request, done, error=trouble_of(busy), **kept)
    except (outcomes.AlreadyReversed, outcomes.KeyReused):
        pass  # as with undo: the receipt shows how it stands
    return to_receipt(request, done.public_id)


def _pieces(request: HttpRequest) -> dict[int, str]:
    """What is typed for the lines of a sale, by their positions, but for nothing and 0."""
    fields = {name.removeprefix("line-"): text_of(request, name) for name in request.POST if name.startswith("line-")}
    return {int(position): many for position, many in fields.items() if position.isdecimal() and many.strip("0.,")}


def _quantity(typed: str) -> Decimal:
    """Raises `InvalidAmount` with the sentence for the form."""
    if not re.fullmatch(r"[0-9]{1,9}([.,][0-9]{1,3})?", typed):
        raise InvalidAmount(_("Say how many pieces come back, in digits."))
    return Decimal(typed.replace(",", "."))


def _show(
    request: StaffRequest,
    operation: Operation,
    *,
    value: str = "",
    pieces: dict[int, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    terms = rules_of(request)
    context = {
        "state": "part",
        "receipt": screen.receipt(request, terms, operation),
        "customer": screen.customer(request, terms, operation.wallet, timezone.now()),
        "lines": _lines(terms, operation, pieces or {}),
        "pad": _pad(request, terms, operation, value=value[:40], error=error),
    }
    return show(request, context, status)


def _pad(request: StaffRequest, rules: Rules, operation: Operation, *, value: str, error: str) -> Context:
    left = operation.purchase.amount - operation.purchase.refunded
    shown_left = money.show_amount(left, rules.currency, shown.language())
    return {
        "label": _("Amount to refund"),
        "unit": money.symbol(rules.currency, shown.language()),
        "mark": "," if shown.language() in ("az", "ru") else ".",
        "value": value,
        "error": error,
        "note": _("%(amount)s of the sale is left.") % {"amount": shown_left},
        "fields": screen.fields(request),
        "url": reverse("counter-refund", args=[operation.public_id]),
        "action": _("Refund"),
        "cancel_url": reverse("counter-receipt", args=[operation.public_id]),
    }


def _lines(rules: Rules, operation: Operation, typed: dict[int, str]) -> list[Context]:
    """Those of which pieces are left, and how many of each are typed to come back."""
    bought = PurchaseLine.objects.filter(purchase=operation.pk, quantity__gt=0).order_by("position")
    back = RefundLine.objects.filter(refund__operation__reverses_id=operation.pk)
    returned = dict(back.values_list("line_id").annotate(Sum("quantity")))
    return [
        {
            "name": line.name or line.sku or pgettext("on a receipt", "Item"),
            "field": f"line-{line.position}",
            "left": format(left.normalize(), "f"),
            "step": "1" if line.quantity == line.quantity.to_integral_value() else "0.001",
            "price": money.show_amount(line.unit_price, rules.currency, shown.language()),
            "value": typed.get(line.position, ""),
        }
        for line in bought
        if (left := line.quantity - returned.get(line.pk, Decimal(0))) > 0
    ]
