"""What of a sale was refunded, and what points paid for, in a few words."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from businesses.money import show_amount
from loyalty.models import Operation, OperationKind

REVERSALS = Operation.objects.filter(reverses_id=OuterRef("pk"), refusal__isnull=True)


def with_undone(operations: QuerySet[Operation]) -> QuerySet[Any]:
    """`undone`: nothing of it stands. A sale of which a part was refunded does."""
    whole = Q(purchase=None) | Q(purchase__refunded=F("purchase__amount"))
    return operations.annotate(undone=Q(Exists(REVERSALS)) & whole)


def refunds(operation: Operation) -> QuerySet[Operation]:
    """Of a sale, or the cancellation of a redemption; the last one first."""
    found = Operation.objects.filter(reverses_id=operation.pk, refusal__isnull=True)
    return found.select_related("refund").order_by("-pk")


def in_words(operation: Operation, currency: str) -> str:
    """“48 points paid 4.80 ₼ · 10.00 ₼ refunded”; empty for most."""
    return " · ".join(filter(None, [_paid(operation, currency), _returned(operation), _refunded(operation, currency)]))


def _paid(operation: Operation, currency: str) -> str:
    spent = operation.spent or 0
    if spent <= 0:
        return ""
    words = ngettext("%(points)s point paid %(amount)s", "%(points)s points paid %(amount)s", spent)
    return words % {
        "points": shown.number(spent),
        "amount": show_amount(operation.purchase.paid_with_points, currency, shown.language()),
    }


def _returned(operation: Operation) -> str:
    returned = -(operation.spent or 0)
    if returned <= 0:
        return ""
    words = ngettext("%(points)s point that paid came back", "%(points)s points that paid came back", returned)
    return words % {"points": shown.number(returned)}


def _refunded(operation: Operation, currency: str) -> str:
    """Of a part; where all of it came back it is undone."""
    purchase = operation.purchase if operation.kind == OperationKind.PURCHASE else None
    if purchase is None or purchase.refunded in (0, purchase.amount):
        return ""
    return _("%(amount)s refunded") % {"amount": show_amount(purchase.refunded, currency, shown.language())}
