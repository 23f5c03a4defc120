"""What a cart costs, and whether a coupon counts. Both store nothing."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.fields import Fields, amount, text
from businesses.api.view import Answer, ApiCall
from loyalty import lookup, situations
from loyalty.api.acting import WHO, LedgerView, actor_of, rules_of, who_of
from loyalty.api.purchases import LONGEST_CODE, basket_of, lines_of, sale_amount
from loyalty.earning import ZERO, earn, part_of
from loyalty.lookup import Facts, Past
from loyalty.rules import Rules
from promotions import coupons, judging, words
from promotions.api import schema
from promotions.api.coupons import offer_body
from promotions.judging import Place, Quote
from promotions.pricing import Applied, Rejected


class CartPriceView(LedgerView):
    scopes = {"post": "read"}
    cashiers = frozenset({"post"})

    @extend_schema(**schema.PRICE_CART)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        known, past, anybody = _customer(fields, rules)
        actor = actor_of(call, fields, rules)
        lines = lines_of(fields, rules.currency) or []
        basket = basket_of(fields, rules.currency)
        if not lines and not fields.errors:
            fields.error("lines", "Required.")
        fields.done()
        subtotal = _subtotal(lines, rules)
        at = known.read_at if known else timezone.now()
        place = Place(rules, actor.branch_id, known.customer_id if known else None, at, anybody)
        cart = judging.cart(rules=rules, amount=subtotal + basket.shipping, shipping=basket.shipping, lines=lines)
        quoted = judging.quote(place=place, codes=basket.coupons, cart=cart)
        deal = quoted.priced.deal
        earned = earn(
            amount=cart.amount,
            terms=rules.terms,
            multipliers=rules.multipliers(known.tier_id if known else None),
            rules=rules.earning,
            situation=situations.of(rules=rules, facts=known, past=past, moment=at),
            lines=lines,
            deal=deal,
        )
        return Answer(
            {
                "subtotal": money.plain(subtotal, rules.currency),
                "discounts": money.plain(deal.discount, rules.currency),
                "shipping": money.plain(basket.shipping, rules.currency),
                "total": money.plain(cart.amount - deal.discount, rules.currency),
                "points_preview": earned.points,
                "applied": [_applied(each, quoted, rules) for each in quoted.priced.applied],
                "rejected": [rejected_body(each) for each in quoted.priced.rejected],
            }
        )


class ValidateView(LedgerView):
    scopes = {"post": "read"}
    cashiers = frozenset({"post"})

    @extend_schema(**schema.VALIDATE_COUPON)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        known, _past, anybody = _customer(fields, rules)
        actor = actor_of(call, fields, rules)
        code = fields.read("code", text(LONGEST_CODE), required=True) or ""
        total = fields.read("amount", sale_amount(rules.currency))
        shipping = fields.read("shipping", amount(rules.currency)) or ZERO
        lines = lines_of(fields, rules.currency)
        if total is None and (lines or shipping):
            fields.error("amount", "Required with lines or shipping.")
        elif total is not None and shipping > total:
            fields.error("shipping", "Is a part of the amount.")
        fields.done()
        at = known.read_at if known else timezone.now()
        place = Place(rules, actor.branch_id, known.customer_id if known else None, at, anybody)
        found, rejected = judging.check(place=place, code=code)
        discount: Decimal | None = None
        if rejected is None and total is not None:
            cart = judging.cart(rules=rules, amount=total, shipping=shipping, lines=lines)
            priced = judging.quote(place=place, codes=[code], cart=cart).priced
            rejected = next(iter(priced.rejected), None)
            discount = None if rejected else priced.deal.discount
        refused = rejected_body(rejected) if rejected else {"reason": None, "message": None}
        return Answer(
            {
                "code": coupons.normal(code),
                "valid": rejected is None,
                "reason": refused["reason"],
                "message": refused["message"],
                "offer": offer_body(found.offer, rules, at) if found else None,
                "expires_at": found.coupon.expires_at if found and found.coupon else None,
                "discount": None if discount is None else money.plain(discount, rules.currency),
            }
        )


def rejected_body(rejected: Rejected) -> dict[str, Any]:
    message = words.refusal({"reason": rejected.reason, **rejected.facts})
    return {"code": rejected.code, "reason": rejected.reason, "message": message}


def _applied(applied: Applied, quoted: Quote, rules: Rules) -> dict[str, Any]:
    offer = quoted.found[applied.benefit.code].offer
    return {
        "code": applied.benefit.code,
        "offer": offer.name,
        "kind": offer.kind,
        "discount": money.plain(applied.discount, rules.currency),
        "text": words.head(offer, rules.currency),
    }


def _customer(fields: Fields, rules: Rules) -> tuple[Facts | None, Past | None, bool]:
    """Who buys; whether nobody is named. A phone that nobody has is somebody new."""
    if not any(fields.has(name) for name in WHO):
        return None, None, True
    who = who_of(fields, rules.country)
    if fields.errors:
        return None, None, False
    known, past = situations.known(rules=rules, who=who)
    if known is None and who.by in ("card", "customer"):
        raise lookup.UnknownCustomer
    return known, past, False


def _subtotal(lines: list[dict[str, Any]], rules: Rules) -> Decimal:
    """As a purchase of these lines counts them, rounded to what the currency has coins for."""
    total = sum((part_of(line).amount for line in lines), ZERO)
    return total.quantize(judging.cart(rules=rules, amount=total, shipping=ZERO, lines=lines).coin, ROUND_HALF_UP)
