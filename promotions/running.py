"""What of a business's offers a sale has to know, cached with its rules: a change of any moves their version."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from loyalty.rules import Rules
from promotions.models import Offer


@dataclass(frozen=True)
class Given:
    """An offer of which a coupon comes with purchases from an amount on."""

    offer_id: int
    amount: Decimal


@dataclass(frozen=True)
class Running:
    """`ever`: whether the programme has, or had, any offer that this business takes."""

    version: int
    ever: bool
    given: tuple[Given, ...]

    @property
    def least(self) -> Decimal | None:
        """The smallest purchase that brings a coupon."""
        return min((each.amount for each in self.given), default=None)


_cache: dict[int, Running] = {}


def of(rules: Rules) -> Running:
    """At the version of the rules, or newer."""
    cached = _cache.get(rules.business_id)
    if cached is None or cached.version < rules.version:
        cached = _cache[rules.business_id] = _load(rules)
    return cached


def _load(rules: Rules) -> Running:
    offers = Offer.objects.at(rules.program_id, rules.business_id)
    given = offers.filter(Q(given_from__isnull=False), ended_at=None, paused_at=None).order_by("pk")
    return Running(
        version=rules.version,
        ever=offers.exists(),
        given=tuple(Given(pk, amount) for pk, amount in given.values_list("pk", "given_from") if amount),
    )
