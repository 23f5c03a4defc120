"""That somebody has stayed away for longer than usual: all that a cashier is told of how customers come."""

from datetime import date

from django.utils.translation import ngettext

from businesses import shown
from loyalty.churn.scoring import OVERDUE
from loyalty.models import ChurnScore, Membership


def words(membership: Membership, today: date) -> str:
    """By the usual gap as it was last night; nothing of who has come since, or came but once."""
    if membership.visit_days < 2 or not membership.last_on:
        return ""
    score = ChurnScore.objects.filter(membership=membership, last_on=membership.last_on).first()
    since = (today - membership.last_on).days
    if score is None or since < OVERDUE * score.gap:
        return ""
    said = ngettext(
        "Has not been here for %(days)s day, usually every %(gap)s.",
        "Has not been here for %(days)s days, usually every %(gap)s.",
        since,
    )
    return said % {"days": shown.number(since), "gap": shown.number(max(round(score.gap), 1))}
