"""The rules of a business, cached in the process and reloaded when their programme's version has moved.

The version comes with a query that every request makes anyway (the API key, the staff membership), so a cached
rule is never older than the request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from businesses.models import Branch, Business, TierBasis
from loyalty.earning import Multiplier, Rule, Terms, folded
from loyalty.expiry import Expiry
from loyalty.lookup import Asked, Asking
from loyalty.models import EarningRule, Occasion, Tier


@dataclass(frozen=True)
class TierRule:
    name: str
    multiplier: Decimal
    public_id: UUID

    @property
    def step(self) -> str:
        """As trails name it: they leave the building, so no sequential id stands in them."""
        return f"tier:{self.public_id}"


@dataclass(frozen=True)
class Rules:
    """Everything that posting for a business needs to know besides the customer."""

    version: int
    business_id: int
    program_id: int
    name: str
    country: str
    currency: str
    point_value: Decimal
    time_zone: str
    language: str
    purchase_limit: Decimal | None
    consent_above: int | None
    expiry: Expiry
    pending_days: int
    terms: Terms
    earning: tuple[Rule, ...]
    series: dict[int, UUID]  # of the capped rules, by their ids
    tiers: dict[int, TierRule]
    tier_basis: str
    tiers_version: int
    branches: dict[UUID, int]
    alike: tuple[int, ...]  # the businesses of its category, itself among them, but for confidential others
    apart: tuple[int, ...]  # the other businesses of the programme that are confidential

    @property
    def discreet(self) -> bool:
        """Whether there is one of those: see loyalty/history.py."""
        return bool(self.apart)

    def multipliers(self, tier_id: int | None) -> list[Multiplier]:
        tier = self.tiers.get(tier_id) if tier_id else None
        return [Multiplier(tier.step, tier.multiplier)] if tier and tier.multiplier != 1 else []

    def tier_name(self, tier_id: int | None) -> str | None:
        return self.tiers[tier_id].name if tier_id in self.tiers else None

    def tier_counts(self, amount: Decimal, points: int) -> Decimal | None:
        """What a sale counts towards a tier; None where tiers are given by hand alone."""
        counted = {TierBasis.SPEND: amount, TierBasis.POINTS: Decimal(points), TierBasis.VISITS: Decimal(amount > 0)}
        return counted.get(TierBasis(self.tier_basis))

    def expires_at(self, earned_at: datetime) -> datetime | None:
        """Of points earned then, where they have a moment of their own."""
        return self.expiry.of_lot(earned_at, ZoneInfo(self.time_zone))

    def due_at(self, earned_at: datetime) -> datetime | None:
        """When points earned then can be spent; None for at once."""
        return earned_at + timedelta(days=self.pending_days) if self.pending_days else None

    @cached_property
    def capped(self) -> dict[str, UUID]:
        """The series of the capped rules, by the names that these have in trails."""
        return {rule.step: self.series[rule.id] for rule in self.earning if rule.id in self.series}

    @cached_property
    def asks(self) -> frozenset[Asked]:
        """What the rules need to know of a customer's past, besides their visits here."""
        asked: dict[Asked, bool] = {
            "category": any(rule.occasion == Occasion.FIRST_IN_CATEGORY for rule in self.earning),
            "birthday": any(rule.occasion == Occasion.BIRTHDAY for rule in self.earning),
            "given_today": self.terms.points_cap_day is not None,
            "given": bool(self.series),
        }
        return frozenset(name for name, needed in asked.items() if needed)

    @cached_property
    def asks_past(self) -> bool:
        """Whether what a sale earns depends on what its customer did before."""
        return bool(self.asks) or any(rule.asks_past for rule in self.earning)

    @cached_property
    def asking(self) -> Asking:
        """What they need to know, as a query."""
        return Asking.of(
            self.asks, time_zone=self.time_zone, capped=self.series.values(), alike=self.alike, apart=self.apart
        )

    def local(self, moment: datetime) -> datetime:
        """A moment by the business's clock."""
        return moment.astimezone(ZoneInfo(self.time_zone))

    @cached_property
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
    others = list(program.businesses.exclude(pk=business.pk).only("category", "confidential").order_by("pk"))
    in_force = list(EarningRule.objects.of(business).order_by("id"))
    return Rules(
        version=program.rules_version,
        business_id=business.pk,
        program_id=program.pk,
        name=business.name,
        country=business.country,
        currency=program.currency,
        point_value=program.point_value,
        time_zone=business.time_zone,
        language=business.language,
        purchase_limit=business.purchase_limit,
        consent_above=business.consent_above,
        expiry=Expiry.of(program),
        pending_days=program.pending_days,
        terms=Terms(
            rate=business.earn_rate,
            minimum_spend=business.minimum_spend,
            points_cap=business.points_cap,
            rounding=program.rounding,
            points_cap_day=business.points_cap_day,
        ),
        earning=tuple(rule_of(row) for row in in_force),
        series={row.pk: row.series for row in in_force if rule_of(row).capped},
        tiers={
            tier.pk: TierRule(tier.name, tier.multiplier, tier.public_id)
            for tier in Tier.objects.filter(program=program).order_by("position")
        },
        tier_basis=program.tier_basis,
        tiers_version=program.tiers_version,
        branches=dict(open_branches.values_list("public_id", "id")),
        alike=(
            business.pk,
            *(each.pk for each in others if each.category == business.category and not each.confidential),
        ),
        apart=tuple(each.pk for each in others if each.confidential),
    )


def rule_of(row: EarningRule) -> Rule:
    """A rule as the arithmetic takes it."""
    return Rule(
        id=row.pk or 0,
        kind=row.kind,
        value=row.value,
        categories=frozenset(map(folded, row.categories)),
        skus=frozenset(map(folded, row.skus)),
        discounted=row.discounted,
        minimum_spend=row.minimum_spend,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        weekdays=frozenset(row.weekdays),
        from_time=row.from_time,
        until_time=row.until_time,
        tiers=frozenset(row.tiers),
        occasion=row.occasion,
        most_per_purchase=row.most_per_purchase,
        most_per_day=row.most_per_day,
        most_per_customer=row.most_per_customer,
        exclusive=row.exclusive,
        priority=row.priority,
        public_id=str(row.public_id),
    )
