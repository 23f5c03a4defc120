"""Points that wait to be theirs, as people read of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import shown
from loyalty.models import Operation, Pending, Wallet
from loyalty.rules import Rules


def of(wallet: Wallet) -> QuerySet[Pending]:
    """Those of a wallet that wait, the first to come first."""
    waiting = Pending.objects.filter(wallet=wallet, settled_by=None).select_related("operation", "issuer")
    return waiting.order_by("due_at", "operation_id")


def visible(*, wallet_id: int, rules: Rules) -> QuerySet[Pending]:
    """Those that staff of the rules' business may know of, the newest first; see loyalty/history.py."""
    waiting = Pending.objects.filter(wallet_id=wallet_id, settled_by=None).select_related("operation__purchase")
    if rules.discreet:
        waiting = waiting.filter(issuer_id=rules.business_id)
    return waiting.order_by("-operation_id")


def known_to(*, wallet: Wallet, rules: Rules) -> int:
    """How many a business may know of: beside a confidential one only those that it promised itself."""
    if not rules.discreet or not wallet.pending:
        return wallet.pending
    found = of(wallet).filter(issuer_id=rules.business_id).aggregate(points=Sum(F("points") - F("refunded")))["points"]
    return found or 0


def when(operation: Operation, zone: ZoneInfo, now: datetime) -> str:
    """From which day what a sale promised is theirs; empty for a sale that promised nothing."""
    if not operation.pending or operation.pending < 0:
        return ""
    return _("theirs from %(day)s") % {"day": shown.day(operation.promise.due_at.astimezone(zone).date(), now)}


def in_words(points: int) -> str:
    """Empty for none."""
    if not points:
        return ""
    text = ngettext("%(points)s point more is on its way.", "%(points)s points more are on their way.", points)
    return text % {"points": shown.number(points)}
