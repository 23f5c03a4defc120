"""What partners bring each other, in words."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import money, shown
from businesses.models import Business
from promotions import chains
from reports import network
from reports.models import Passage
from reports.network import FEW


def page(business: Business) -> dict[str, Any]:
    """The context of templates/reports/partners.html."""
    names = {each.pk: each.name for each in chains.partners(business)}
    first, lately = network.breadth(business.program_id) if names else (None, None)
    return {
        "alone": not names,
        "few": FEW,
        "program": business.program.name,
        "rows": [
            {
                "name": names[pair.partner_id],
                "brought": _passage(pair.brought, business),
                "sent": _passage(pair.sent, business),
                "balance": shown.percent(pair.balance),
            }
            for pair in network.of(business.pk)
            if pair.partner_id in names
        ],
        "breadth": [
            {"label": _("Buy in two categories within 60 days"), "value": shown.percent(first)},
            {"label": _("Of those who bought in the last 60 days"), "value": shown.percent(lately)},
        ]
        if first is not None or lately is not None
        else None,
        "confidential": business.confidential,
    }


def _passage(passage: Passage | None, business: Business) -> dict[str, str] | None:
    if passage is None:
        return None
    amount = money.show_amount(passage.amount, business.program.currency, shown.language())
    customers = ngettext("%(count)s customer", "%(count)s customers", passage.customers)
    return {"customers": customers % {"count": shown.number(passage.customers)}, "amount": amount}
