"""What is left to pay at the counter with the coupons that are ticked and typed."""

from decimal import Decimal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from businesses import money, shown
from businesses.access import StaffRequest
from loyalty import effects, lookup
from loyalty.counter import couponing
from loyalty.counter.serving import serving
from loyalty.counter.views import actor_of, amount_of, rules_of, text_of, wallet_of
from loyalty.lookup import Who
from loyalty.models import Wallet
from loyalty.refusals import sentence
from loyalty.rules import Rules
from loyalty.sales import Sale


@require_POST
@serving
def price(request: StaffRequest, customer: UUID) -> HttpResponse:
    """What is left to pay with what is ticked and typed so far, or why it does not count."""
    terms, wallet = rules_of(request), wallet_of(request, customer)
    return render(request, "counter/price.html", _price(request, terms, wallet, couponing.of(request)))


def _price(request: StaffRequest, rules: Rules, wallet: Wallet, said: couponing.Shown) -> dict[str, str]:
    try:
        amount = amount_of(rules, text_of(request, "amount"))
    except money.InvalidAmount:
        return {}
    ids = {"program_id": rules.program_id, "business_id": rules.business_id}
    known = lookup.member(**ids, who=Who("customer", str(wallet.public_id)))
    priced = effects.price(
        rules=rules,
        actor=actor_of(request),
        known=known,
        sale=Sale(amount),
        basket=said.basket,
        at=known.read_at,
    )
    if priced.refusal:
        return {"refused": sentence(priced.refusal)}
    if not said.basket.coupons:
        return {}
    off = priced.deal.discount
    return {
        "pay": _("%(amount)s to pay") % {"amount": _shown(amount - off, rules)},
        "off": _("%(amount)s off") % {"amount": _shown(off, rules)} if off else "",
    }


def _shown(amount: Decimal, rules: Rules) -> str:
    return money.show_amount(amount, rules.currency, shown.language())
