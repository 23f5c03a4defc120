"""Asking the customer at the counter before many points are spent: the code by SMS, or the rotating one of the page."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from businesses import shown
from businesses.access import StaffRequest
from customers import phones
from customers.codes import TooSoon
from customers.models import Customer
from loyalty import lookup, outcomes, refusals, rotating, spending
from loyalty.lookup import Who
from loyalty.models import ShownCode, Wallet
from loyalty.rules import Rules

SCANNED = "scanned_code"
LONGEST = 64


@dataclass(frozen=True)
class Asked:
    """What came of asking: `sent` in words, or what is wrong."""

    sent: str = ""
    error: str = ""


def remember(request: StaffRequest, scanned: str) -> None:
    """A rotating code that found its customer also agrees, while it lasts."""
    if rotating.is_one(scanned):
        request.session[SCANNED] = scanned


def consent(request: StaffRequest, wallet: Wallet) -> str:
    """The code that was typed or scanned for this spend, or the one that the customer was found by."""
    said = request.POST.get("consent", "") or request.POST.get("card", "")
    typed = "".join(said.replace("\0", "").split())[:LONGEST]
    # It stays: the same press sent twice has to say the same twice. That it counts once, the spend sees to.
    return typed or str(request.session.get(SCANNED, ""))


def send(request: StaffRequest, rules: Rules, wallet: Wallet, points: int) -> Asked:
    """Sends the code, or says why not."""
    if not spending.is_asked(rules=rules, points=points):
        return Asked()
    who = Who("customer", str(wallet.public_id))
    member = lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who)
    try:
        spending.ask(rules=rules, member=member, points=points, at=timezone.now())
    except TooSoon as refusal:
        return Asked(error=str(refusal))
    except spending.SaidStop:
        return Asked(error=_("This customer sent STOP and gets no texts. Scan the code of their page."))
    except spending.NoPhone:
        return Asked(error=_("This customer has no phone number. Scan the code of their page."))
    phone = Customer.objects.values_list("phone", flat=True).get(pk=wallet.customer_id)
    return Asked(sent=_("A code is on its way to %(phone)s.") % {"phone": phones.mask(phone or "")})


def again(refused: outcomes.ConsentRequired) -> Asked:
    reason = refused.fact["reason"]
    return Asked(error="" if reason == "none" else refusals.sentence(refused.fact))


def context(
    request: StaffRequest, rules: Rules, wallet: Wallet, points: int, asked: Asked | None = None
) -> dict[str, Any] | None:
    """Of templates/components/consent.html; None where nobody is asked, or the customer's code was scanned just now."""
    if not spending.is_asked(rules=rules, points=points):
        return None
    if asked is None and _scanned(request, wallet):
        return None
    return {
        "title": _("More than %(points)s points need the customer’s word.")
        % {"points": shown.number(rules.consent_above or 0)},
        "sent": asked.sent if asked else "",
        "errors": [asked.error] if asked and asked.error else [],
        "points": points,
    }


def _scanned(request: StaffRequest, wallet: Wallet) -> bool:
    """Whether the customer of this wallet was found by a rotating code that still counts; the spend looks again."""
    read = rotating.read(str(request.session.get(SCANNED, "")))
    if read is None or abs(read[1] - rotating.step_of(timezone.now())) > rotating.AROUND:
        return False
    return not ShownCode.objects.filter(card__token=read[0], step=read[1]).exists()
