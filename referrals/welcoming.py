"""At the counter: “Who sent you?”, and what the cashier may tell somebody whose first purchase is waited for."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.models import Business
from loyalty import rules as terms_of
from loyalty.counter.welcoming import Answered, NotUnderstood, Question
from loyalty.models import Wallet
from loyalty.rules import Rules
from referrals import bringing, codes, running, words
from referrals.bringing import NotBrought
from referrals.models import Referral, ReferralTerms, Source


class WhoSentYou(Question):
    """Named in `COUNTER_QUESTIONS`."""

    name = "invited_by"

    def asked(self, rules: Rules) -> dict[str, str]:
        if not running.of(rules).on:
            return {}
        return {"label": _("Who sent you?"), "hint": _("Phone or code of the friend. Both are thanked.")}

    def answer(self, answered: Answered) -> None:
        rules = answered.rules
        try:
            bringing.bring(
                program_id=rules.program_id,
                inviter_id=codes.inviter(program_id=rules.program_id, typed=answered.typed, country=rules.country),
                friend_id=answered.member.customer_id,
                source=Source.COUNTER,
                business=answered.business,
                staff=answered.staff,
                at=timezone.now(),
            )
        except codes.UnknownInviter:
            raise NotUnderstood(words.refusal("unknown_inviter")) from None
        except NotBrought as refused:
            raise NotUnderstood(words.refusal(refused.code)) from None


def hint(*, business: Business, wallet: Wallet, at: datetime) -> list[str]:
    """Named in `COUNTER_HINTS`."""
    rules = terms_of.of(business.pk, business.program.rules_version)
    if not running.of(rules).on:
        return []
    waiting = Referral.objects.pending(at).filter(program=wallet.program_id, friend=wallet.customer_id).first()
    if waiting is None:
        return []
    terms = ReferralTerms.objects.select_related("inviter_offer", "friend_offer").get(program=wallet.program_id)
    said = {
        "name": words.on_screen(program_id=wallet.program_id, customer_id=waiting.inviter_id),
        "what": words.promised(terms),
        "condition": words.condition(terms, rules.currency),
    }
    return [_("Invited by %(name)s: %(what)s. %(condition)s") % said]
