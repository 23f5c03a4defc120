"""Coupons in a sale: what the ledger's callers hear of them, see loyalty/effects.py."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from businesses import money
from loyalty.earning import ZERO, parts
from loyalty.effects import Basket, Effect, Priced, Ready, Told
from loyalty.ledger import Actor
from loyalty.lookup import Facts
from loyalty.outcomes import Posted
from loyalty.rules import Rules
from loyalty.sales import Sale
from promotions import bringing, coupons, judging, running, words
from promotions.judging import Place, Quote
from promotions.models import Offer, Source

NO_COUPONS_YET = Priced()

# In one statement: a purchase that brings a coupon has no more than five. Of one that counts elsewhere: where.
TOLD = """
SELECT u.operation_id, 'coupon_used', u.code, o.name, u.discount, NULL::timestamptz, u.id,
       NULL, NULL, NULL, NULL::numeric, NULL::numeric
  FROM promotions_couponuse u JOIN promotions_offer o ON o.id = u.offer_id
 WHERE u.operation_id = ANY(%(operations)s::bigint[])
 UNION ALL
SELECT u.returned_by_id, 'coupon_returned', u.code, o.name, NULL, NULL, u.id,
       NULL, NULL, NULL, NULL::numeric, NULL::numeric
  FROM promotions_couponuse u JOIN promotions_offer o ON o.id = u.offer_id
 WHERE u.returned_by_id = ANY(%(operations)s::bigint[])
 UNION ALL
SELECT c.issued_by_id, 'coupon_issued', c.code, o.name, NULL, c.expires_at, c.id,
       b.name, b.time_zone, o.kind, o.value, o.most_discount
  FROM promotions_coupon c JOIN promotions_offer o ON o.id = c.offer_id
  LEFT JOIN promotions_chain ch ON ch.offer_id = o.id LEFT JOIN businesses_business b ON b.id = ch.taker_id
 WHERE c.issued_by_id = ANY(%(operations)s::bigint[])
 ORDER BY 1, 2 DESC, 7"""


class Coupons(Effect):
    def follows(self, rules: Rules, amount: Decimal) -> bool:
        least = running.of(rules).least
        return least is not None and amount >= least

    def follows_sale(self, rules: Rules, amount: Decimal, sale: Sale) -> bool:
        return self.follows(rules, amount) and bool(_due(rules, amount, sale))

    def remembers(self, rules: Rules) -> bool:
        return running.of(rules).ever

    def price(
        self, *, rules: Rules, actor: Actor, known: Facts | None, sale: Sale, basket: Basket, at: datetime
    ) -> Priced:
        place = Place(rules, actor.branch_id, known.customer_id if known else None, at)
        cart = judging.cart(rules=rules, amount=sale.amount, shipping=basket.shipping, lines=sale.lines)
        quoted = judging.quote(place=place, codes=basket.coupons, cart=cart)
        if quoted.priced.rejected:
            first = quoted.priced.rejected[0]
            return Priced(
                refusal={"code": "coupon_refused", "coupon": first.code, "reason": first.reason, **first.facts}
            )
        return Priced(quoted.priced.deal, plan=quoted)

    def follow(self, *, rules: Rules, posted: Posted, priced: Priced, sale: Sale) -> None:
        due = _due(rules, posted.amount or ZERO, sale, priced)
        if isinstance(priced.plan, Quote):
            coupons.use(posted=posted, quoted=priced.plan, before=due)
        if due:
            bringing.issue(posted=posted, due=due)

    def give_back(self, *, rules: Rules, posted: Posted, sale: int) -> None:
        coupons.give_back(posted=posted, sale=sale)

    def tell(self, *, rules: Rules, operations: Sequence[int]) -> dict[int, list[Told]]:
        told: dict[int, list[Told]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(TOLD, {"operations": list(operations)})
            for operation, effect, code, offer, discount, expires_at, _id, *elsewhere in cursor.fetchall():
                more: Told = {
                    "coupon_used": {"discount": None if discount is None else money.plain(discount, rules.currency)},
                    "coupon_issued": {"expires_at": expires_at},
                }.get(effect, {})
                if elsewhere[0]:
                    more |= _elsewhere(rules, expires_at, *elsewhere)
                told[operation].append({"effect": effect, "coupon": code, "offer": offer, **more})
        return told

    def say(self, rules: Rules, told: Told) -> str:
        return words.effect(told, rules.currency)

    def ready(self, *, rules: Rules, customer_id: int, at: datetime) -> list[Ready]:
        """Those that count today, whatever is bought."""
        place = Place(rules, None, customer_id, at)
        zone = ZoneInfo(rules.time_zone)
        return [
            Ready(
                code=str(coupon.code),
                title=coupon.offer.name,
                detail=" · ".join(filter(None, [words.whole(coupon.offer, rules.currency), words.until(coupon, zone)])),
            )
            for coupon in coupons.ready_now(place=place, customer_id=customer_id)
        ]

    def words(self, fact: Mapping[str, Any]) -> str:
        return words.refusal(fact) if fact["code"] == "coupon_refused" else ""


def _due(rules: Rules, paid: Decimal, sale: Sale, priced: Priced = NO_COUPONS_YET) -> dict[int, Decimal]:
    """What a purchase brings, by what was paid for its lines."""
    found = priced.deal.parts or parts(paid, sale.lines)
    return bringing.due(given=running.of(rules).given, paid=paid, parts=found)


def _elsewhere(
    rules: Rules, expires_at: datetime, business: str, time_zone: str, kind: str, value: Decimal, most: Decimal | None
) -> Told:
    """Of a coupon that counts at another business: where, what it gives there, and its last day."""
    last = (expires_at.astimezone(ZoneInfo(time_zone)) - timedelta(microseconds=1)).date()
    text = words.head(Offer(kind=kind, value=value, most_discount=most), rules.currency)
    return {"business": business, "source": Source.CHAIN.value, "text": text, "until": last.isoformat()}
