"""Segments and cohorts in words and pictures."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import money, shown
from businesses.models import Business
from reports import segments
from reports.models import SegmentName

# What they have in common, and what to do about it.
MEANINGS = {
    SegmentName.CHAMPIONS: gettext_lazy("Came lately, often, and spend most. Thank them."),
    SegmentName.LOYAL: gettext_lazy("Come often and spend much, if not just now. A word keeps them."),
    SegmentName.POTENTIAL_LOYALIST: gettext_lazy(
        "Came lately, now and then. One more reason to come makes them loyal."
    ),
    SegmentName.NEW: gettext_lazy("Came lately for the first time or two. The second visit decides."),
    SegmentName.PROMISING: gettext_lazy("Came not long ago, seldom so far. Show them what else there is."),
    SegmentName.NEED_ATTENTION: gettext_lazy("In the middle in everything, and slower than they were."),
    SegmentName.ABOUT_TO_SLEEP: gettext_lazy("Seldom, for little, and a while ago."),
    SegmentName.CANNOT_LOSE: gettext_lazy("Your best customers once, and away for longest. Call them."),
    SegmentName.AT_RISK: gettext_lazy("Came often or for much, and have stayed away. Bring them back."),
    SegmentName.HIBERNATING: gettext_lazy("Seldom, for little, and long ago."),
    SegmentName.LOST: gettext_lazy("Longest away, and little lost."),
}


def page(business: Business, today: date) -> dict[str, Any]:
    """The context of templates/reports/customers.html."""
    found = segments.of(business.pk)

    return {
        "segments": [
            {
                "name": each.name.label,
                "meaning": MEANINGS[each.name],
                "customers": shown.number(each.customers),
                "share": shown.percent(each.share),
                "amount": money.show_amount(each.amount, business.program.currency, shown.language()),
            }
            for each in found
        ],
        "cohorts": _cohorts(business, today),
    }


def _cohorts(business: Business, today: date) -> dict[str, Any] | None:
    made = segments.cohorts(business_ids=[business.pk], today=today)
    if not made:
        return None
    return {
        "head": [_("After %(months)s months") % {"months": number} for number in range(1, len(made[0].retention))],
        "rows": [
            {
                "month": shown.month(each.month),
                "size": shown.number(each.size),
                "shares": [shown.percent(share) if share is not None else "" for share in each.retention[1:]],
            }
            for each in made
        ],
    }
