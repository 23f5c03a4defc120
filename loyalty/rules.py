"""The rules of a business, cached in the process and reloaded when their programme's version has moved.

The version comes with a query that every request makes anyway (the API key, the staff membership), so a cached
rule is never older than the request.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dateutil.relativedelta import relativedelta

from businesses.models import Branch, Business
from loyalty.earning import Multiplier, Terms
from loyalty.models import Tier


@dataclass(frozen=True)
class TierRule:
    name: str
    multiplier: Decimal


@dataclass(frozen=True)
class Rules:
    """Everything that posting for a business needs to know besides the customer."""

    version: int
    business_id: int
    program_id: int
    name: str
    country: str
    currency: str
    time_zone: str
    language: str
    purchase_limit: Decimal | None
    points_last_months: int | None
    terms: Terms
    tiers: dict[int, TierRule]
    branches: dict[UUID, int]
    discreet: bool  # another business of the programme is confidential: see loyalty/history.py

    def multipliers(self, tier_id: int | None) -> list[Multiplier]:
        tier = self.tiers.get(tier_id) if tier_id else None
        return [Multiplier(f"tier:{tier_id}", tier.multiplier)] if tier and tier.multiplier != 1 else []

    def tier_name(self, tier_id: int | None) -> str | None:
        return self.tiers[tier_id].name if tier_id in self.tiers else None

    def expires_at(self, earned_at: datetime) -> datetime | None:
        months = self.points_last_months
        return earned_at + relativedelta(months=months) if months else None

    @property
    def first_branch_id(self) -> int:
        return next(iter(self.branches.values()))


_cache: dict[int, Rules] = {}


def of(business_id: int, version: int) -> Rules:
    """The rules of a business at its programme's `version` or newer."""
    cached = _cache.get(business_id)
    if cached is None or cached.version != version:
        cached = _cache[business_id] = _load(business_id)
    return cached


def _load(business_id: int) -> Rules:
    business = Business.objects.select_related("program").get(pk=business_id)
    program = business.program
    open_branches = Branch.objects.filter(business=business, closed_at=None).order_by("id")
    return Rules(
        version=program.rules_version,
        business_id=business.pk,
        program_id=program.pk,
        name=business.name,
        country=business.country,
        currency=program.currency,
        time_zone=business.time_zone,
        language=business.language,
        purchase_limit=business.purchase_limit,
        points_last_months=program.points_last_months,
        terms=Terms(business.earn_rate, business.minimum_spend, business.points_cap, program.rounding),
        tiers={tier.pk: TierRule(tier.name, tier.multiplier) for tier in Tier.objects.filter(program=program)},
        branches=dict(open_branches.values_list("public_id", "id")),
        discreet=program.businesses.filter(confidential=True).exclude(pk=business.pk).exists(),
    )
