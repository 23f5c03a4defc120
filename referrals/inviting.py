"""One invitation by SMS to a friend's number, written by us and sent in the customer's name.

Whoever invites must not learn from the answer who is a customer of the programme: a number that is, or that somebody
else invited, is written down as rejected and looks like any other that was invited. Only nothing is sent.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from customers import messages, registry
from customers.models import Channel, MessageKind
from loyalty.models import Wallet
from referrals import bringing, codes, words
from referrals.bringing import NotBrought
from referrals.models import Reason, Referral, ReferralTerms, Source, State

DAY = timedelta(days=1)
QUIETLY = {"existing_customer": Reason.EXISTING, "already_referred": Reason.REFERRED}


@transaction.atomic
def invite(*, wallet: Wallet, phone: str, language: str, at: datetime) -> Referral:
    """Invites the number (E.164) into the programme of `wallet`; a message goes to each number once for ever. Raises
    `NotBrought`: only for what its customer knows anyway."""
    terms = bringing.lock(wallet.program_id)
    mine = Referral.objects.filter(program=wallet.program_id, inviter=wallet.customer_id)
    if phone == wallet.customer.phone:
        raise NotBrought("own_phone")
    friend_id = registry.enrol(business_id=None, phone=phone, external_id=None)
    if mine.filter(friend=friend_id).exclude(reason=Reason.STAFF).exists():
        raise NotBrought("already_invited")
    if mine.filter(source=Source.SMS, made_at__gt=at - DAY).count() >= terms.invitations_per_day:
        raise NotBrought("too_many_today")
    of_friend = Referral.objects.filter(program=wallet.program_id, friend=friend_id)
    first = not of_friend.filter(texted_at__isnull=False).exists()
    ids: dict[str, Any] = {
        "program_id": wallet.program_id,
        "inviter_id": wallet.customer_id,
        "friend_id": friend_id,
    }
    try:
        brought = bringing.bring(**ids, source=Source.SMS, texted_at=at if first else None, at=at)
    except NotBrought as refused:
        if refused.code not in QUIETLY:
            raise
        return _noted(ids, QUIETLY[refused.code], terms, at)
    if first:
        _write(wallet, terms, phone, language, at)
    return brought


def _noted(ids: dict[str, Any], reason: Reason, terms: ReferralTerms, at: datetime) -> Referral:
    return Referral.objects.create(
        **ids,
        source=Source.SMS,
        state=State.REJECTED,
        reason=reason,
        made_at=at,
        ends_at=at + timedelta(days=terms.window_days),
        settled_at=at,
    )


def _write(wallet: Wallet, terms: ReferralTerms, phone: str, language: str, at: datetime) -> None:
    """The sender looks for a STOP when it sends. No business needs a consent: a customer of it writes."""
    code = codes.of(program_id=wallet.program_id, customer_id=wallet.customer_id, at=at)
    text = words.invitation(
        language=language,
        inviter=words.signature(program_id=wallet.program_id, customer_id=wallet.customer_id, language=language),
        program=wallet.program.name,
        points=terms.friend_points,
        link=codes.link(code),
    )
    messages.queue(
        kind=MessageKind.INVITATION,
        to=phone,
        text=text,
        language=language,
        channel=Channel.SMS,
        send_before=at + DAY,
        at=at,
    )
