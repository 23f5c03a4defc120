"""An import as people read it: how far it is, what it comes to, what was refused."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from businesses import money, shown
from loyalty.importing import work
from loyalty.importing.columns import KINDS
from loyalty.models import AT_WORK, Import, ImportKind, ImportRow, ImportState

ICONS = {
    ImportKind.PURCHASES: "receipt-text",
    ImportKind.CUSTOMERS: "users",
    ImportKind.PRODUCTS: "shopping-bag",
    ImportKind.OPENINGS: "coins",
}
TONES = {ImportState.DONE: "ok", ImportState.FAILED: "bad"}
SHOWN_ROWS = 50


def row(importing: Import) -> dict[str, Any]:
    """Of the list."""
    at = importing.created_at.astimezone(ZoneInfo(importing.business.time_zone))
    parts = [importing.get_kind_display(), shown.full_moment(at)]
    if importing.state == ImportState.DONE:
        posted, refused = importing.tally.get("posted", 0), importing.tally.get("refused", 0)
        parts.append(ngettext("%(count)s came in", "%(count)s came in", posted) % {"count": shown.number(posted)})
        if refused:
            parts.append(_("%(count)s rows refused") % {"count": shown.number(refused)})
    return {
        "importing": importing,
        "icon": ICONS[ImportKind(importing.kind)],
        "text": " · ".join(parts),
        "pill": importing.get_state_display(),
        "tone": TONES.get(ImportState(importing.state), ""),
    }


def facts(importing: Import) -> dict[str, Any]:
    """Of its own page."""
    before = work.same_before(importing)
    refused = list(ImportRow.objects.filter(importing=importing).order_by("pk")[:SHOWN_ROWS])
    return {
        **row(importing),
        "at_work": importing.state in AT_WORK,
        "progress": _progress(importing),
        "stats": _stats(importing),
        "refused": [_refused(importing, each) for each in refused],
        "refused_text": _refused_text(importing, len(refused)),
        "before": shown.short_day(before.created_at.date()) if before else "",
        "can_run": importing.state == ImportState.CHECKED and _brings(importing),
        "notes": _notes(importing),
    }


def _brings(importing: Import) -> bool:
    """Whether anything of it would come in."""
    return any(importing.tally.get(name) for name in ("posted", "changed"))


def _progress(importing: Import) -> dict[str, Any]:
    rows = importing.tally.get("rows", 0)
    said = {"rows": shown.number(rows), "all": shown.number(importing.rows)}
    if importing.state == ImportState.RUNNING and importing.rows:
        return {"value": rows, "max": importing.rows, "text": _("%(rows)s of %(all)s rows") % said}
    return {"value": 0, "max": 0, "text": _("%(rows)s rows looked through") % said}


def _stats(importing: Import) -> list[dict[str, str]]:
    tally = importing.tally
    figures: list[tuple[str, str]] = [(_("Rows"), "rows")]
    if importing.kind == ImportKind.PURCHASES:
        figures += [(_("Purchases"), "posted"), (_("New customers"), "new_customers"), (_("Points"), "points")]
    elif importing.kind == ImportKind.CUSTOMERS:
        figures += [(_("New customers"), "posted")]
    elif importing.kind == ImportKind.PRODUCTS:
        figures += [(pgettext("products", "New"), "posted"), (pgettext("products", "Changed or the same"), "changed")]
    else:
        figures += [(_("Customers"), "posted"), (_("New customers"), "new_customers"), (_("Points"), "points")]
    figures += [(_("There already"), "already_there"), (_("Rows refused"), "refused")]
    stats = [{"label": label, "value": shown.number(tally.get(name, 0))} for label, name in figures]
    if importing.kind == ImportKind.PURCHASES:
        currency = importing.business.program.currency
        amount = money.show_amount(Decimal(tally.get("amount", 0)), currency, shown.language())
        stats.insert(2, {"label": _("Amount"), "value": amount})
    return stats


def _notes(importing: Import) -> list[str]:
    """What the choices come to, in plain words."""
    notes = []
    if importing.kind == ImportKind.PURCHASES:
        notes.append(
            _("These purchases earn points, at today’s rate.")
            if importing.earns
            else _("These purchases earn no points. They count for visits, spending, reports and tiers.")
        )
        if opened := importing.tally.get("branches", 0):
            text = ngettext("%(count)s branch is opened.", "%(count)s branches are opened.", opened)
            notes.append(text % {"count": shown.number(opened)})
    return notes


def _refused(importing: Import, refused: ImportRow) -> dict[str, str]:
    labels = {field.name: str(field.label) for field in KINDS[importing.kind]}
    return {
        "line": shown.number(refused.line),
        "column": labels.get(refused.column, ""),
        "text": refused.text,
        "reason": refused.reason,
    }


def _refused_text(importing: Import, seen: int) -> str:
    count = importing.tally.get("refused", 0)
    if count <= seen:
        return ""
    return _("The first %(seen)s of %(all)s.") % {"seen": shown.number(seen), "all": shown.number(count)}
