"""Who may take a sale or a spend back: a cashier what they did themselves today; a manager all of it."""

from datetime import datetime

from businesses.access import MANAGERS
from businesses.models import Staff
from loyalty.models import Operation
from loyalty.rules import Rules


def is_of(*, staff: Staff, operation: Operation) -> bool:
    """Whether it shows to this member of staff at all: a cashier answers for their own till only."""
    confirmed = _confirmed(operation)
    mine = {operation.staff_id, confirmed.staff_id if confirmed else None}
    return staff.role in MANAGERS or staff.pk in mine


def may(*, staff: Staff, operation: Operation, rules: Rules, at: datetime) -> bool:
    """Later than today, and others' work, is a manager's to undo."""
    mine = _confirmed(operation) or operation
    today = rules.local(at).date()
    return staff.role in MANAGERS or (mine.staff_id == staff.pk and mine.local_on == today)


def _confirmed(operation: Operation) -> Operation | None:
    """What handed out a spend that was held."""
    redemption = getattr(operation, "redemption", None)
    return redemption.confirmed_by if redemption else None
