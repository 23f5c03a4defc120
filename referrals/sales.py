"""Referrals in a sale: what the ledger's callers hear of them, see loyalty/effects.py."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from loyalty.effects import Effect, Priced, Told
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from loyalty.sales import Sale
from referrals import completing, running, words
from referrals.models import Award, Side

# Read along with the customer's facts, so that the sales of those whom nobody brought cost nothing.
WAITING = """EXISTS (SELECT FROM referrals_referral r WHERE r.friend_id = c.id AND r.program_id = %(program)s::bigint
             AND r.state = 'pending' AND r.ends_at > loyalty_now())"""


class Referrals(Effect):
    def asks(self, rules: Rules) -> str:
        return WAITING if running.of(rules).on else ""

    def remembers(self, rules: Rules) -> bool:
        return running.of(rules).ever

    def follow(self, *, rules: Rules, posted: Posted, priced: Priced, sale: Sale) -> None:
        completing.by_sale(rules=rules, posted=posted)

    def give_back(self, *, rules: Rules, posted: Posted, sale: int) -> None:
        completing.undo_sale(posted=posted, sale=sale)

    def tell(self, *, rules: Rules, operations: Sequence[int]) -> dict[int, list[Told]]:
        told: dict[int, list[Told]] = defaultdict(list)
        promised: dict[int, list[Award]] = defaultdict(list)
        recalled: dict[int, list[Award]] = defaultdict(list)
        of_them = Award.objects.filter(Q(sale__in=operations) | Q(recalled_by__in=operations))
        for award in of_them.select_related("referral").order_by("pk"):
            promised[int(award.sale_id or 0)].append(award)
            recalled[int(award.recalled_by_id or 0)].append(award)
        for effect, found in (("referral_completed", promised), ("referral_reopened", recalled)):
            for operation, awards in ((each, found[each]) for each in operations if each in found):
                told[operation].append({"effect": effect, **_what(rules, awards)})
        return told

    def say(self, rules: Rules, told: Told) -> str:
        return words.effect(told)


def _what(rules: Rules, awards: Sequence[Award]) -> Told:
    """Of the awards of one sale: who invited, and how many points are for whom. As it was decided with the sale,
    whatever became of it: a repeat hears the same."""
    referral = awards[0].referral

    def points(side: Side) -> int:
        return sum(each.points for each in awards if each.side == side and each.why != "cap")

    return {
        "referral": str(referral.public_id),
        "inviter": words.on_screen(program_id=rules.program_id, customer_id=referral.inviter_id),
        "points": points(Side.FRIEND),
        "inviter_points": points(Side.INVITER),
    }
