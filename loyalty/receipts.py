"""A sale as its customer takes it home: one list of rows, as plain text for a till's printer and as a PDF.

In the language of the business, with its branch, its lines, and the points as they stood after the sale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

from django.contrib.staticfiles import finders
from django.utils import translation
from django.utils.translation import gettext as _

from businesses import money, shown
from loyalty.models import Purchase, PurchaseLine
from loyalty.outcomes import Posted
from loyalty.rules import Rules

COLUMNS = 40  # signs of a till's printer
PAPER = 80  # millimetres of its roll
ROW, EDGE = 5, 5  # millimetres
FONTS = ("latin", "latin-ext", "cyrillic")  # parts of one family; what a part lacks comes from the next


@dataclass(frozen=True)
class Row:
    """Words on the left, a figure on the right; either may be empty. A `rule` is a line across."""

    left: str = ""
    right: str = ""
    rule: bool = False
    bold: bool = False


def rows(*, purchase: Purchase, posted: Posted, rules: Rules) -> list[Row]:
    """What stands on the receipt. `posted` is the sale as the ledger tells it; its trail is not read."""
    with translation.override(rules.language):
        return [
            *_head(purchase, rules),
            Row(rule=True),
            *_sold(purchase, posted, rules),
            Row(rule=True),
            *_points(posted),
        ]


def _head(purchase: Purchase, rules: Rules) -> Iterator[Row]:
    branch, operation = purchase.branch, purchase.operation
    yield Row(rules.name, bold=True)
    yield Row(branch.name)
    if branch.address:
        yield Row(branch.address)
    yield Row(shown.full_moment(rules.local(purchase.occurred_at)))
    yield Row(_("Receipt %(number)s") % {"number": operation.reference or str(operation.public_id)[:8]})


def _sold(purchase: Purchase, posted: Posted, rules: Rules) -> Iterator[Row]:
    def amount(value: Decimal) -> str:
        return f"{money.plain(value, rules.currency)} {rules.currency}".replace("-", "−")

    for line in PurchaseLine.objects.filter(purchase=purchase).order_by("position"):
        cost = line.quantity * line.unit_price - line.discount
        pieces = "" if line.quantity == 1 else f" × {shown.decimal(line.quantity)}"
        yield Row(f"{line.name or line.sku or line.category or '…'}{pieces}", amount(cost))
    discounts = sum((Decimal(each.get("discount", 0)) for each in posted.effects), Decimal(0))
    if discounts:
        yield Row(_("Coupons"), amount(-discounts))
    yield Row(_("Total"), amount(purchase.amount), bold=True)
    if posted.spent:
        yield Row(_("Paid with points"), amount(purchase.paid_with_points))
    if purchase.refunded:
        yield Row(_("Refunded"), amount(purchase.refunded))


def _points(posted: Posted) -> Iterator[Row]:
    if posted.spent:
        yield Row(_("Points spent"), shown.signed(-posted.spent))
    yield Row(_("Points earned"), shown.signed(posted.points))
    if posted.pending:
        yield Row(_("Points on their way"), shown.signed(posted.pending))
    yield Row(_("Your points"), shown.number(posted.balance_after), bold=True)


def as_text(found: list[Row]) -> str:
    """40 signs wide; words that are too long go on in the next line."""
    return "\n".join(line for row in found for line in _lines(row)) + "\n"


def _lines(row: Row) -> Iterator[str]:
    if row.rule:
        yield "-" * COLUMNS
        return
    rest, room = row.left, COLUMNS - len(row.right) - bool(row.right)
    while len(rest) > COLUMNS or (len(rest) > room and row.right):
        at = rest.rfind(" ", 1, COLUMNS) if len(rest) > COLUMNS else len(rest)
        at = at if at > 0 else COLUMNS
        yield rest[:at]
        rest = rest[at:].lstrip()
    yield f"{rest}{row.right:>{COLUMNS - len(rest)}}" if row.right else rest


def as_pdf(found: list[Row]) -> bytes:
    """One page of a till's roll, as long as it has to be."""
    # fpdf takes a fifth of the time in which everything else is imported.
    from fpdf import FPDF
    from fpdf.enums import Align, XPos, YPos

    height = 2 * EDGE + ROW * (2 + sum(len(list(_lines(row))) for row in found))
    pdf = FPDF(format=(PAPER, height))
    pdf.set_margin(EDGE)
    pdf.set_auto_page_break(False)
    for part in FONTS:
        pdf.add_font(part, fname=str(finders.find(f"fonts/inter-{part}.woff2")))
    pdf.set_fallback_fonts([*FONTS[1:]], exact_match=False)
    pdf.add_page()
    for row in found:
        pdf.set_font(FONTS[0], size=11 if row.bold else 9)
        if row.rule:
            pdf.line(EDGE, pdf.get_y() + ROW / 2, PAPER - EDGE, pdf.get_y() + ROW / 2)
            pdf.ln(ROW)
            continue
        *before, last = list(_lines(Row(row.left, row.right)))
        for line in before:
            pdf.cell(0, ROW, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        left = last.removesuffix(row.right).rstrip() if row.right else last
        pdf.cell(0, ROW, left, new_x=XPos.LMARGIN, new_y=YPos.TOP)
        pdf.cell(0, ROW, row.right, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    out = BytesIO()
    pdf.output(out)
    return out.getvalue()
