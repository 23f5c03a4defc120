"""The customer's word that so many points may be spent: above a business's own limit a phone number is not enough.

It is one of two codes: six digits by SMS, bound to the wallet, the business and the points; or the rotating code of
the customer's page. Each counts once, in the transaction of the spend that it allows. Limits are counted in the
database, under a lock: who cannot be counted gets no code.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from businesses import limits
from businesses.models import Business
from customers import messages, opt_outs, texts
from customers.codes import LASTS, MOST_ATTEMPTS, MOST_PER_PHONE, PAUSE, WINDOW, TooSoon
from customers.models import Card, Channel, Customer, MessageKind, Profile
from loyalty import ledger, rotating
from loyalty.lookup import Member
from loyalty.models import ShownCode, SpendingCode
from loyalty.outcomes import Posted
from loyalty.rules import Rules

MOST_PER_BUSINESS = 1000
KEPT = timedelta(days=1)
DIGITS = 6


class NoPhone(Exception):
    """This customer has no number that a code could go to."""


class SaidStop(NoPhone):
    """They have one, but said STOP to what we send there."""


@dataclass(frozen=True)
class Agreement:
    """What a consent was worth: `refusal` to store in the place of the spend, or the proof that is used up with it."""

    refusal: dict[str, Any] | None = None
    proof: SpendingCode | ShownCode | None = None

    def settle(self, posted: Posted, *, at: datetime) -> None:
        """In the transaction of the spend. One that was refused, or a replay, leaves the code as it was."""
        spent = posted.refusal is None and not posted.replayed
        if isinstance(self.proof, SpendingCode) and spent:
            self.proof.used_at = at
            self.proof.save(update_fields=["used_at"])
        elif isinstance(self.proof, ShownCode) and not spent:
            self.proof.delete()


def is_asked(*, rules: Rules, points: int) -> bool:
    """Whether the customer is asked before so many points are spent at this business."""
    return rules.consent_above is not None and points > rules.consent_above


def agree(*, rules: Rules, member: Member, points: int, consent: str, key: str, at: datetime) -> Agreement:
    """Looks at the `consent` for a spend of `points` under `key`, within one transaction with it; then `settle` it.

    A key that is known already is answered by the ledger as the first time, so nothing is looked at.
    """
    if not is_asked(rules=rules, points=points) or ledger.is_known(rules=rules, key=key):
        return Agreement()
    proof: SpendingCode | ShownCode | str = "none"
    if rotating.is_one(consent):
        proof = _shown(member, rules.program_id, consent, at)
    elif consent:
        proof = _typed(member, rules.business_id, points, consent, at)
    if isinstance(proof, str):
        return Agreement({"code": "consent_required", "above": rules.consent_above, "reason": proof})
    return Agreement(proof=proof)


def ask(*, rules: Rules, member: Member, points: int, at: datetime) -> datetime:
    """Sends the customer a code for this spend and returns when it ends. An older one is void from now on.

    Raises `NoPhone` (`SaidStop`), `customers.codes.TooSoon`.
    """
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    with transaction.atomic():
        limits.one_after_another(f"spending:{member.wallet_id}", f"spending of business:{rules.business_id}")
        if (wait := _wait(member, rules.business_id, at)) > timedelta():
            raise TooSoon(wait)
        _send(rules, member, points, code, at)
        SpendingCode.objects.create(
            wallet_id=member.wallet_id,
            business_id=rules.business_id,
            points=points,
            digest=_digest(member, rules.business_id, points, code),
            created_at=at,
            expires_at=at + LASTS,
        )
    return at + LASTS


def forget(*, at: datetime) -> None:
    """Deletes codes that nothing counts any more."""
    SpendingCode.objects.filter(created_at__lt=at - KEPT).delete()
    ShownCode.objects.filter(used_at__lt=at - KEPT).delete()


def _shown(member: Member, program_id: int, consent: str, at: datetime) -> ShownCode | str:
    read = rotating.read(consent)
    if read is None:
        return "wrong"
    token, step = read
    card = Card.objects.filter(
        token=token, program_id=program_id, customer_id=member.customer_id, revoked_at=None
    ).first()
    if card is None:
        return "wrong"
    if abs(step - rotating.step_of(at)) > rotating.AROUND:
        return "late"
    shown, new = ShownCode.objects.get_or_create(card=card, step=step, defaults={"used_at": at})
    return shown if new else "used"


def _typed(member: Member, business_id: int, points: int, consent: str, at: datetime) -> SpendingCode | str:
    """The lock on the newest code makes attempts count one after another."""
    sent = SpendingCode.objects.select_for_update().filter(wallet_id=member.wallet_id, business_id=business_id)
    newest = sent.order_by("-id").first()
    if newest is None:
        return "wrong"
    if newest.used_at:
        return "used"
    if newest.attempts >= MOST_ATTEMPTS:
        return "too_many"
    if at >= newest.expires_at:
        return "late"
    newest.attempts += 1
    newest.save(update_fields=["attempts"])
    right = hmac.compare_digest(bytes(newest.digest), _digest(member, business_id, points, consent))
    return newest if right else "wrong"


def _wait(member: Member, business_id: int, at: datetime) -> timedelta:
    """The longest of the waits that the limits ask for."""
    lately = SpendingCode.objects.filter(created_at__gt=at - WINDOW).order_by("-created_at")
    moments = lately.values_list("created_at", flat=True)
    of_wallet = moments.filter(wallet_id=member.wallet_id)
    newest = of_wallet.first()
    return max(
        newest + PAUSE - at if newest else timedelta(),
        limits.wait(of_wallet, most=MOST_PER_PHONE, window=WINDOW, at=at),
        limits.wait(moments.filter(business_id=business_id), most=MOST_PER_BUSINESS, window=WINDOW, at=at),
    )


def _send(rules: Rules, member: Member, points: int, code: str, at: datetime) -> None:
    phone = Customer.objects.values_list("phone", flat=True).get(pk=member.customer_id)
    if not phone:
        raise NoPhone
    if opt_outs.is_stopped(channel=Channel.SMS, address=phone):
        raise SaidStop
    told = Profile.objects.filter(program_id=rules.program_id, customer_id=member.customer_id)
    language = told.values_list("language", flat=True).first() or rules.language
    business = Business.objects.select_related("program").get(pk=rules.business_id)
    messages.queue(
        kind=MessageKind.CODE,
        to=phone,
        text=texts.spending_code(
            language=language, sender=texts.sender(business=business), code=code, points=points, lasts=LASTS
        ),
        language=language,
        customer_id=member.customer_id,
        business_id=rules.business_id,
        send_before=at + LASTS,
        at=at,
    )


def _digest(member: Member, business_id: int, points: int, code: str) -> bytes:
    content = f"spending:{member.wallet_id}:{business_id}:{points}:{code}"
    return hmac.digest(settings.KEY_PEPPER.encode(), content.encode(), hashlib.sha256)
