"""One line of the history opened: where and when, what was bought, why so many points, and what became of them."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from businesses import shown
from businesses.money import show_amount
from loyalty import parts, rules, trail
from loyalty.models import Draw, Entry, EntryKind, Lot, Operation, OperationKind, Pending, PurchaseLine, Wallet
from loyalty.points import journal

Row = tuple[str, str]


def operations(wallet: Wallet) -> QuerySet[Operation]:
    """All that happened to these points. What was refused moved nothing, and is no part of it."""
    together = ("business", "branch", "purchase", "redemption", "adjustment", "reverses", "promise__issuer", "refund")
    return Operation.objects.filter(wallet_id=wallet.pk, refusal__isnull=True).select_related(*together)


def tell(operation: Operation, *, wallet: Wallet) -> dict[str, Any]:
    """The context of points/entry.html."""
    lines = list(journal.entries(wallet).filter(operation=operation).order_by("id"))
    return {
        "operation": operation,
        "title": _title(operation, lines),
        "points": shown.signed(operation.given),
        "unit": ngettext("point", "points", abs(operation.given)),
        "earned": operation.given > 0,
        "facts": _facts(operation, wallet),
        "lines": _lines(operation, wallet.program.currency),
        "why": _why(operation, wallet),
        "became": [*_waits(operation), *_owed(operation), *_lots(lines)],
        "came_from": _drawn(operation, lines),
        "undone": _undone(operation, wallet),
        "of": _of(operation, lines, wallet),
    }


def _title(operation: Operation, lines: list[Entry]) -> str:
    if lines:
        return journal.title(lines[0])
    return operation.business.name if operation.business else str(operation.get_kind_display())


def _facts(operation: Operation, wallet: Wallet) -> list[Row]:
    business, branch = operation.business, operation.branch
    names = [each.name for each in (business, branch) if each]
    zone = ZoneInfo(business.time_zone) if business else None
    clock = f", {shown.clock(operation.occurred_at.astimezone(zone))}" if zone else ""
    facts = [
        (_("Where"), " · ".join(dict.fromkeys(names))),
        (_("When"), shown.full_day(operation.local_on) + clock),
        (_("Amount"), _amount(operation, wallet.program.currency)),
        (_("Of it"), parts.in_words(operation, wallet.program.currency)),
        (_("Receipt"), operation.reference or ""),
        (_("Reason"), operation.adjustment.reason if hasattr(operation, "adjustment") else ""),
        (_("Balance after it"), _points(operation.balance_after)),
    ]
    return [(name, value) for name, value in facts if value]


def _amount(operation: Operation, currency: str) -> str:
    """Of a sale, or of what was refunded of one."""
    of = getattr(operation, "purchase", None) or getattr(operation, "refund", None)
    return show_amount(of.amount, currency, shown.language()) if of else ""


def _lines(operation: Operation, currency: str) -> list[dict[str, str]]:
    if operation.kind != OperationKind.PURCHASE:
        return []
    bought = PurchaseLine.objects.filter(purchase=operation.pk).order_by("position")
    return [
        {
            "name": line.name or line.sku or pgettext("on a receipt", "Item"),
            "quantity": shown.decimal(line.quantity),
            "amount": show_amount(line.quantity * line.unit_price - line.discount, currency, shown.language()),
        }
        for line in bought
    ]


def _why(operation: Operation, wallet: Wallet) -> list[str]:
    if operation.kind != OperationKind.PURCHASE or operation.business_id is None:
        return []
    return trail.sentences(operation.trail or [], rules.of(operation.business_id, wallet.program.rules_version))


def _waits(operation: Operation) -> list[str]:
    """From when what was promised is theirs."""
    promise = getattr(operation, "promise", None)
    if promise is None or promise.settled_by is None:
        return [_("They are yours from %(day)s.") % {"day": _day_of(promise)}] if promise else []
    if promise.settled_by.kind == OperationKind.REFUND:
        return []
    return [_("They came on %(day)s.") % {"day": _day_of(promise)}]


def _day_of(promise: Pending) -> str:
    return shown.full_day(promise.due_on)


def _owed(operation: Operation) -> list[str]:
    """What a refund could not take back, or what was taken for that later."""
    if operation.owed_delta > 0:
        return [
            _("%(points)s of them were spent already. What you earn next pays for that.")
            % {"points": shown.number(operation.owed_delta)}
        ]
    if operation.owed_delta < 0:
        return [
            _("%(points)s of them paid what was owed from a refund.") % {"points": shown.number(-operation.owed_delta)}
        ]
    return []


def _lots(lines: list[Entry]) -> list[str]:
    """What is left of points that came, and until when. Only open lots are looked for: they alone have an index."""
    came = [line for line in lines if line.points > 0 and line.kind != EntryKind.REVERSE]
    if not came:
        return []
    left = Lot.objects.open_of(came[0].wallet).filter(entry__in=[line.pk for line in came])
    zone = ZoneInfo(came[0].business.time_zone) if came[0].business else None
    said = [_left(lot, zone) for lot in left]
    return said or [_("None of these points are left: they were spent, taken back, or have expired.")]


def _left(lot: Lot, zone: ZoneInfo | None) -> str:
    many = lot.remaining
    if lot.gone_at is None:
        whole = ngettext("This %(points)s point does not expire.", "These %(points)s points do not expire.", many)
        part = ngettext(
            "%(points)s point of them is left. It does not expire.",
            "%(points)s points of them are left. They do not expire.",
            many,
        )
    else:
        whole = ngettext(
            "This %(points)s point lasts until %(day)s.", "These %(points)s points last until %(day)s.", many
        )
        part = ngettext(
            "%(points)s point of them is left, until %(day)s.",
            "%(points)s points of them are left, until %(day)s.",
            many,
        )
    day = shown.full_day(lot.gone_at.astimezone(zone).date()) if lot.gone_at else ""
    return (whole if many == lot.credit else part) % {"points": shown.number(many), "day": day}


def _drawn(operation: Operation, lines: list[Entry]) -> list[str]:
    """Where spent points had been earned."""
    spent = [line.pk for line in lines if line.kind == EntryKind.REDEEM]
    draws = Draw.objects.filter(entry__in=spent).values("issuer__name")
    return [
        _("%(points)s of them had been earned at %(place)s.")
        % {"points": shown.number(row["total"]), "place": row["issuer__name"]}
        for row in draws.annotate(total=Sum("points")).order_by("-total", "issuer__name")
    ]


def _undone(operation: Operation, wallet: Wallet) -> dict[str, str] | None:
    """The refund or cancellation that took it back."""
    by = parts.refunds(operation).first()
    if by is None:
        return None
    if operation.kind == OperationKind.REDEMPTION:
        words = _("Cancelled on %(day)s. The points came back.")
    elif operation.purchase.refunded < operation.purchase.amount:
        words = _("A part of it was refunded on %(day)s.")
    else:
        words = _("Refunded on %(day)s. It no longer counts.")
    return {"text": words % {"day": shown.full_day(by.local_on)}, "url": _url(wallet, by)}


def _of(operation: Operation, lines: list[Entry], wallet: Wallet) -> dict[str, str] | None:
    """What this one takes back, or where expired points had come from."""
    if operation.reverses:
        return {"text": _("See what it takes back"), "url": _url(wallet, operation.reverses)}
    if operation.kind == OperationKind.MATURITY:
        purchase = Operation.objects.get(pk=operation.key.removeprefix("mature:"))
        return {"text": _("See how they were earned"), "url": _url(wallet, purchase)}
    if operation.kind != OperationKind.EXPIRY:
        return None
    draws = Draw.objects.filter(entry__in=[line.pk for line in lines])
    draw = draws.select_related("lot__entry__operation").first()
    return {"text": _("See how they were earned"), "url": _url(wallet, draw.lot.entry.operation)} if draw else None


def _url(wallet: Wallet, operation: Operation) -> str:
    return reverse("points-entry", args=[wallet.public_id, operation.public_id])


def _points(points: int) -> str:
    return ngettext("%(points)s point", "%(points)s points", points) % {"points": shown.number(points)}
