"""What points buy, and the customer's word that they may be spent."""

from datetime import timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses.api.fields import Fields, whole
from businesses.api.paging import Listing, only
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from businesses.models import Business
from customers.codes import TooSoon
from loyalty import lookup, rewards, spending
from loyalty.api.acting import LedgerView, rules_of, who_of
from loyalty.api.customers import CustomerCall
from loyalty.api.redemptions import MOST_POINTS
from loyalty.api.schema import redemptions as schema
from loyalty.models import Wallet
from loyalty.rules import Rules

SHOWN = (
    *("id", "public_id", "name", "description", "points", "stock", "claimed", "limit_per_customer", "limit_period"),
    *("tier_id", "starts_on", "ends_on", "business_id"),
)
OFFERED = Listing(
    SHOWN,
    """FROM loyalty_reward
WHERE program_id = %(program)s::bigint AND (business_id = %(business)s::bigint OR business_id IS NULL)
  AND archived_at IS NULL""",
)


class RewardsView(LedgerView):
    scopes = {"get": "read"}
    cashiers = frozenset({"get"})

    @extend_schema(**schema.LIST_REWARDS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query)
        rules = rules_of(call)
        here = {"program": rules.program_id, "business": rules.business_id}
        return Answer(OFFERED.page(here, call.query, lambda rows: [_body(rules, row) for row in rows]))


class CustomerRewardsView(CustomerCall):
    cashiers = frozenset({"get"})

    @extend_schema(**schema.CUSTOMER_REWARDS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        wallet = Wallet.objects.select_related("tier").get(pk=known.wallet_id)
        today = rules.local(known.read_at).date()
        found, columns = rewards.at_business(business=_business(call), wallet=wallet, on=today), attrgetter(*SHOWN)
        return Answer(
            {
                "results": [
                    _body(rules, columns(each.reward))
                    | {"ready": each.ready, "missing": each.missing or None, "points_to_go": each.short}
                    for each in found
                ]
            }
        )


class ConsentsView(LedgerView):
    scopes = {"post": "redeem"}
    cashiers = frozenset({"post"})

    @extend_schema(**schema.ASK_CONSENT)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        who = who_of(fields, rules.country)
        points = fields.read("points", whole(1, MOST_POINTS), required=True) or 0
        fields.done()
        member = lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who)
        try:
            ends = spending.ask(rules=rules, member=member, points=points, at=timezone.now())
        except spending.SaidStop:
            detail = "This customer sent STOP and gets no texts. Scan the code of their page."
            raise Problem(409, "said_stop", detail) from None
        except spending.NoPhone:
            raise Problem(409, "no_phone", "This customer has no phone number that a code could go to.") from None
        except TooSoon as refusal:
            wait = str(-(-refusal.wait // timedelta(seconds=1)))
            detail = "A code was sent just now, or too many were. Wait as long as Retry-After says."
            raise Problem(429, "throttled", detail, headers={"Retry-After": wait}) from None
        return Answer({"points": points, "expires_at": ends}, 201)


def _body(rules: Rules, row: tuple[Any, ...]) -> dict[str, Any]:
    """From what is `SHOWN` of a reward."""
    _id, public_id, name, description, points, stock, claimed, *more = row
    most, period, tier_id, starts_on, ends_on, business_id = more
    return {
        "id": public_id,
        "name": name,
        "description": description,
        "points": points,
        "left": None if stock is None else stock - claimed,
        "limit": {"most": most, "period": period} if most else None,
        "tier": rules.tier_name(tier_id),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "programme_wide": business_id is None,
    }


def _business(call: ApiCall) -> Business:
    return Business.objects.get(pk=call.access.business_id)
