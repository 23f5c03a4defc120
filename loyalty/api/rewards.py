"""What points buy, and the customer's word that they may be spent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses.api.fields import Fields, whole
from businesses.api.paging import only, page
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from businesses.models import Business
from customers.codes import TooSoon
from loyalty import lookup, rewards, spending
from loyalty.api.acting import LedgerView, rules_of, who_of
from loyalty.api.customers import CustomerCall
from loyalty.api.redemptions import MOST_POINTS
from loyalty.api.schema import redemptions as schema
from loyalty.models import Reward, Wallet


class RewardsView(LedgerView):
    scopes = {"get": "read"}
    cashiers = frozenset({"get"})

    @extend_schema(**schema.LIST_REWARDS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query)
        rules = rules_of(call)
        offered = Reward.objects.at(rules.program_id, rules.business_id).select_related("tier").order_by("-pk")
        return Answer(page(offered, call.query, lambda rows: list(map(reward_body, rows))))


class CustomerRewardsView(CustomerCall):
    cashiers = frozenset({"get"})

    @extend_schema(**schema.CUSTOMER_REWARDS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        wallet = Wallet.objects.select_related("tier").get(pk=known.wallet_id)
        today = rules.local(known.read_at).date()
        found = rewards.at_business(business=_business(call), wallet=wallet, on=today)
        return Answer(
            {
                "results": [
                    reward_body(each.reward)
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


def reward_body(reward: Reward) -> dict[str, Any]:
    limit = {"most": reward.limit_per_customer, "period": reward.limit_period}
    return {
        "id": str(reward.public_id),
        "name": reward.name,
        "description": reward.description,
        "points": reward.points,
        "left": reward.left,
        "limit": limit if reward.limit_per_customer else None,
        "tier": reward.tier and reward.tier.name,
        "starts_on": reward.starts_on,
        "ends_on": reward.ends_on,
        "programme_wide": reward.business_id is None,
    }


def _business(call: ApiCall) -> Business:
    return Business.objects.get(pk=call.access.business_id)
