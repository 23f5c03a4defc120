"""What referrals were worth to a business."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from businesses.models import Business
from loyalty.models import Membership
from referrals.models import Referral, State


@dataclass(frozen=True)
class Figures:
    """`invited`: all that the business sees; `completed` here; `revenue`: what those who were brought here have bought
    here since, net of refunds."""

    invited: int
    completed: int
    revenue: Decimal


def of(*, business: Business) -> Figures:
    won = Referral.objects.filter(won_by=business, state=State.COMPLETED)
    brought = Membership.objects.filter(business=business, customer__in=won.values("friend"))
    return Figures(
        invited=Referral.objects.of(business).count(),
        completed=won.count(),
        revenue=brought.aggregate(spend=Sum("spend"))["spend"] or Decimal(0),
    )
