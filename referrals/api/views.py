"""Referrals for tills and shops: the list, noting one, and completing it by hand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses.api.fields import Fields, text, whole
from businesses.api.paging import only, page
from businesses.api.problems import Problem, not_found
from businesses.api.view import Answer, ApiCall
from businesses.models import Business
from customers import registry
from loyalty import lookup
from loyalty.api.acting import LedgerView, rules_of, who_of
from loyalty.lookup import Who
from loyalty.models import Wallet
from loyalty.rules import Rules
from referrals import bringing, codes, completing
from referrals.api import schema
from referrals.api.once import once
from referrals.models import Award, AwardState, Reason, Referral, Side, Source, State

MOST_POINTS = 2_147_483_647


class ReferralsView(LedgerView):
    scopes = {"get": "read", "post": "promote"}
    idempotent = frozenset({"post"})

    @extend_schema(**schema.LIST_REFERRALS)
    def get(self) -> None: ...

    @extend_schema(**schema.MAKE_REFERRAL)
    def post(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        visible, state = Referral.objects.of(_business(call)), call.query.get("state")
        only(call.query, "state")
        if state is not None and state not in State.values:
            raise _wrong({"state": [f"Has to be one of {', '.join(State.values)}."]})
        found = visible.in_state(state, timezone.now()) if state else visible
        return Answer(page(found.order_by("-pk"), call.query, bodies))

    def handle_post(self, call: ApiCall) -> Answer:
        rules, fields = rules_of(call), Fields(call.body)
        who = who_of(fields, rules.country)
        typed = fields.read("inviter", text(codes.LONGEST), required=True) or ""
        fields.done()

        def act() -> dict[str, Any]:
            made = bringing.bring(
                program_id=rules.program_id,
                inviter_id=codes.inviter(program_id=rules.program_id, typed=typed, country=rules.country),
                friend_id=_friend(rules, who),
                source=Source.API,
                business=_business(call),
                at=timezone.now(),
            )
            return body(made)

        content = {"who": [who.by, who.value], "inviter": typed}
        return once(call=call, rules=rules, kind="referral", content=content, act=act)


class CompleteView(LedgerView):
    scopes = {"post": "promote"}
    idempotent = frozenset({"post"})

    @extend_schema(**schema.COMPLETE)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, referral: UUID) -> Answer:
        found = Referral.objects.of(_business(call)).filter(public_id=referral).first()
        if found is None:
            raise not_found()
        fields = Fields(call.body)
        points = fields.read("points", whole(1, MOST_POINTS))
        fields.done()
        return _complete(call, found, points, {"referral": referral})


class CompleteByFriendView(LedgerView):
    """For who knows the friend and not our id."""

    scopes = {"post": "promote"}
    idempotent = frozenset({"post"})

    @extend_schema(**schema.COMPLETE_BY_FRIEND)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules, fields = rules_of(call), Fields(call.body)
        who = who_of(fields, rules.country)
        points = fields.read("points", whole(1, MOST_POINTS))
        fields.done()
        known = lookup.facts(program_id=rules.program_id, business_id=rules.business_id, who=who)
        mine = Referral.objects.of(_business(call)).filter(friend=known.customer_id if known else None)
        # The one that waits; for a repeat the one that was completed.
        found = mine.filter(state__in=[State.PENDING, State.COMPLETED]).order_by("-pk").first()
        if found is None:
            raise not_found("Nobody has brought this customer here.")
        return _complete(call, found, points, {"who": [who.by, who.value]})


def _complete(call: ApiCall, found: Referral, points: int | None, content: dict[str, Any]) -> Answer:
    def act() -> dict[str, Any]:
        return body(completing.by_staff(referral=found, business=_business(call), points=points, at=timezone.now()))

    content |= {"points": points}
    return once(call=call, rules=rules_of(call), kind="referral_completion", content=content, act=act)


def _business(call: ApiCall) -> Business:
    return Business.objects.get(pk=call.access.business_id)


def _friend(rules: Rules, who: Who) -> int:
    """A phone or an outside id that nobody has is somebody new."""
    if who.by == "phone":
        return registry.enrol(business_id=rules.business_id, phone=who.value, external_id=None)
    if who.by == "external_id":
        return registry.enrol(business_id=rules.business_id, phone=None, external_id=who.value)
    return lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who).customer_id


def _wrong(errors: dict[str, list[str]]) -> Problem:
    return Problem(422, "invalid", "Some fields are wrong.", errors=errors)


def body(referral: Referral) -> dict[str, Any]:
    return bodies([Referral.objects.get(pk=referral.pk)])[0]


def bodies(found: Sequence[Referral]) -> list[dict[str, Any]]:
    at = timezone.now()
    ids = {each.friend_id for each in found} | {each.inviter_id for each in found}
    programs = {each.program_id for each in found}
    wallets = Wallet.objects.filter(customer__in=ids, program__in=programs).values_list("customer", "public_id")
    members = {customer: str(public_id) for customer, public_id in wallets}
    standing = Award.objects.filter(referral__in=found, state__in=[AwardState.DUE, AwardState.GIVEN])
    sums = standing.values_list("referral", "side").annotate(points=Sum("points"))
    given = {(referral, side): points for referral, side, points in sums}
    return [
        {
            "id": str(each.public_id),
            "state": each.state_at(at),
            "reason": _reason(each) if each.state_at(at) == State.REJECTED else None,
            "source": each.source,
            "friend": members.get(each.friend_id),
            "inviter": members.get(each.inviter_id),
            "points": given.get((each.pk, Side.FRIEND), 0),
            "inviter_points": given.get((each.pk, Side.INVITER), 0),
            "made_at": each.made_at.isoformat(),
            "ends_at": each.ends_at.isoformat(),
            "completed_at": each.settled_at.isoformat() if each.settled_at and each.state == State.COMPLETED else None,
        }
        for each in found
    ]


def _reason(referral: Referral) -> str:
    return referral.reason or Reason.EXPIRED
