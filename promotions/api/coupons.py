"""Offers and the coupons of them, as they stand."""

from collections import namedtuple
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.paging import Listing, only, page
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from loyalty import lookup
from loyalty.api.acting import LedgerView, rules_of
from loyalty.api.customers import CustomerCall
from loyalty.lookup import Who
from loyalty.rules import Rules
from promotions import coupons, offers, words
from promotions.api import schema
from promotions.models import Coupon, Offer
from promotions.words import Promise

SHOWN = (
    *("id", "public_id", "name", "code", "ended_at", "paused_at", "total_limit", "uses", "issued", "business_id"),
    *Promise._fields,
)
OFFERED = Listing(
    SHOWN,
    """FROM promotions_offer
WHERE program_id = %(program)s::bigint AND ended_at IS NULL
  AND (business_id = %(business)s::bigint
       OR business_id IS NULL AND (businesses = '{}' OR businesses @> ARRAY[%(business)s::bigint]))
  AND NOT EXISTS (SELECT 1 FROM promotions_chain WHERE offer_id = promotions_offer.id)""",
)


class Listed(namedtuple("Listed", SHOWN)):  # type: ignore[misc]
    """As much of an offer as is shown of it, named as its fields are."""

    left = Offer.left


class OffersView(LedgerView):
    scopes = {"get": "read"}
    cashiers = frozenset({"get"})

    @extend_schema(**schema.LIST_OFFERS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query)
        rules, at = rules_of(call), timezone.now()
        here = {"program": rules.program_id, "business": rules.business_id}

        def shown(rows: list[Any]) -> list[dict[str, Any]]:
            return [offer_body(cast(Offer, Listed._make(row)), rules, at) for row in rows]

        return Answer(OFFERED.page(here, call.query, shown))


class HistoryView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.COUPON_HISTORY)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        rules, at = rules_of(call), timezone.now()
        customer_id = _customer(call, rules)
        found = coupons.history(rules=rules, customer_id=customer_id)

        def shown(rows: list[Coupon]) -> list[dict[str, Any]]:
            return [
                coupon_body(row, rules, at)
                | {
                    "uses": [
                        {
                            "purchase": str(use.operation.public_id),
                            "discount": money.plain(use.discount, rules.currency),
                            "used_at": use.operation.occurred_at,
                            "returned": use.returned_by_id is not None,
                        }
                        for use in row.used.all()
                        if use.operation.business_id == rules.business_id
                    ]
                }
                for row in rows
            ]

        return Answer(page(found.select_related("offer").prefetch_related("used__operation"), call.query, shown))


class CustomerCouponsView(CustomerCall):
    cashiers = frozenset({"get"})

    @extend_schema(**schema.CUSTOMER_COUPONS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        held = coupons.ready(rules=rules, customer_id=known.customer_id, at=known.read_at)
        return Answer({"results": [coupon_body(each, rules, known.read_at) for each in held]})


def offer_body(offer: Offer, rules: Rules, at: datetime) -> dict[str, Any]:
    def amount(value: Any) -> str | None:
        return None if value is None else money.plain(value, rules.currency)

    return {
        "id": str(offer.public_id),
        "name": offer.name,
        "kind": offer.kind,
        "value": format(offer.value.normalize(), "f"),
        "gift": offer.gift,
        "text": words.whole(offer, rules.currency),
        "code": offer.code or None,
        "state": offers.state(offer, rules.local(at).date()),
        "categories": offer.categories,
        "minimum_spend": amount(offer.minimum_spend),
        "most_discount": amount(offer.most_discount),
        "starts_on": offer.starts_on,
        "ends_on": offer.ends_on,
        "exclusive": offer.exclusive,
        "left": offer.left,
        "limit_per_customer": offer.limit_per_customer,
        "programme_wide": offer.business_id is None,
    }


def coupon_body(coupon: Coupon, rules: Rules, at: datetime) -> dict[str, Any]:
    return {
        "id": str(coupon.public_id),
        "code": str(coupon),
        "offer": coupon.offer.name,
        "text": words.whole(coupon.offer, rules.currency),
        "source": coupon.source,
        "state": coupon.state(at),
        "issued_at": coupon.issued_at,
        "expires_at": coupon.expires_at,
    }


def _customer(call: ApiCall, rules: Rules) -> int | None:
    """The one that the query names, by our id; all customers without it."""
    only(call.query, "customer")
    named = call.query.get("customer")
    if named is None:
        return None
    try:
        who = Who("customer", str(UUID(named)))
    except ValueError:
        errors = {"customer": ["Is not an id."]}
        raise Problem(422, "invalid", "Some fields are wrong.", errors=errors) from None
    return lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who).customer_id
