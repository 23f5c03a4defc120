"""How customers ask in a conversation for what they pass on to friends."""

from django.utils.translation import gettext as _

from customers.conversations.commands import Caller, Reply, command
from loyalty.conversation import MOST_PROGRAMMES, wallets_of
from loyalty.models import Wallet
from referrals import codes, places, words
from referrals.models import ReferralTerms


@command(
    "REFER",
    everywhere=("/refer", "/invite"),
    en=("REFER", "INVITE", "MY CODE"),
    az=("DƏVƏT", "DOSTUM", "KODUM"),
    ru=("ПРИГЛАСИТЬ", "ДРУГ", "МОЙ КОД"),
)
def refer(caller: Caller) -> Reply:
    """A link for each programme in which it is on: to pass on as it comes."""
    lines = [
        _line(wallet, terms, caller)
        for wallet in wallets_of(caller.customer)
        if (terms := _terms(wallet)) and places.first(wallet.program)
    ]
    return "\n".join(lines[:MOST_PROGRAMMES]) or _("Nobody is thanked for bringing friends at the moment.")


def _terms(wallet: Wallet) -> ReferralTerms | None:
    terms = ReferralTerms.objects.filter(program=wallet.program_id, is_on=True)
    return terms.select_related("inviter_offer", "friend_offer").first()


def _line(wallet: Wallet, terms: ReferralTerms, caller: Caller) -> str:
    code = codes.of(program_id=wallet.program_id, customer_id=wallet.customer_id, at=caller.at)
    said = {"programme": wallet.program.name, "what": words.promised(terms), "link": codes.link(code)}
    return _("%(programme)s: %(what)s. Send a friend this link: %(link)s") % said
