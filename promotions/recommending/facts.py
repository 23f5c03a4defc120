"""What the rules ask of a customer, read in a few statements whatever they have and wherever they go.

Confidential businesses take no part: nothing of them is read, so that nothing of them can be said.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from businesses.models import Business, BusinessStatus
from loyalty import rewards
from loyalty.models import ChurnScore, Membership, Wallet
from loyalty.rewards import Standing
from promotions.models import CoVisit, RecommendationRules
from promotions.recommending.rules import Candidate, Facts, Goal, Place, Pull, Terms

# Of what the last purchases brought; a refund has taken nothing back from an entry, but such purchases are few.
USUAL_EARN = """
SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY points), 0)::float8 FROM (
  SELECT points FROM loyalty_entry WHERE wallet_id = %(wallet)s::bigint AND kind = 'earn'
     AND (%(business)s::bigint IS NULL OR business_id = %(business)s::bigint) ORDER BY id DESC LIMIT 50) last"""


def of_customer(*, wallet: Wallet, at: datetime) -> Facts:
    """All that they may know themselves: every place of the programme."""
    taking_part = Business.objects.filter(
        program=wallet.program_id, status=BusinessStatus.ACTIVE, confidential=False
    ).select_related("recommendation_rules")
    businesses = {each.pk: each for each in taking_part}
    places = _places(wallet, businesses, at)
    today = at.astimezone(_zone(businesses)).date()
    visited = [place.id for place in places]
    return Facts(
        balance=wallet.balance,
        usual_earn=_usual_earn(wallet, None),
        places=places,
        goals=_goals(rewards.everywhere(wallet=wallet, on=today), businesses),
        pulls=_pulls(wallet, visited),
        candidates=_candidates(wallet, businesses),
    )


def at_business(*, wallet: Wallet, business: Business, at: datetime) -> Facts:
    """What this business may know: its own alone, and no place of others."""
    if business.confidential:
        return Facts(balance=0)
    businesses = {business.pk: business}
    today = at.astimezone(ZoneInfo(business.time_zone)).date()
    return Facts(
        balance=wallet.balance,
        usual_earn=_usual_earn(wallet, business.pk),
        places=_places(wallet, businesses, at),
        goals=_goals(rewards.at_business(business=business, wallet=wallet, on=today), businesses),
    )


def terms_of(business: Business) -> Terms:
    """As it has set them, or as they are where it has not."""
    row: RecommendationRules | None = getattr(business, "recommendation_rules", None)
    if row is None:
        return Terms()
    return Terms(
        near_reward=row.near_reward,
        near_share=row.near_percent / 100,
        inactive=row.inactive,
        inactive_overdue=float(row.inactive_overdue),
        inactive_churn=row.inactive_percent / 100,
        elsewhere=row.elsewhere,
        elsewhere_customers=row.elsewhere_customers,
    )


def _places(wallet: Wallet, businesses: dict[int, Business], at: datetime) -> list[Place]:
    members = Membership.objects.filter(customer_id=wallet.customer_id, business__in=businesses, visits__gt=0)
    known = {member.pk: member for member in members if member.last_on}
    scores = {score.pk: score for score in ChurnScore.objects.filter(pk__in=known)}
    return [_place(member, scores.get(pk), businesses[member.business_id], at) for pk, member in known.items()]


def _place(member: Membership, score: ChurnScore | None, business: Business, at: datetime) -> Place:
    """With the chance of last night, unless they have come since."""
    last_on: date = member.last_on  # type: ignore[assignment]  # asked before
    still = score if score and score.last_on == last_on else None
    return Place(
        id=business.pk,
        name=business.name,
        visits=member.visits,
        last=last_on.toordinal(),
        since=max((at.astimezone(ZoneInfo(business.time_zone)).date() - last_on).days, 0),
        churn=still.churn if still else None,
        gap=still.gap if still and member.visit_days > 1 else None,
        terms=terms_of(business),
    )


def _goals(found: Sequence[Standing], businesses: dict[int, Business]) -> list[Goal]:
    """Rewards that lack only points; none of a place that takes no part."""
    goals = []
    for standing in found:
        reward = standing.reward
        place = businesses.get(reward.business_id) if reward.business_id else None
        if standing.missing != "points" or (reward.business_id and place is None):
            continue
        terms = terms_of(place) if place else _terms_of_all(businesses)
        goals.append(
            Goal(
                id=reward.public_id,
                name=reward.name,
                points=reward.points,
                short=standing.short,
                place=place.pk if place else None,
                place_name=place.name if place else "",
                terms=terms,
            )
        )
    return goals


def _terms_of_all(businesses: dict[int, Business]) -> Terms:
    """Of a reward of the whole programme: the one business's where it is asked by one, else the defaults."""
    return terms_of(next(iter(businesses.values()))) if len(businesses) == 1 else Terms()


def _pulls(wallet: Wallet, visited: Sequence[int]) -> list[Pull]:
    rows = CoVisit.objects.filter(program=wallet.program_id, visited__in=visited)
    return [Pull(*row) for row in rows.values_list("visited_id", "other_id", "customers", "weight")]


def _candidates(wallet: Wallet, businesses: dict[int, Business]) -> list[Candidate]:
    """Whoever is blocked or has joined yesterday was counted last night, or will be tonight."""
    alone = CoVisit.objects.filter(Q(visited=None), program=wallet.program_id).order_by("-customers", "other_id")
    ordered = [businesses[each] for each in alone.values_list("other_id", flat=True) if each in businesses]
    return [Candidate(each.pk, each.name, terms_of(each)) for each in ordered]


def _usual_earn(wallet: Wallet, business_id: int | None) -> float:
    with connection.cursor() as cursor:
        cursor.execute(USUAL_EARN, {"wallet": wallet.pk, "business": business_id})
        return float(cursor.fetchone()[0])


def _zone(businesses: dict[int, Business]) -> ZoneInfo:
    first = min(businesses.values(), key=lambda each: each.pk, default=None)
    return ZoneInfo(first.time_zone if first else "UTC")
