"""What of a business's offers and chains a sale has to know, cached with its rules: a change of any moves their
version."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from loyalty.earning import ZERO, Part, folded
from loyalty.rules import Rules
from promotions.models import Chain, Offer


@dataclass(frozen=True)
class Given:
    """An offer of which a coupon comes with purchases from an amount on; of these categories alone if there are any."""

    offer_id: int
    amount: Decimal
    categories: frozenset[str] = frozenset()

    def counted(self, paid: Decimal, parts: Sequence[Part]) -> Decimal:
        """How much of a purchase counts."""
        if not self.categories:
            return paid
        return sum((part.amount for part in parts if folded(part.category) in self.categories), ZERO)


@dataclass(frozen=True)
class Running:
    """`ever`: whether a sale here may have, or have had, to do with a coupon."""

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
    own = [Given(pk, amount) for pk, amount in given.values_list("pk", "given_from") if amount]
    chains = Chain.objects.filter(giver=rules.business_id)
    agreed = chains.accepted().of_standing_sides().filter(offer__ended_at=None, offer__paused_at=None).order_by("pk")
    for_others = [
        Given(offer_id, minimum, frozenset(map(folded, categories)))
        for offer_id, minimum, categories in agreed.values_list("offer_id", "minimum", "categories")
        if offer_id
    ]
    return Running(
        version=rules.version,
        ever=offers.exists() or chains.exists(),
        given=(*own, *for_others),
    )
