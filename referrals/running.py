"""What of a programme's terms a sale has to know, cached with its business's rules: a change moves their version."""

from dataclasses import dataclass
from decimal import Decimal

from businesses.models import Business
from loyalty.rules import Rules
from referrals.models import ReferralPause, ReferralTerms


@dataclass(frozen=True)
class Running:
    """`on`: whether sales of this business complete referrals, and its staff may; `ever`: whether there may be any.
    A confidential business takes no part: who is thanked for a friend would learn that the friend went there."""

    version: int
    ever: bool
    on: bool
    minimum: Decimal


_cache: dict[int, Running] = {}


def of(rules: Rules) -> Running:
    """At the version of the rules, or newer."""
    cached = _cache.get(rules.business_id)
    if cached is None or cached.version < rules.version:
        cached = _cache[rules.business_id] = _load(rules)
    return cached


def _load(rules: Rules) -> Running:
    terms = ReferralTerms.objects.filter(program=rules.program_id).first()
    if terms is None:
        return Running(rules.version, ever=False, on=False, minimum=Decimal(0))
    return Running(
        version=rules.version,
        ever=True,
        on=terms.is_on and takes_part(Business.objects.get(pk=rules.business_id)),
        minimum=terms.minimum_purchase,
    )


def takes_part(business: Business) -> bool:
    """Whether it would, if the programme's terms are on."""
    return not business.confidential and not ReferralPause.objects.filter(business=business).exists()
