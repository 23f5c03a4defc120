"""What the rules of a business ask about a sale: who buys, at what hour there, and what they did before."""

from datetime import datetime

from loyalty import lookup
from loyalty.earning import NOTHING_GIVEN, Rule, Situation
from loyalty.lookup import Facts, Past, Who
from loyalty.rules import Rules


def known(
    *, rules: Rules, who: Who, occurred_at: datetime | None = None, awaits: str = ""
) -> tuple[Facts | None, Past | None]:
    """The customer of a sale at that moment (None: now), and their past, which is read only where a rule asks. `awaits`
    is the condition of `Facts.awaited`."""
    ids = {"program_id": rules.program_id, "business_id": rules.business_id}
    if not rules.asks_past:
        return lookup.facts(**ids, who=who, awaits=awaits), None
    found = lookup.facts_and_past(**ids, who=who, occurred_at=occurred_at, asking=rules.asking, awaits=awaits)
    return found or (None, lookup.NOTHING_BEFORE)


def of(*, rules: Rules, facts: Facts | None, past: Past | None, moment: datetime) -> Situation:
    """Who is not known yet, or not asked about, has done nothing before."""
    before = past or lookup.NOTHING_BEFORE
    return Situation(
        local=rules.local(moment),
        tier_id=facts.tier_id if facts else None,
        first_purchase=before.visits == 0,
        first_in_category=before.first_in_category,
        birthday=before.birthday,
        given_today=before.given_today,
        given={pk: before.given.get(series, NOTHING_GIVEN) for pk, series in rules.series.items()},
    )


def rules_now(*, rules: Rules, situation: Situation) -> list[Rule]:
    """Those that count for a whole sale of now, the first to be heard first."""
    now = [rule for rule in rules.earning if rule.applies(situation) and not rule.of_lines]
    return sorted(now, key=lambda rule: (-rule.priority, rule.id))
