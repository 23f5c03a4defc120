"""Spending points on rewards and on things described, holding a reward for who comes for it, and taking it all back."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from loyalty import ledger, lookup, notices, spending
from loyalty.ledger import Actor, Call, Spend
from loyalty.lookup import Member, Who
from loyalty.models import Redemption, RedemptionStatus, Reward
from loyalty.outcomes import Posted
from loyalty.rules import Rules

HELD_FOR = timedelta(hours=1)
LETTERS = "ACDEFGHJKLMNPQRTUVWXY"  # none of them looks like another or like a digit, also read aloud or handwritten
SIGNS = LETTERS + "34679"
CODE_LENGTH = 6
FREE_CODES = 3


@dataclass(frozen=True)
class Wanted:
    """What somebody wants for points: a reward, or something described that costs so many."""

    points: int
    description: str = ""
    reward_id: int | None = None
    hold: bool = False


def of_reward(reward: Reward, *, hold: bool = False, points: int | None = None) -> Wanted:
    """`points` are those that its page showed, where there was one."""
    return Wanted(points or reward.points, reward.name, reward.pk, hold)


def redeem(
    *,
    rules: Rules,
    actor: Actor,
    who: Who,
    wanted: Wanted,
    key: str,
    at: datetime,
    reference: str | None = None,
    consent: str = "",
) -> Posted:
    """Spends points, or holds them where that is wanted. `consent` is the customer's code; see loyalty/spending.py.

    Raises `lookup.UnknownCustomer`, `outcomes.Refused` with its kinds, `KeyReused`, `Busy`.
    """
    call = Call(key, _hash(actor, who, wanted, reference, consent), reference)
    known = _known(rules, who, call)
    asked = known is not None and spending.is_asked(rules=rules, points=wanted.points)
    if known is None or not (asked or known.agreed_to_sms):
        return _post(rules, actor, call, known, wanted, at).or_raise()
    with transaction.atomic():
        agreement = spending.agree(rules=rules, member=known, points=wanted.points, consent=consent, key=key, at=at)
        posted = _post(rules, actor, call, known, wanted, at, agreement)
        agreement.settle(posted, at=at)
        if known.agreed_to_sms:
            notices.redeemed(posted=posted, rules=rules, at=at)
    return posted.or_raise()


def hold_for_themselves(
    *, rules: Rules, wallet_id: UUID, customer_id: int, wanted: Wanted, key: str, at: datetime
) -> Posted:
    """From the customer's own page, where who is signed in agrees. Raises as `redeem`."""
    actor = Actor(branch_id=rules.first_branch_id, branch_said=False)
    who = Who("customer", str(wallet_id))
    call = Call(f"page:{wallet_id}:{key}", _hash(actor, who, wanted, None, ""))
    return _spend(rules, actor, call, customer_id, wanted, at).or_raise()


def _hash(actor: Actor, who: Who, wanted: Wanted, reference: str | None, consent: str) -> bytes:
    content: dict[str, object] = {
        "who": [who.by, who.value],
        "points": wanted.points,
        "description": wanted.description,
    }
    content |= {"branch": actor.said, "reference": reference}
    # A reward's name and price may change: the same call stays the same.
    content |= {"reward": wanted.reward_id, "points": None, "description": None} if wanted.reward_id else {}
    content |= {"hold": True} if wanted.hold else {}
    content |= {"consent": consent} if consent else {}
    return ledger.input_hash("redemption", content)


def _post(
    rules: Rules,
    actor: Actor,
    call: Call,
    known: Member | None,
    wanted: Wanted,
    at: datetime,
    agreement: "spending.Agreement | None" = None,
) -> Posted:
    refusal = agreement.refusal if agreement else None
    return _spend(rules, actor, call, known.customer_id if known else None, wanted, at, refusal)


def _spend(
    rules: Rules,
    actor: Actor,
    call: Call,
    customer_id: int | None,
    wanted: Wanted,
    at: datetime,
    refusal: dict[str, object] | None = None,
) -> Posted:
    spend = Spend(wanted.points, wanted.description, wanted.reward_id)
    if wanted.hold:
        spend = Spend(wanted.points, wanted.description, wanted.reward_id, _free_code(rules), at + HELD_FOR)
    return ledger.redeem(rules=rules, actor=actor, call=call, customer_id=customer_id, spend=spend, refusal=refusal)


def _free_code(rules: Rules) -> str:
    """One that no hold of the business has now; the database refuses the one in many millions that another takes
    meanwhile. The first sign is a letter, so that nobody takes a code for a phone number."""
    for _ in range(FREE_CODES):
        code = secrets.choice(LETTERS) + "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH - 1))
        if held(business_id=rules.business_id, code=code) is None:
            return code
    raise AssertionError("of so many codes three were taken")


def held(*, business_id: int, code: str) -> Redemption | None:
    """What is held at a business under a code, also when its time is just over."""
    mine = Redemption.objects.filter(business_id=business_id, code=code, status=RedemptionStatus.HELD)
    return mine.select_related("operation__wallet", "reward").first()


def code_in(text: str) -> str:
    """A code as somebody typed or scanned it; empty where it cannot be one."""
    code = "".join(text.split()).replace("-", "").upper()
    fits = len(code) == CODE_LENGTH and code[0] in LETTERS and all(sign in SIGNS for sign in code)
    return code if fits else ""


def _known(rules: Rules, who: Who, call: Call) -> Member | None:
    """None for a repeat, which the ledger answers, also when the card was replaced since."""
    try:
        return lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who)
    except lookup.UnknownCustomer:
        if ledger.is_known(rules=rules, key=call.key):
            return None
        raise


def confirm(*, rules: Rules, actor: Actor, operation_id: int, key: str) -> Posted:
    """Hands out what a hold of this business keeps.

    Raises `outcomes.HoldExpired`, `AlreadyConfirmed`, `AlreadyReversed`, `CustomerBlocked`, `KeyReused`, `Busy`.
    """
    call = Call(key, ledger.input_hash("confirmation", {"of": operation_id, "branch": actor.said}))
    return ledger.confirm(rules=rules, actor=actor, call=call, operation_id=operation_id).or_raise()


def cancel(*, rules: Rules, actor: Actor, operation_id: int, key: str) -> Posted:
    """Gives the points of a redemption of this business back to the lots they came from, held or confirmed.

    Raises `outcomes.AlreadyReversed`, `KeyReused`, `Busy`.
    """
    call = Call(key, ledger.input_hash("cancellation", {"of": operation_id, "branch": actor.said}))
    return ledger.cancel(rules=rules, actor=actor, call=call, operation_id=operation_id).or_raise()


def live_holds(*, wallet_id: int, at: datetime) -> list[Redemption]:
    """What a customer may collect now, the soonest end first."""
    mine = Redemption.objects.filter(Q(operation__wallet_id=wallet_id), status=RedemptionStatus.HELD, held_until__gt=at)
    return list(mine.select_related("operation", "business", "reward").order_by("held_until"))
