"""One operation, as `reading` gives it, in words: for a line of the page and for a line of the export."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from businesses import money, shown
from customers import people
from customers.people import Person
from loyalty import parts, pending, refusals
from loyalty.models import OperationKind
from loyalty.rules import Rules

HEAD = (
    "Day",
    "Time",
    "Customer",
    "Kind",
    "Amount",
    "Currency",
    "Points",
    "By",
    "Branch",
    "Reference",
    "State",
    "Reason",
)


def lines(operations: list[Any], rules: Rules, now: datetime) -> list[dict[str, Any]]:
    """The context of templates/activity/page.html."""
    zone = ZoneInfo(rules.time_zone)
    persons = _persons(operations, rules)
    return [
        {
            "person": persons[row.customer_id],
            "customer": row.wallet.public_id,
            "when": f"{shown.day(row.local_on, now)} · {shown.clock(row.occurred_at.astimezone(zone))}",
            "what": _what(row),
            "amount": money.show_amount(row.amount, rules.currency, shown.language()) if row.amount is not None else "",
            "points": shown.signed(row.given) if row.refusal is None else "",
            "earned": row.given > 0,
            "by": _by(row),
            "branch": row.branch.name if row.branch else "",
            "undone": row.undone,
            "refused": refusal(row),
            "note": " · ".join(
                filter(None, [parts.in_words(row, rules.currency), _note(row), pending.when(row, zone, now)])
            ),
            "url": reverse("counter-receipt", args=[row.public_id]) if _opens(row) else "",
        }
        for row in operations
    ]


def cells(operations: list[Any], rules: Rules) -> Iterator[list[str]]:
    """The columns of HEAD: figures are plain, so that every spreadsheet reads them."""
    zone = ZoneInfo(rules.time_zone)
    persons = _persons(operations, rules)
    for row in operations:
        yield [
            row.local_on.isoformat(),
            row.occurred_at.astimezone(zone).strftime("%H:%M"),
            shown.neutral(persons[row.customer_id].name),
            row.kind,
            money.plain(row.amount, rules.currency) if row.amount is not None else "",
            rules.currency if row.amount is not None else "",
            str(row.given) if row.refusal is None else "",
            shown.neutral(_by(row)),
            shown.neutral(row.branch.name if row.branch else ""),
            shown.neutral(row.reference or ""),
            "refused" if row.refusal else "undone" if row.undone else "done",
            shown.neutral(refusal(row) or _reason(row)),
        ]


def refusal(row: Any) -> str:
    """Why a rule said no, in words; empty for what was done."""
    if row.refusal is None:
        return ""
    fact = row.refusal
    if fact["code"] == "not_enough_points":
        figures = {name: shown.number(int(fact[name])) for name in ("available", "needed")}
        return _("Not enough points: %(available)s available, %(needed)s needed.") % figures
    if fact["code"] == "reference_used":
        return _("The receipt number was used before.")
    if fact["code"] == "already_reversed":
        return _("It was undone before.")
    if fact["code"] == "refund_too_large":
        return _("More than was left to refund.")
    if fact["code"] == "customer_blocked":
        return _("The customer is blocked.")
    return refusals.sentence(fact) or _("Refused")


def _persons(operations: list[Any], rules: Rules) -> dict[int, Person]:
    return people.on_screen(program_id=rules.program_id, customer_ids=[row.customer_id for row in operations])


def _what(row: Any) -> str:
    if row.kind == OperationKind.REDEMPTION and row.spent_on:
        return str(row.spent_on)
    return str(OperationKind(row.kind).label)


def _opens(row: Any) -> bool:
    """Whether it has a receipt, from which it is undone or refunded in part."""
    return row.refusal is None and row.kind in (OperationKind.PURCHASE, OperationKind.REDEMPTION)


def _by(row: Any) -> str:
    if row.staff:
        return str(row.staff.user.full_name)
    if row.api_key:
        return str(row.api_key.name)
    # Nobody of the business: a correction by hand then is the operator's; what expires, the calendar's.
    return _("The programme’s operator") if hasattr(row, "adjustment") else ""


def _note(row: Any) -> str:
    if hasattr(row, "approval"):
        return _("Approved by %(name)s") % {"name": row.approval.staff.user.short_name}
    return _reason(row)


def _reason(row: Any) -> str:
    return str(row.adjustment.reason) if hasattr(row, "adjustment") else ""
